// advise lateness: reads the newest records of a topic and shows how late events are. Changes
// nothing.
#include <fmt/format.h>

#include <fstream>

#include "cli/commands.h"
#include "cli/lateness_view.h"
#include "cli/ledger_access.h"
#include "cli/progress.h"
#include "daemon/supervisor_change.h"
#include "daemon/wiring.h"
#include "kafka/offsets.h"
#include "kafka/range_scan.h"
#include "runtime/blocking.h"
#include "runtime/clock.h"
#include "scan/row_reader.h"

namespace henge::cli {
namespace {

constexpr Millis kafka_deadline = std::chrono::seconds(10);

// A pipeline of the ledger, or one made up for a topic of JSON records.
Result<Pipeline> pipeline_to_read(const AdviseLateness& command, const Config& config) {
  if (!command.pipeline.empty()) {
    TRY(const ledger::Journal journal, open_ledger(config));
    TRY(const ledger::PipelineState* state, find_pipeline(journal.state(), command.pipeline));
    return daemon::pipeline_of(*state, command.pipeline);
  }
  Pipeline pipeline;
  pipeline.name = command.topic;
  pipeline.stream.topic = command.topic;
  pipeline.stream.consumer_properties["bootstrap.servers"] = {command.brokers};
  pipeline.schema.timestamp.column = command.timestamp_column;
  pipeline.schema.timestamp.format = command.timestamp_format;
  return pipeline;
}

// The newest records, as many of each partition.
Result<scan::Stretches> newest(kafka::TopicReader& reader, const std::string& topic,
                               std::int64_t records) {
  TRY(const auto info, reader.topic(topic, kafka_deadline));
  using kafka::OffsetEnd;
  TRY(const auto starts,
      reader.offsets(topic, info.partitions, OffsetEnd::earliest, kafka_deadline));
  TRY(const auto ends, reader.offsets(topic, info.partitions, OffsetEnd::latest, kafka_deadline));
  const auto partitions = static_cast<std::int64_t>(std::max<std::size_t>(ends.size(), 1));
  scan::Stretches out;
  for (const auto& [partition, end] : ends) {
    const std::int64_t start = starts.at(partition);
    const std::int64_t from =
        records == 0 ? start : std::max(start, end - (records + partitions - 1) / partitions);
    out[partition] = {from, end, scan::Keep::none};
  }
  return out;
}

class Reading {
 public:
  explicit Reading(const Pipeline& pipeline) : delays_(pipeline.schema.segment_granularity) {}

  Result<void> open(const Pipeline& pipeline) {
    TRY(auto choice, scan::make_row_reader(pipeline));
    rows_reader_ = std::move(choice.reader);
    return {};
  }
  void add(const scan::Record& record) {
    records.fetch_add(1, std::memory_order_relaxed);
    if (!record.value) return;
    rows_.clear();
    rows_reader_->read(*record.value, rows_);
    for (const scan::Row& row : rows_) {
      if (row.event)
        delays_.add(*row.event, instant_of_ms(record.arrival_ms));
      else
        ++unparseable;
    }
  }
  [[nodiscard]] const offsets::Delays& delays() const { return delays_; }

  std::atomic<std::int64_t> records = 0;  // looked at by who shows the progress
  std::int64_t unparseable = 0;

 private:
  offsets::Delays delays_;
  std::unique_ptr<scan::RowReader> rows_reader_;
  std::vector<scan::Row> rows_;
};

Result<void> read_all(const Config& config, const Pipeline& pipeline, std::int64_t records,
                      Reading& reading, const Console& console) {
  TRY_VOID(reading.open(pipeline));
  kafka::StretchOptions options;
  TRY(options.properties, daemon::kafka_properties(config, pipeline, daemon::process_secrets()));
  TRY(const auto reader, kafka::TopicReader::connect(options.properties));
  TRY(const auto stretches, newest(*reader, pipeline.stream.topic, records));
  std::int64_t total = 0;
  for (const auto& [partition, stretch] : stretches) total += stretch.to - stretch.from;
  std::atomic<bool> stop = false;
  options.stopping = [&stop] { return stop.load(); };
  const auto take = [&reading](const scan::Record& record) -> Result<void> {
    reading.add(record);
    return {};
  };
  const auto after_batch = []() -> Result<void> { return {}; };
  const runtime::SystemClock clock;
  Progress progress(clock.now(), console.err);
  runtime::BlockingPool pool(1);
  auto tick = [&] {
    console.complain(
        progress.update(clock.now(), Step{"reading the topic", reading.records, total}));
  };
  Result<void> read;
  auto work = [&]() -> runtime::Async<void> {
    auto job = [&] {
      return kafka::read_stretches(pipeline.stream.topic, stretches, options, take, after_batch);
    };
    read = co_await runtime::blocking(pool, job);
    co_return read;
  };
  auto done = daemon::run_to_end(work, tick);
  stop = true;
  console.complain(progress.clear());
  return done;
}

Result<void> write_svg(const std::string& path, const std::string& svg) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << svg;
  out.flush();
  if (out) return {};
  return fail(ErrorKind::invalid, fmt::format("{}: can't be written", path));
}

Result<LatenessView> make_view(const AdviseLateness& command, const Config& config,
                               const Console& console) {
  TRY(const Pipeline pipeline, pipeline_to_read(command, config));
  Reading reading(pipeline);
  TRY_VOID(read_all(config, pipeline, command.records, reading, console));
  LatenessView view = lateness_view(reading.delays(), pipeline.schema.segment_granularity);
  view.pipeline = command.pipeline;
  view.topic = pipeline.stream.topic;
  view.records = reading.records;
  view.unparseable = reading.unparseable;
  if (!command.pipeline.empty()) view.lateness = pipeline.rule.lateness;
  if (command.svg) TRY_VOID(write_svg(*command.svg, lateness_svg(view)));
  return view;
}

}  // namespace

ExitCode run(const AdviseLateness& command, const Config& config, const Console& console) {
  auto view = make_view(command, config, console);
  if (!view) return report(view.error(), console);
  console.print(show_lateness(*view, console));
  return ExitCode::done;
}

}  // namespace henge::cli
