// What Druid's twin understands of the specs it is given: values for its own folder. Rows are
// evaluated by the spec itself - its timestampSpec, its filter, its arrival rule - so that a wrong
// spec gives wrong rows.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/pipeline.h"
#include "scan/row_reader.h"
#include "sim/kafka_twin.h"
#include "sim/row_identity.h"

namespace henge::sim {

// The columns of a segment, as they are listed, and which metrics add up to its number of rows.
struct SegmentColumns {
  std::string dimensions;  // comma-joined
  std::string metrics;
  std::vector<std::string> counted;
  bool operator==(const SegmentColumns&) const = default;
};

struct RowTotals {
  std::int64_t processed = 0;
  std::int64_t thrown_away = 0;
  std::int64_t unparseable = 0;
};

// A dataSchema with the format its rows come in.
class RowGate {
 public:
  struct Arrival {  // __time >= "column" - lateness && __time <= "column" + earliness
    std::optional<std::int64_t> lateness_ms;
    std::optional<std::int64_t> earliness_ms;
  };
  // Streaming's own bounds, fixed when a task group is made (contract 1.1).
  struct Bounds {
    std::optional<Instant> min;
    std::optional<Instant> max;
    bool operator==(const Bounds&) const = default;
  };

  // `schema` and `format` are JSON texts; the format of a stream may be {"type":"kafka"}. Errors:
  // invalid - also for a filter the twin can't evaluate.
  static Result<RowGate> compile(const std::string& schema, const std::string& format);

  // The rows of a record (a batch's whole input is one) that become part of a segment.
  void take(std::optional<std::string_view> value, std::int64_t timestamp_ms, const Bounds& bounds,
            RowTotals& totals, const std::function<void(SegmentRow64)>& keep);

  [[nodiscard]] const std::string& datasource() const { return pipeline_.datasource; }
  [[nodiscard]] Granularity chunk() const { return pipeline_.schema.segment_granularity; }
  [[nodiscard]] const SegmentColumns& columns() const { return columns_; }
  // granularitySpec.intervals; empty: rows of any time.
  [[nodiscard]] const std::vector<Interval>& intervals() const { return intervals_; }

 private:
  Pipeline pipeline_;  // only what a row reader looks at
  std::unique_ptr<scan::RowReader> reader_;
  std::vector<scan::Row> rows_;
  std::optional<Arrival> arrival_;
  bool has_arrival_column_ = false;
  SegmentColumns columns_;
  std::vector<Interval> intervals_;
};

struct StreamSpec {
  std::string id;
  std::string datasource;
  std::string topic;
  int task_count = 1;
  int replicas = 1;
  Millis task_duration{};
  Millis completion_timeout{};
  Millis start_delay{};
  Millis period{};
  Millis handoff_timeout{};
  std::optional<Millis> intermediate_handoff;
  std::optional<Millis> late_period;
  std::optional<Millis> early_period;
  bool use_earliest_offset = false;
  bool concurrent_locks = false;
  bool suspended = false;
  JsonText stored;  // with the server's defaults
  std::shared_ptr<RowGate> gate;
};

// Errors: invalid, in Druid's manner.
Result<StreamSpec> read_stream_spec(const JsonText& posted);
// The same with another `suspended`.
StreamSpec with_suspended(const StreamSpec& spec, bool suspended);
// What ends a supervisor's history.
JsonText tombstone_spec(const StreamSpec& spec);

enum class BatchMode { append, replace, overwrite };

struct IndexSpec {
  BatchMode mode = BatchMode::append;
  std::variant<std::string, std::vector<std::string>, Interval> input;  // rows, addresses, reindex
  Millis await_availability{};
  std::int64_t parse_exceptions_max = 0;
  std::shared_ptr<RowGate> gate;
};
struct CompactSpec {
  Interval interval;
  std::optional<Granularity> chunk;
  std::vector<std::string> metrics;   // names; empty: as the segments have them
  std::vector<std::string> counting;  // of them, those that keep a count a count
};
struct KillSpec {
  Interval interval;
};
struct NoopSpec {
  Millis run{};
};

struct TaskSpec {
  std::string id;
  std::string type;
  std::string datasource;
  int priority = 0;
  bool concurrent_locks = false;
  int workers = 0;  // tasks of their own, of a query
  std::variant<IndexSpec, CompactSpec, KillSpec, NoopSpec> work;
};

// Errors: invalid, in Druid's manner.
Result<TaskSpec> read_task_spec(const JsonText& payload);
using BatchInput = std::variant<std::string, std::vector<std::string>, Interval>;
// Of an input source. Errors: invalid.
Result<BatchInput> input_of(const nlohmann::json& source);

struct SamplerInput {
  std::shared_ptr<RowGate> gate;
  std::string topic;  // empty: `rows` instead
  std::string rows;
  std::int64_t rows_max = 0;
};
Result<SamplerInput> read_sampler_spec(const JsonText& spec);

}  // namespace henge::sim
