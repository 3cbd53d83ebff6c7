// What a route is decided from: the load that is asked for, what was observed, and the limits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/druid.h"
#include "model/granularity.h"
#include "model/load.h"
#include "model/time.h"
#include "route/schedule.h"

namespace henge::route {

using Mode = LoadMode;

enum class Engine {
  single,    // index_parallel with maxNumConcurrentSubTasks 1: one slot
  parallel,  // index_parallel with sub-tasks: one slot more than sub-tasks
  msq,       // SQL that runs as a task with workers: one slot more than workers
};

enum class Partitioning { dynamic, hashed, range };

// What one chunk gets.
struct ChunkInput {
  Instant chunk{};
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::int64_t files = 0;
  bool operator==(const ChunkInput&) const = default;
};

struct Input {
  std::optional<std::int64_t> rows =
      {};                     // inside the interval; nothing: neither counted nor estimated
  bool rows_counted = false;  // each was read, not estimated from the size
  std::int64_t rows_outside = 0;
  std::optional<std::int64_t> bytes = {};
  std::int64_t files = 1;
  std::vector<ChunkInput> by_chunk = {};  // in order, where known; who is not named gets nothing
  bool divisible = false;  // each chunk's part can be read by itself: a {chunk} template, or Druid
  bool splittable = true;  // sub-tasks can share it: not inline
  bool operator==(const Input&) const = default;
};

struct Permissions {
  bool force_open = false;
  bool allow_empty = false;
  bool allow_shrink = false;
  bool operator==(const Permissions&) const = default;
};

struct RouteRequest {
  std::string id;  // names its tasks among those that wait
  std::string datasource;
  Mode mode = Mode::append;
  Interval interval{};
  Granularity granularity = Granularity::hour;
  Input input;
  Partitioning partitioning = Partitioning::dynamic;  // of replace tasks
  bool rollup = false;
  // Why MSQ could not make the rows that index_parallel makes; empty: it can.
  std::string msq_unfit = {};
  std::optional<Engine> engine = {};  // somebody insists
  Permissions may;
  int priority = 0;
  Instant submitted_at{};
  std::optional<Instant> deadline = {};
  bool operator==(const RouteRequest&) const = default;
};

enum class ChunkStanding {
  open,
  closed,  // complete, not yet counted
  sealed,
  dirty,  // sealed, with late rows that wait
  uncertain,
  unknown,  // the ledger has nothing of it: batch's own, where it lies behind the watermark
};

enum class ChunkWork { none, repair, load, compaction };

struct ChunkView {
  Interval interval{};
  ChunkStanding standing = ChunkStanding::unknown;
  std::optional<std::int64_t> rows = {};  // Druid holds; nothing: not known
  ChunkWork work = ChunkWork::none;       // henge's own, under way
  std::string work_id = {};
  bool retained = true;      // retention rules load it
  bool unused_only = false;  // it has segments, and all of them are marked unused
  bool operator==(const ChunkView&) const = default;
};

enum class LockOwner {
  henge,
  stream,
  druid,  // its own compaction and clean-up
  foreign,
};

struct LockView {
  TaskLock lock;
  LockOwner owner = LockOwner::foreign;
  bool operator==(const LockView&) const = default;
};

// Somebody's task that is active on the datasource and may hold no lock yet. Without an interval it
// may write anywhere.
struct ForeignTask {
  std::string id;
  std::string type;
  std::optional<Interval> interval = {};
  bool operator==(const ForeignTask&) const = default;
};

// Whether every writer of the datasource takes APPEND or REPLACE locks: see concurrency.h.
struct ConcurrencyProof {
  bool proven = false;
  int writers = 0;           // that were looked at
  std::string against = {};  // the first one that speaks against it, and why
  bool operator==(const ConcurrencyProof&) const = default;
};

struct Health {
  enum class State { ok, slow, failing, unknown };
  State state = State::ok;
  std::string why = {};
  bool operator==(const Health&) const = default;
};

struct StreamView {
  int supervisors = 0;  // of the datasource
  bool suspended = false;
  std::optional<Millis> late_rejection_period = {};  // Druid's own, set in a supervisor
  std::optional<Millis> early_rejection_period = {};
  bool operator==(const StreamView&) const = default;
};

// When a suspension may begin. Without planned windows, at any time.
struct WindowPlan {
  bool planned = false;
  bool open = true;
  std::optional<Instant> opens_next = {};
  bool operator==(const WindowPlan&) const = default;
};

struct Capacity {
  int total = 0;
  int used = 0;
  int queued = 0;           // tasks that Druid has and no worker took yet
  int kept_for_stream = 0;  // that supervisors need to roll over
  bool operator==(const Capacity&) const = default;

  // For loads, while `running` slots of those in use are theirs. Streaming's share is kept free,
  // but for one slot: else a small cluster would never load anything.
  [[nodiscard]] int for_loads(int running) const;
};

struct ClusterView {
  int druid_major = 0;                 // 0: not known
  std::vector<ChunkView> chunks = {};  // of the interval, in order; one that is missing is unknown
  std::optional<Instant> watermark = {};
  std::vector<LockView> locks = {};
  std::vector<ForeignTask> foreign_tasks = {};
  ConcurrencyProof concurrency;
  StreamView stream;
  WindowPlan windows;
  Capacity capacity;
  bool has_msq = false;                   // was asked for, and is there
  std::vector<WaitingTask> waiting = {};  // of other loads
  std::vector<RunningTask> running = {};
  Health deep_storage;
  Health overlord;
  std::optional<double> rows_per_slot_second = {};  // measured on this datasource's last loads
  std::optional<std::string> frozen = {};           // the reason
  bool operator==(const ClusterView&) const = default;
};

struct RouteLimits {
  std::int64_t chunks_max = 10'000;          // of one load
  std::int64_t task_chunks_max = 100;        // of one task
  std::int64_t task_rows_max = 50'000'000;   // of one task, where the input can be divided
  std::int64_t single_rows_max = 5'000'000;  // up to here one slot is enough
  std::int64_t sub_task_rows = 2'500'000;    // what one sub-task should have to do
  int sub_tasks_max = 8;
  bool msq = false;                                  // it may be chosen
  std::int64_t msq_rows_min = 20'000'000;            // from here on MSQ would sort by range faster
  std::int64_t row_bytes = 200;                      // where only bytes are known
  double rows_per_slot_second = 20'000;              // where nothing was measured
  double slow_factor = 0.5;                          // of the rate while deep storage is slow
  Millis task_overhead = std::chrono::seconds(30);   // start, publish, load
  Millis window_overhead = std::chrono::minutes(3);  // suspend to quiesced, and resume
  Millis window_max = std::chrono::hours(2);         // so long may a datasource's streaming stand
  int shrink_percent = 50;  // replace data with less than this of the rows held needs allow_shrink
  SlotBudget budget;
  bool operator==(const RouteLimits&) const = default;
};

const char* to_string(Engine engine);
const char* to_string(Partitioning partitioning);
const char* to_string(ChunkStanding standing);
const char* to_string(ChunkWork work);
const char* to_string(Health::State state);

}  // namespace henge::route
