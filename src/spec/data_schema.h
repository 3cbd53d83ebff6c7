// The parts of a spec that every way into a datasource shares, made in one place so that they can't
// drift apart. For the .cc files of this folder only.
#pragma once

#include <span>

#include "spec/json_tree.h"

namespace henge::spec {

enum class MetricForm {
  declared,   // rows come as events
  combining,  // rows come from segments
};

Json timestamp_spec(const TimestampSpec& timestamp);
Result<Json> dimensions_spec(const Schema& schema);
Result<Json> metrics_spec(const Schema& schema, MetricForm form);
Json granularity_spec(const Schema& schema);
// The user's transforms and filter; null if there is neither. `rules` are filters that only this
// mode adds, before the user's own: all must hold.
Result<Json> transform_spec(const Schema& schema, std::span<const Json> rules);

// dataSource, timestampSpec, dimensionsSpec, metricsSpec, granularitySpec and transformSpec of rows
// that come as events.
Result<Json> event_data_schema(const Pipeline& pipeline, std::span<const Json> rules);

// The inputFormat of a task that reads no row: the one line it is given is a header.
Json nothing_format();

// What all tasks of a pipeline carry: concurrent locks, and whose they are.
Json task_context(const Pipeline& pipeline);
// What batch tasks take over from the stream's tuning: how segments are encoded and how bad rows
// are judged.
Result<Json> shared_tuning(const Pipeline& pipeline);
// Puts a partitionsSpec (dynamic if empty) into the tuning, with the perfect rollup that all but
// dynamic ones need.
Result<void> add_partitions(Json& tuning, const JsonText& partitions);
// Errors: invalid - not of the form that Druid accepts as a task id.
Result<void> check_task_id(std::string_view id);
// Errors: invalid - an end of the interval lies inside a chunk: a replacing task would widen it.
Result<void> check_aligned(const Pipeline& pipeline, Interval interval);

}  // namespace henge::spec
