#include "offsets/tuning.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace henge::offsets {

namespace {

// Kafka's own defaults.
constexpr std::int64_t fetch_min_bytes_default = 1;
constexpr std::int64_t fetch_max_wait_default = 500;
constexpr std::int64_t max_poll_records_default = 500;
constexpr std::int64_t max_partition_fetch_default = 1'048'576;
constexpr std::int64_t receive_buffer_default = 65'536;

// A reader that turns more often than this in a second spends its time on turning.
constexpr double polls_per_second_max = 50;
// A fetch should bring at least what comes in this long, where that is more than a few kilobytes.
constexpr double fetch_fill_seconds = 0.1;
constexpr double small_fetch_bytes = 16'384;
constexpr std::int64_t fetch_wait_max = 5'000;
// Of one task, for records that were fetched ahead.
constexpr double buffers_max = 512.0 * 1024 * 1024;
// Over this round trip a socket buffer must hold what comes; half as much inside a data centre.
constexpr double round_trip_seconds = 0.02;
constexpr double records_in_fetch_min = 100;

class Check {
 public:
  Check(const Pipeline& pipeline, const TopicLoad& load) : pipeline_(pipeline), load_(load) {}

  std::vector<Advice> run() {
    fetch_min_bytes();
    fetch_max_wait();
    max_poll_records();
    max_partition_fetch();
    receive_buffer();
    isolation_level();
    group_id();
    overridden("auto.offset.reset", "none; where nothing is stored, useEarliestOffset decides");
    overridden("enable.auto.commit", "false: Druid keeps its offsets itself");
    overridden("metadata.max.age.ms", "10000");
    task_count();
    return std::move(out_);
  }

 private:
  [[nodiscard]] const std::string* written(const char* name) const {
    const auto& all = pipeline_.stream.consumer_properties;
    auto known = all.find(name);
    return known == all.end() ? nullptr : &known->second.value;
  }

  // Nothing where a value is written that is no number: a reference, perhaps.
  [[nodiscard]] std::optional<std::int64_t> number(const char* name, std::int64_t fallback) const {
    const std::string* text = written(name);
    if (text == nullptr) return fallback;
    std::int64_t value = 0;
    const char* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, value);
    if (error != std::errc() || stop != end) return std::nullopt;
    return value;
  }

  [[nodiscard]] int tasks() const { return std::max(pipeline_.stream.task_count, 1); }
  [[nodiscard]] std::optional<double> records_a_task() const {
    if (!load_.records_per_second) return std::nullopt;
    return *load_.records_per_second / tasks();
  }
  [[nodiscard]] std::optional<double> bytes_a_task() const {
    const auto records = records_a_task();
    if (!records || !load_.record_bytes) return std::nullopt;
    return *records * *load_.record_bytes;
  }

  void say(const char* property, AdviceLevel level, std::string message, std::string todo = "") {
    out_.push_back({property, level, std::move(message), std::move(todo)});
  }

  void fetch_min_bytes() {
    const auto value = number("fetch.min.bytes", fetch_min_bytes_default);
    const auto wait = number("fetch.max.wait.ms", fetch_max_wait_default);
    const auto bytes = bytes_a_task();
    if (!value || !wait || !bytes) return;
    const double fills = *bytes > 0 ? static_cast<double>(*value) / *bytes : 0;
    if (*bytes > 0 && fills * 1000 > static_cast<double>(*wait))
      return say("fetch.min.bytes", AdviceLevel::advice,
                 fmt::format("{} bytes take {:.1f} s to come at {:.0f} bytes/s a task: every fetch "
                             "waits for fetch.max.wait.ms ({} ms) instead",
                             *value, fills, *bytes, *wait),
                 fmt::format("fetch.min.bytes: {}", rounded(*bytes * fetch_fill_seconds)));
    const double wanted = *bytes * fetch_fill_seconds;
    if (wanted >= small_fetch_bytes && static_cast<double>(*value) < wanted / 10)
      return say("fetch.min.bytes", AdviceLevel::advice,
                 fmt::format("{} at {:.0f} bytes/s a task: the broker answers with whatever little "
                             "is there",
                             *value, *bytes),
                 fmt::format("fetch.min.bytes: {} (what comes in {:.0f} ms)",
                             rounded(std::min(wanted, 1'048'576.0)), fetch_fill_seconds * 1000));
    say("fetch.min.bytes", AdviceLevel::good,
        fmt::format("{} at {:.0f} bytes/s a task", *value, *bytes));
  }

  void fetch_max_wait() {
    const auto value = number("fetch.max.wait.ms", fetch_max_wait_default);
    if (!value || *value <= fetch_wait_max) return;
    say("fetch.max.wait.ms", AdviceLevel::warning,
        fmt::format("{} ms: on a quiet topic rows come that much later, and readers stop that much "
                    "later",
                    *value),
        "fetch.max.wait.ms: 500");
  }

  void max_poll_records() {
    const auto value = number("max.poll.records", max_poll_records_default);
    const auto records = records_a_task();
    if (!value || !records || *value <= 0) return;
    const double polls = *records / static_cast<double>(*value);
    if (polls > polls_per_second_max)
      return say("max.poll.records", AdviceLevel::warning,
                 fmt::format("{} at {:.0f} records/s a task: {:.0f} polls a second only to keep up",
                             *value, *records, polls),
                 fmt::format("max.poll.records: {}", rounded(*records / 10)));
    if (load_.lag && *load_.lag > 0 && *records > 0) {
      const double behind = static_cast<double>(*load_.lag) / (*records * tasks());
      return say("max.poll.records", AdviceLevel::good,
                 fmt::format("{} at {:.0f} records/s a task; the lag of {} is {:.0f} s of arrivals",
                             *value, *records, *load_.lag, behind));
    }
    say("max.poll.records", AdviceLevel::good,
        fmt::format("{} at {:.0f} records/s a task", *value, *records));
  }

  void max_partition_fetch() {
    const auto value = number("max.partition.fetch.bytes", max_partition_fetch_default);
    if (!value) return;
    if (load_.record_bytes &&
        static_cast<double>(*value) < records_in_fetch_min * *load_.record_bytes)
      return say(
          "max.partition.fetch.bytes", AdviceLevel::warning,
          fmt::format("{} bytes hold {:.0f} records of {:.0f} bytes: a fetch brings few", *value,
                      static_cast<double>(*value) / *load_.record_bytes, *load_.record_bytes),
          fmt::format("max.partition.fetch.bytes: {}",
                      rounded(*load_.record_bytes * 10 * records_in_fetch_min)));
    if (!load_.partitions) return;
    const int share = (*load_.partitions + tasks() - 1) / tasks();
    const double memory = static_cast<double>(*value) * share;
    if (memory > buffers_max)
      return say("max.partition.fetch.bytes", AdviceLevel::warning,
                 fmt::format("{} bytes times {} partitions a task: up to {:.0f} MB of a task's "
                             "memory",
                             *value, share, memory / (1024 * 1024)),
                 fmt::format("max.partition.fetch.bytes: {}, or a larger taskCount",
                             rounded(buffers_max / share / 2)));
    say("max.partition.fetch.bytes", AdviceLevel::good,
        fmt::format("{} bytes times {} partitions a task", *value, share));
  }

  void receive_buffer() {
    const auto value = number("receive.buffer.bytes", receive_buffer_default);
    const auto bytes = bytes_a_task();
    if (!value || *value < 0 || !bytes) return;
    const double flight = *bytes * round_trip_seconds;
    if (flight <= static_cast<double>(*value))
      return say("receive.buffer.bytes", AdviceLevel::good,
                 fmt::format("{} bytes at {:.0f} bytes/s a task", *value, *bytes));
    say("receive.buffer.bytes", AdviceLevel::advice,
        fmt::format(
            "{} bytes at {:.0f} bytes/s a task: over a round trip of {:.0f} ms {:.0f} bytes "
            "are on their way",
            *value, *bytes, round_trip_seconds * 1000, flight),
        "receive.buffer.bytes: -1 (the system chooses)");
  }

  void isolation_level() {
    const std::string* value = written("isolation.level");
    if (value == nullptr || *value == "read_committed")
      return say("isolation.level", AdviceLevel::good, "read_committed, as henge's scan");
    say("isolation.level", AdviceLevel::wrong,
        fmt::format("{}: Druid reads records of transactions that were aborted, henge's scan does "
                    "not, and the counts differ",
                    *value),
        "isolation.level: read_committed, or leave it out");
  }

  void group_id() {
    const std::string* value = written("group.id");
    if (value == nullptr) return;
    if (pipeline_.mirror.enabled && *value == pipeline_.mirror.group)
      return say("group.id", AdviceLevel::good,
                 fmt::format("{}: the group in which henge shows Druid's position", *value));
    say("group.id", AdviceLevel::advice,
        fmt::format("{}: Druid commits nothing to it, so lag tools that look at it see nothing",
                    *value),
        pipeline_.mirror.enabled ? fmt::format("look at {}, where henge commits Druid's position",
                                               pipeline_.mirror.group)
                                 : "switch stream.mirror on, and look at its group");
  }

  void overridden(const char* property, const char* with) {
    const std::string* value = written(property);
    if (value == nullptr) return;
    say(property, AdviceLevel::wrong, fmt::format("{}: Druid overrides it with {}", *value, with),
        "leave it out");
  }

  void task_count() {
    if (!load_.partitions || *load_.partitions <= 0) return;
    const int partitions = *load_.partitions;
    if (tasks() > partitions)
      return say("taskCount", AdviceLevel::warning,
                 fmt::format("{} tasks for {} partitions: a task without a partition only holds a "
                             "slot",
                             tasks(), partitions),
                 fmt::format("taskCount: {}", partitions));
    const int most = (partitions + tasks() - 1) / tasks();
    const int least = partitions / tasks();
    if (most > least && least * 2 <= most)
      return say("taskCount", AdviceLevel::advice,
                 fmt::format("{} tasks for {} partitions: one reads {}, another {}", tasks(),
                             partitions, most, least),
                 fmt::format("taskCount: {}", divisor_near(partitions)));
    say("taskCount", AdviceLevel::good,
        fmt::format("{} tasks for {} partitions", tasks(), partitions));
  }

  // The divisor of the partitions that is nearest to the task count, the larger of two.
  [[nodiscard]] int divisor_near(int partitions) const {
    int best = 1;
    for (int n = 1; n <= partitions; ++n)
      if (partitions % n == 0 && std::abs(n - tasks()) <= std::abs(best - tasks())) best = n;
    return best;
  }

  // Two digits are enough for a person.
  static std::int64_t rounded(double value) {
    if (value < 1) return 1;
    const double unit = std::pow(10.0, std::max(std::floor(std::log10(value)) - 1, 0.0));
    return static_cast<std::int64_t>(std::ceil(value / unit) * unit);
  }

  const Pipeline& pipeline_;
  const TopicLoad& load_;
  std::vector<Advice> out_;
};

}  // namespace

std::vector<Advice> check_consumer(const Pipeline& pipeline, const TopicLoad& load) {
  return Check(pipeline, load).run();
}

}  // namespace henge::offsets
