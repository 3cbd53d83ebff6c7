// What goes wrong, as data: a list of faults with times, drawn from a seed by weights. A run can be
// repeated with a shorter list, so that what is left of it is what broke a law.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/random.h"

namespace henge::sim {

enum class FaultKind {
  // henge itself
  crash,               // killed at any await
  crash_at_failpoint,  // killed at a named place in the code
  stop,                // SIGTERM, and started again
  clock_jump,          // strength: up to minutes, forwards or backwards; stays for a while
  disk_full,
  disk_fails,  // one append whose outcome nobody knows
  // the way to Druid, while it lasts; strength: share of the calls
  lost_requests,
  lost_answers,  // done, but nobody hears of it
  late_requests,
  doubled_requests,
  slow_answers,  // so that they overtake each other
  server_errors,
  partial_lists,
  // Druid
  overlord_failover,
  coordinator_down,
  broker_down,
  batch_fails_before_publish,
  batch_fails_after_publish,
  stream_fails_reading,
  stream_fails_publishing,
  stream_fails_after_publish,
  segments_unavailable,
  historicals_hang,
  workers_hang,
  task_log_cleanup,  // tasks that ended a while ago are forgotten; henge may be away meanwhile
  delta_reads_fail,  // tasks can't fetch their rows from henge
  // Kafka
  kafka_down,
  partition_added,
  retention,        // what henge and Druid have read is deleted
  retention_eats,   // what nobody has read, too
  topic_made_anew,  // its offsets begin again
  // people
  person_suspends,  // and resumes
  person_kills_tasks,
  person_edits_spec,
  person_terminates,  // and posts the spec again
  person_applies,     // through henge: settings that may change
  person_applies_wrongly,
  person_applies_refused,  // Druid's constructor refuses it when the old supervisor has stopped
  person_compacts,         // by curl: a foreign task that rewrites segments
  person_freezes,          // and lets henge go on
  person_releases,         // and declares again
  person_loads,            // rows of a file, or a chunk as a lake holds it
};
inline constexpr std::size_t fault_kinds = static_cast<std::size_t>(FaultKind::person_loads) + 1;

std::string_view to_string(FaultKind kind);

struct Fault {
  FaultKind kind{};
  Millis at{};          // since the start
  Millis lasts{};       // of those that last
  double strength = 0;  // in (0, 1]
  std::uint64_t seed = 0;
};
std::string to_text(const Fault& fault);

struct FaultOptions {
  // How many of each kind in an hour of a seed that has this kind; 0: never.
  std::array<double, fault_kinds> weights{};
  double kinds_share = 0.35;  // of the kinds with a weight, how many one seed has
  Millis quiet_at{};          // no fault begins or lasts after this
};
FaultOptions usual_faults(Millis quiet_at);

// In the order of their times.
std::vector<Fault> draw_faults(Random random, const FaultOptions& options);

}  // namespace henge::sim
