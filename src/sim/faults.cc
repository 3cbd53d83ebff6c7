#include "sim/faults.h"

#include <fmt/format.h>

#include <tuple>

namespace henge::sim {
namespace {

struct Kind {
  FaultKind kind;
  std::string_view name;
  double weight;   // in an hour
  Millis lasts{};  // on average
};

constexpr Millis sec(std::int64_t n) {
  return std::chrono::seconds(n);
}

constexpr std::array<Kind, fault_kinds> kinds{{
    {FaultKind::crash, "crash", 6},
    {FaultKind::crash_at_failpoint, "crash_at_failpoint", 6},
    {FaultKind::stop, "stop", 2},
    {FaultKind::clock_jump, "clock_jump", 1, sec(120)},
    {FaultKind::disk_full, "disk_full", 2, sec(60)},
    {FaultKind::disk_fails, "disk_fails", 2},
    {FaultKind::lost_requests, "lost_requests", 3, sec(120)},
    {FaultKind::lost_answers, "lost_answers", 3, sec(120)},
    {FaultKind::late_requests, "late_requests", 3, sec(120)},
    {FaultKind::doubled_requests, "doubled_requests", 3, sec(120)},
    {FaultKind::slow_answers, "slow_answers", 3, sec(120)},
    {FaultKind::server_errors, "server_errors", 3, sec(120)},
    {FaultKind::partial_lists, "partial_lists", 1, sec(120)},
    {FaultKind::overlord_failover, "overlord_failover", 1, sec(20)},
    {FaultKind::coordinator_down, "coordinator_down", 1, sec(60)},
    {FaultKind::broker_down, "broker_down", 1, sec(60)},
    {FaultKind::batch_fails_before_publish, "batch_fails_before_publish", 6},
    {FaultKind::batch_fails_after_publish, "batch_fails_after_publish", 6},
    {FaultKind::stream_fails_reading, "stream_fails_reading", 3},
    {FaultKind::stream_fails_publishing, "stream_fails_publishing", 3},
    {FaultKind::stream_fails_after_publish, "stream_fails_after_publish", 3},
    {FaultKind::segments_unavailable, "segments_unavailable", 3, sec(60)},
    {FaultKind::historicals_hang, "historicals_hang", 1, sec(120)},
    {FaultKind::workers_hang, "workers_hang", 1, sec(60)},
    {FaultKind::task_log_cleanup, "task_log_cleanup", 1, sec(600)},
    {FaultKind::delta_reads_fail, "delta_reads_fail", 3, sec(60)},
    {FaultKind::kafka_down, "kafka_down", 1, sec(60)},
    {FaultKind::partition_added, "partition_added", 0.5},
    {FaultKind::retention, "retention", 3},
    {FaultKind::retention_eats, "retention_eats", 0.05},
    {FaultKind::topic_made_anew, "topic_made_anew", 0.05},
    {FaultKind::person_suspends, "person_suspends", 1, sec(120)},
    {FaultKind::person_kills_tasks, "person_kills_tasks", 2},
    {FaultKind::person_edits_spec, "person_edits_spec", 1},
    {FaultKind::person_terminates, "person_terminates", 0.5, sec(90)},
    {FaultKind::person_applies, "person_applies", 1},
    {FaultKind::person_applies_wrongly, "person_applies_wrongly", 1},
    {FaultKind::person_applies_refused, "person_applies_refused", 1},
    {FaultKind::person_compacts, "person_compacts", 2},
    {FaultKind::person_freezes, "person_freezes", 1, sec(180)},
    {FaultKind::person_releases, "person_releases", 0.5},
    {FaultKind::person_loads, "person_loads", 6},
}};

const Kind& kind_of(FaultKind kind) {
  return kinds[static_cast<std::size_t>(kind)];
}

}  // namespace

std::string_view to_string(FaultKind kind) {
  return kind_of(kind).name;
}

std::string to_text(const Fault& fault) {
  std::string text = fmt::format("{} at {}", to_string(fault.kind), humanize(fault.at));
  if (fault.lasts > Millis(0)) text += fmt::format(" for {}", humanize(fault.lasts));
  return text + fmt::format(", strength {:.2f}", fault.strength);
}

FaultOptions usual_faults(Millis quiet_at) {
  FaultOptions options;
  for (const Kind& k : kinds) options.weights[static_cast<std::size_t>(k.kind)] = k.weight;
  options.quiet_at = quiet_at;
  return options;
}

std::vector<Fault> draw_faults(Random random, const FaultOptions& options) {
  constexpr double hour = 3'600'000;
  // A day is longer than an hour, but has hardly more faults: what takes longer in it, its chunks
  // and tasks, are to meet as many.
  const double hours = std::min(static_cast<double>(options.quiet_at.count()) / hour, 3.0);
  std::vector<Fault> out;
  for (const Kind& k : kinds) {
    // Each kind draws from its own stream: another weight changes no other kind.
    Random own = random.fork(k.name);
    const double weight = options.weights[static_cast<std::size_t>(k.kind)];
    const double mean = weight * hours;
    // What is rarer than this is in fewer seeds, too.
    constexpr double rare = 0.5;
    if (mean <= 0 || !own.chance(options.kinds_share * std::min(weight / rare, 1.0))) continue;
    const auto most = static_cast<std::int64_t>(2 * mean + 1);
    for (std::int64_t n = own.between(1, std::max<std::int64_t>(most, 1)); n > 0; --n) {
      Fault fault{k.kind, own.between(Millis(0), options.quiet_at - Millis(1)), Millis(0),
                  0.05 + 0.95 * own.fraction(), own.next()};
      if (k.lasts > Millis(0))
        fault.lasts = std::min(own.about(k.lasts) + Millis(100), options.quiet_at - fault.at);
      out.push_back(fault);
    }
  }
  std::ranges::sort(out, {}, [](const Fault& f) { return std::tuple(f.at, f.kind, f.seed); });
  return out;
}

}  // namespace henge::sim
