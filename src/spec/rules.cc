#include "spec/rules.h"

#include <algorithm>

#include "model/result.h"

namespace henge::spec {
namespace {

constexpr auto error = Severity::error;
constexpr auto warning = Severity::warning;

constexpr Rule table[] = {
    // The file as YAML
    {"not_yaml", error,
     "The file is not valid YAML. Documents before that place are still checked."},
    {"duplicate_key", error, "A map has the same key twice."},
    {"bad_key", error, "A key is a list or a map."},
    {"bad_merge", error, "`<<` takes a map or an alias to one."},
    {"unknown_alias", error, "An alias stands before its anchor is complete, or has none."},
    {"unknown_tag", error, "YAML tags other than `!!str` have no meaning here."},
    {"too_deep", error, "The file is nested deeper than 64 levels."},
    {"too_large", error,
     "The file is larger than 4 MiB, or has more than 200,000 values with aliases expanded."},
    {"unreadable", error, "A file or folder cannot be read."},
    {"no_files", error, "A folder holds no `.yaml` or `.yml` file, or a file holds no document."},
    // Fields and their values
    {"unknown_kind", error, "`apiVersion` or `kind` is missing or not known."},
    {"skipped_document", warning,
     "A folder of pipelines also holds a document of kind Config; it is not read."},
    {"unknown_field", error, "No field has this name here."},
    {"unknown_druid_field", warning,
     "Druid has no such field here that henge knows, and it is close to one that exists."},
    {"missing_field", error, "A field that has no default is absent."},
    {"wrong_type", error, "A value is of another type than the field takes."},
    {"wrong_unit", error, "A time span or size is not written in the form that names its unit."},
    {"wrong_choice", error, "The field takes one of a few words, and this is none of them."},
    {"out_of_range", error, "A number or time span is too small or too large."},
    {"not_json", error, "A value that goes to Druid as JSON has no JSON form, such as `.nan`."},
    {"bad_name", error, "A name has characters that Druid, Kafka or a file system do not take."},
    {"given_twice", error, "The same setting is given in two places."},
    {"reference_not_allowed", error,
     "`${env:...}` and `${file:...}` stand where no secret belongs."},
    {"reference_malformed", error,
     "A reference is not of the form `${env:NAME}` or `${file:PATH}`."},
    {"secret_in_plain", error,
     "A property that looks like a secret is written into the file itself."},
    // Between files
    {"duplicate_pipeline", error, "Two documents declare a pipeline of the same name."},
    {"duplicate_datasource", error, "Two pipelines write the same datasource."},
    {"duplicate_load", error, "Two documents declare a load of the same name."},
    {"unknown_pipeline", error, "A load names a pipeline that no file declares."},
    // Loads
    {"load_schedule", error, "A load's schedule does not say one thing: by cron, or when."},
    {"load_chunks", error, "Which chunks a load is for is not said, or twice."},
    {"load_sources", error, "What is loaded is not said, twice, or can't be found by everybody."},
    {"load_path", error, "A path is not one that henge can watch."},
    {"bad_moment", error, "A moment or an interval is not in ISO form."},
    // The arrival rule
    {"lateness_not_positive", error, "`lateness` must be longer than nothing."},
    {"lateness_below_granularity", warning,
     "`lateness` is shorter than a chunk: records can be late while their own chunk is still open. "
     "They wait until it closes before the repair."},
    {"lateness_huge", warning,
     "`lateness` is over 30 days: a chunk stays open, not sealed, not compacted, for that long "
     "after its end."},
    {"earliness_not_positive", error, "`earliness` must be longer than nothing."},
    {"rejection_period", error,
     "Druid's own message rejection depends on when a task started, so nobody can prove what it "
     "dropped. `lateness` and `earliness` replace it."},
    // Time and granularity
    {"timestamp_format", error,
     "henge cannot evaluate the timestamp format exactly as Druid does."},
    {"timestamp_column", error,
     "The timestamp is not a plain column of the input, so henge cannot read it from a record."},
    {"timestamp_missing_value", warning,
     "Rows without a timestamp get a constant one, and so nearly all of them are late."},
    {"query_granularity_coarser", error, "A `queryGranularity` bucket does not fit into a chunk."},
    {"segment_granularity", error,
     "`segmentGranularity` NONE or ALL gives no chunks that could be closed."},
    {"append_granularity_coarser", error,
     "A replace or compaction granularity is finer than the one of appends: Druid refuses the "
     "appends' locks."},
    {"replace_granularity_coarser", error,
     "A replace or compaction granularity is coarser than a chunk: henge counts each chunk for "
     "itself."},
    // Columns
    {"no_dimensions", error,
     "No dimension is declared: Druid would discover columns, also those that only streaming has."},
    {"duplicate_column", error, "Two columns have the same name."},
    {"reserved_column", error, "The name belongs to Druid or henge."},
    {"column_not_in_input", warning,
     "A column is neither in `columns` of the input format nor made by a transform: it stays "
     "empty."},
    {"metric_incomplete", error, "An aggregator lacks a field that it needs."},
    {"metric_not_combinable", warning,
     "henge knows no form in which compaction could compute the metric from its own column. "
     "Compaction and re-indexing are refused for this pipeline."},
    {"count_name_taken", error,
     "henge adds a metric `count` of type count, and another column has that name."},
    {"rollup_without_metrics", warning, "`rollup` is on and no metric but a count is declared."},
    {"rollup_without_query_granularity", warning,
     "`rollup` is on and `queryGranularity` is NONE: only rows of the same millisecond merge."},
    // Filters and transforms
    {"filter_incomplete", error, "A filter lacks a field that it needs."},
    {"filter_not_evaluable", warning,
     "henge cannot evaluate the filter itself: the proof of this pipeline is `reported`, not "
     "`counted`."},
    {"filter_on_transform", warning,
     "A filter reads a column that a transform or a complex path makes: the proof of this pipeline "
     "is `reported`, not `counted`."},
    {"transform_incomplete", error, "A transform lacks a field that it needs."},
    // Stream
    {"input_format", error, "henge reads json, csv and tsv for now."},
    {"input_format_option", error,
     "An option of the input format would make henge and Druid see different rows."},
    {"task_duration_too_short", error,
     "Druid 32 to 36 kill every task with a `taskDuration` under one minute."},
    {"replicas", warning, "Replicas may keep different rows; exactness is only proven with one."},
    {"not_earliest", warning,
     "With `useEarliestOffset: false` records of a new partition can be skipped in silence."},
    {"offset_reset", warning,
     "`resetOffsetAutomatically: true` lets Druid skip or repeat records without asking."},
    {"bad_rows_stop_tasks", warning,
     "A limit on parse exceptions lets a few bad records stop the stream."},
    {"property_overridden", warning,
     "Druid sets this consumer property itself, whatever is written."},
    {"property_has_no_effect", warning, "The consumer property does nothing here."},
    {"property_java_only", warning,
     "Only Druid's Java client knows the property. henge's own consumer needs its equivalent in "
     "the configuration, kafka.properties."},
    {"read_uncommitted", error,
     "Druid would count records of aborted transactions that henge does not see."},
    // Batch, compaction, late
    {"partitions_not_dynamic", error, "Appends take `dynamic` partitions only."},
    {"partitions_spec", error, "A `partitionsSpec` is of no known type or lacks a field."},
    {"rows_min_above_max", error, "`late.minRows` is more than `late.maxRows`."},
    {"retention_below_delay", error, "`late.retention` is shorter than `late.maxDelay`."},
    // Drift
    {"drift_policy", error, "A kind of drift can't be healed, or can't be adopted, by henge."},
    {"bad_cron", error, "A cron expression is not of the five-field form, or names no day."},
    // Timing, as `plan` weighs it
    {"handoff_period_without_effect", warning,
     "`intermediateHandoffPeriod` is not shorter than `taskDuration`: a task ends before it would "
     "hand off in between."},
    {"segments_too_many", warning,
     "Publishing so often makes more than 200 segments a chunk before compaction comes."},
    {"completion_timeout_too_short", error,
     "`completionTimeout` is shorter than publishing and hand-off take: Druid would kill each task "
     "and read the same records again and again."},
    {"completion_timeout_below_handoff_timeout", warning,
     "`completionTimeout` ends before a task gives up waiting for hand-off: when historicals are "
     "slow, Druid kills tasks that have published."},
    {"retention_before_seal", error,
     "`late.retention` is over before a repaired chunk can be sealed again."},
    {"disorder_above_lateness", warning,
     "`arrivalDisorder` is longer than `lateness`: chunks wait for clocks more than for late "
     "events."},
    // Configuration
    {"bad_address", error, "A URL or an address to listen at is not well formed."},
    {"tls_incomplete", error, "A client certificate needs its key, and a key its certificate."},
    {"tls_not_verified", warning, "With `verify: false` anybody on the way can pose as Druid."},
    {"password_unencrypted", warning, "A password goes to another machine over plain http."},
    {"not_reachable", error, "Deltas would be served where Druid's workers cannot reach them."},
};

}  // namespace

std::span<const Rule> rules() {
  return table;
}

const Rule& rule(std::string_view code) {
  const auto* found = std::ranges::find(table, code, &Rule::code);
  invariant(found != std::end(table), code);
  return *found;
}

}  // namespace henge::spec
