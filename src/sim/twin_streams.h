// Kafka supervisors of Druid's twin and the task groups they make: reading, checkpoints, publishing
// with compare-and-swap of offsets, hand-off. One task a group: replicas are not modelled. For this
// folder alone.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/twin_tasks.h"

namespace henge::sim {

// What is published in one transaction: rows and the offsets they come from.
struct TwinSequence {
  int number = 0;
  PartitionOffsets start;
  PartitionOffsets position;  // next offsets; the end once it is closed
  std::vector<SharedAllocation> allocations;
  bool closed = false;  // a checkpoint was made: no more rows
  bool published = false;
  Instant publish_since{};  // first try
};

struct TwinGroup {
  enum class Phase { reading, publishing };
  int id = 0;                 // partition mod taskCount
  std::uint64_t number = 0;   // of all groups of all supervisors
  std::uint64_t attempt = 0;  // events of earlier tasks of the group are stale
  Instant created{};
  std::string sequence_name;
  std::shared_ptr<RowGate> gate;
  SharedColumns columns;
  RowGate::Bounds bounds;
  std::string topic;
  bool concurrent_locks = false;
  Millis handoff_timeout{};
  std::optional<Millis> intermediate_handoff;
  PartitionOffsets start;
  Phase phase = Phase::reading;
  std::string task;
  std::uint64_t task_number = 0;
  std::optional<Instant> reading_since;  // the task has come up
  Millis reader_delay{};                 // how old a record is when it reads it
  std::optional<Instant> blocked_since;  // a chunk it has a row for is locked by somebody else
  Instant end_at_latest{};               // completionTimeout of a publishing group
  std::list<TwinSequence> sequences;     // published ones stay until they are handed off
  RowTotals totals;
};

struct TwinSupervisor {
  std::string id;
  StreamSpec spec;
  bool exists = false;  // false: terminated, its last groups may still publish
  std::uint64_t incarnation = 0;
  Instant started{};            // of this incarnation
  bool connecting = false;      // its first run goes on
  bool discovered = false;      // its first run is over: it knows its groups
  bool connected = false;       // since it started
  bool stream_reached = false;  // by the last run
  int stream_failures = 0;      // consecutive runs
  int task_failures = 0;        // consecutive tasks
  std::vector<std::string> recent_errors;
  std::vector<SupervisorVersion> history;  // oldest first
  PartitionOffsets next_start;             // where the next groups begin, if not in the store
  int partitions = 0;                      // known of the topic
  std::list<TwinGroup> groups;
};

class TwinStreams {
 public:
  TwinStreams(TwinCluster& cluster, TwinQueue& queue) : cluster_(cluster), queue_(queue) {}

  Result<void> post(const JsonText& spec);
  Result<void> set_suspended(const std::string& id, bool suspended);
  Result<void> terminate(const std::string& id);
  Result<void> reset_offsets(const std::string& id, const PartitionOffsets& offsets);
  // Another Overlord leads: all supervisors start anew.
  void restart_all();

  [[nodiscard]] SupervisorStatus status(const TwinSupervisor& supervisor);
  [[nodiscard]] SupervisorListing listing(const TwinSupervisor& supervisor) const;
  [[nodiscard]] const TwinSupervisor* find(const std::string& id) const;  // also of the past
  [[nodiscard]] const std::map<std::string, TwinSupervisor>& all() const { return supervisors_; }
  [[nodiscard]] PartitionOffsets committed(const std::string& id) const;
  // What a running task reports of itself; nothing if it is none of a stream.
  [[nodiscard]] std::optional<TaskReport> live_report(const std::string& task);
  // The groups that write to a datasource read up to now.
  void catch_up(const std::string& datasource);

 private:
  void start(TwinSupervisor& supervisor);
  void stop_groups(TwinSupervisor& supervisor);
  void remember(TwinSupervisor& supervisor, const JsonText& spec, bool tombstone);
  void run(const std::string& id, std::uint64_t incarnation);
  Result<void> connect(TwinSupervisor& supervisor);
  void check_durations(TwinSupervisor& supervisor);
  void check_completion(TwinSupervisor& supervisor);
  Result<void> create_groups(TwinSupervisor& supervisor);
  [[nodiscard]] Result<PartitionOffsets> start_of(const TwinSupervisor& supervisor, int group);
  void note_error(TwinSupervisor& supervisor, const std::string& error);
  [[nodiscard]] std::string state_of(const TwinSupervisor& supervisor) const;
  [[nodiscard]] std::string detailed_state_of(const TwinSupervisor& supervisor) const;

  // --- groups (twin_groups.cc)
  using Step = void (TwinStreams::*)(TwinSupervisor&, TwinGroup&);
  TwinGroup* group(const std::string& id, std::uint64_t number, std::uint64_t attempt);
  void later(const TwinSupervisor& supervisor, const TwinGroup& group, Millis delay, Step step);
  void launch(TwinSupervisor& supervisor, TwinGroup& group);
  void come_up(TwinSupervisor& supervisor, TwinGroup& group);
  void read(TwinGroup& group);
  bool read_partition(TwinGroup& group, TwinSequence& sequence, std::int32_t partition);
  bool place(TwinGroup& group, TwinSequence& sequence, const std::vector<SegmentRow64>& rows);
  void checkpoint(TwinSupervisor& supervisor, TwinGroup& group);
  void stop_reading(TwinSupervisor& supervisor, TwinGroup& group);
  void publish(TwinSupervisor& supervisor, TwinGroup& group);
  enum class Commit { done, wait, diverged };
  Commit commit(const std::string& supervisor, TwinSequence& sequence);
  void poll_handoff(TwinSupervisor& supervisor, TwinGroup& group);
  void withdraw_all(TwinGroup& group);
  void task_failed(TwinSupervisor& supervisor, TwinGroup& group);
  void fail_group(TwinSupervisor& supervisor, TwinGroup& group, const std::string& error);
  void kill_successors(TwinSupervisor& supervisor, const TwinGroup& group);
  void end_group(TwinSupervisor& supervisor, std::uint64_t number);

  TwinCluster& cluster_;
  TwinQueue& queue_;
  std::map<std::string, TwinSupervisor> supervisors_;
  std::map<std::string, PartitionOffsets> store_;  // committed offsets by supervisor
  std::uint64_t groups_ = 0;
};

}  // namespace henge::sim
