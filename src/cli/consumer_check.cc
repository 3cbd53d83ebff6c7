#include "cli/consumer_check.h"

#include "daemon/wiring.h"
#include "runtime/clock.h"

namespace henge::cli {

namespace {

constexpr Millis rate_over = std::chrono::minutes(1);
constexpr Millis plan_deadline = std::chrono::seconds(3);

std::optional<double> rate_of(const kafka::Offsets& before, const kafka::Offsets& ends) {
  std::int64_t records = 0;
  for (const auto& [partition, end] : ends)
    if (auto known = before.find(partition); known != before.end())
      records += std::max<std::int64_t>(end - known->second, 0);
  return static_cast<double>(records) / std::chrono::duration<double>(rate_over).count();
}

// The mean of the newest record of each partition.
std::optional<double> size_of(kafka::TopicReader& reader, const std::string& topic,
                              const kafka::Offsets& ends, Millis deadline) {
  std::vector<std::pair<std::int32_t, std::int64_t>> newest;
  for (const auto& [partition, end] : ends)
    if (end > 0) newest.emplace_back(partition, end - 1);
  const auto found = reader.records(topic, newest, deadline);
  if (!found || found->empty()) return std::nullopt;
  std::int64_t bytes = 0;
  for (const auto& [at, record] : *found) bytes += record.bytes;
  return static_cast<double>(bytes) / static_cast<double>(found->size());
}

std::string line_of(const offsets::Advice& advice) {
  return advice.property + ": " + advice.message + (advice.todo.empty() ? "" : "; " + advice.todo);
}

}  // namespace

offsets::TopicLoad measure_load(kafka::TopicReader& reader, const Pipeline& pipeline,
                                Millis deadline) {
  offsets::TopicLoad load;
  const std::string& topic = pipeline.stream.topic;
  const auto info = reader.topic(topic, deadline);
  if (!info) return load;
  load.partitions = static_cast<int>(info->partitions.size());
  const Instant since = runtime::SystemClock().now() - rate_over;
  const auto ends = reader.offsets(topic, info->partitions, kafka::OffsetEnd::latest, deadline);
  if (!ends) return load;
  const auto before = reader.offsets_at(topic, info->partitions, since, deadline);
  if (before) load.records_per_second = rate_of(*before, *ends);
  load.record_bytes = size_of(reader, topic, *ends, deadline);
  return load;
}

std::vector<Diagnostic> consumer_warnings(const Config& config, const Pipeline& pipeline) {
  offsets::TopicLoad load;
  const auto properties = daemon::kafka_properties(config, pipeline, daemon::process_secrets());
  if (properties) {
    const auto reader = kafka::TopicReader::connect(*properties);
    if (reader) load = measure_load(**reader, pipeline, plan_deadline);
  }
  std::vector<Diagnostic> out;
  for (const offsets::Advice& advice : offsets::check_consumer(pipeline, load)) {
    if (advice.level == offsets::AdviceLevel::good) continue;
    Diagnostic d;
    d.severity = Severity::warning;
    d.code = "consumer_tuning";
    d.field = advice.property == "taskCount" ? "spec.stream.taskCount"
                                             : "spec.stream.consumerProperties." + advice.property;
    d.message = line_of(advice);
    out.push_back(std::move(d));
  }
  return out;
}

}  // namespace henge::cli
