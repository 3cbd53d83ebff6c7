// The life of a batch load, from what was asked for to the proof. Part of the ledger's events.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/load.h"
#include "scan/finding.h"

namespace henge::ledger {

// How a task ended, as Druid says.
enum class TaskEnd { success, failed, vanished, refused };

// Intent: a person wants this loaded. Everything is resolved: the files, the rows of each chunk,
// which task takes what.
struct LoadRequested {
  std::string load;  // load-000012
  std::int64_t number = 0;
  std::string key;          // one load a key
  std::string fingerprint;  // of what was asked for and what the sources held
  LoadRequest request;
  LoadContent content;
  std::vector<LoadPart> parts;
  bool operator==(const LoadRequested&) const = default;
};

// What the schedule is drawn with for one part, and where it stood when the load was asked for.
struct LoadPartPlan {
  Millis duration{};             // estimated
  std::optional<Instant> start;  // expected; nothing: not known
  bool operator==(const LoadPartPlan&) const = default;
};

// Decided: which way it takes, and why that is safe.
struct LoadRouted {
  std::string load;
  std::string lane;    // concurrent_append, concurrent_replace, window
  std::string window;  // that it needs; empty: none
  std::vector<std::string> reasons;
  // Ledgers of before lack what follows.
  std::string engine = "single";         // parallel: with sub-tasks
  std::int64_t sub_tasks = 1;            // at once, of a parallel task
  std::vector<LoadPartPlan> parts = {};  // as in the request; empty: nothing was estimated
  std::optional<Instant> finish = {};    // expected, of the last
  bool in_time = true;                   // by the schedule, its deadline is met
  std::vector<std::string> notes = {};
  bool operator==(const LoadRouted&) const = default;

  // That each of its tasks takes: sub-tasks, and the one that leads them.
  [[nodiscard]] int slots() const {
    return engine == "single" ? 1 : 1 + static_cast<int>(sub_tasks);
  }
};

// One chunk of a task that is about to be sent.
struct LoadTarget {
  Instant chunk{};
  std::int64_t rows = -1;     // -1: only the task can tell
  std::int64_t baseline = 0;  // rows in Druid, in two equal readings
  std::string digest;         // of the segments that held them
  std::int64_t on_time = 0;   // on-time rows that were scanned until now
  // Of a replacement. Extents that wait and are gone from there once it is counted; late rows that
  // it covers, waiting or repaired before; those that are to be appended on top of it, again or for
  // the first time.
  std::vector<scan::Extent> dropped, covered, returned;
  bool operator==(const LoadTarget&) const = default;
};

// Intent: the task's id and payload are functions of this event and of the request.
struct LoadTaskIntended {
  std::string load;
  std::int64_t part = 0;  // place in LoadRequested::parts
  std::int64_t attempt = 1;
  std::string task_id;
  std::vector<LoadTarget> targets;
  bool operator==(const LoadTaskIntended&) const = default;
};

// Outcome: Druid has the task; `adopted` when it had it from an earlier try.
struct LoadTaskAccepted {
  std::string load;
  std::string task_id;
  bool adopted = false;
  bool operator==(const LoadTaskAccepted&) const = default;
};

// Outcome: the task is over, as Druid says. Whether its rows are in the datasource is not decided
// by this.
struct LoadTaskEnded {
  std::string load;
  std::string task_id;
  TaskEnd end = TaskEnd::success;
  std::string error;
  std::int64_t rows = -1;  // that Druid's report says were taken; -1: there is none
  bool operator==(const LoadTaskEnded&) const = default;
};

// Observed: other segments are in place (published), and all of them answer (available).
struct LoadTaskSeen {
  std::string load;
  std::string task_id;
  std::string stage;  // published, available
  bool operator==(const LoadTaskSeen&) const = default;
};

// Outcome: counted. The rows are in Druid, whatever the task's status said.
struct LoadTaskCounted {
  std::string load;
  std::string task_id;
  std::vector<LoadChunk> chunks;  // rows as counted
  bool operator==(const LoadTaskCounted&) const = default;
};

// Outcome: counted. None of the rows is in Druid and the task is over: another attempt is safe.
struct LoadTaskAbsent {
  std::string load;
  std::string task_id;
  std::string error;
  bool operator==(const LoadTaskAbsent&) const = default;
};

// Intent: a person wants no more of it. What is in Druid by then stays and is counted.
struct LoadCancelAsked {
  std::string load;
  std::string by;
  std::string reason;
  bool operator==(const LoadCancelAsked&) const = default;
};

// Intent: a load that failed or was cancelled is to go on where it stopped.
struct LoadRetryAsked {
  std::string load;
  std::string by;
  std::string reason;
  bool operator==(const LoadRetryAsked&) const = default;
};

// Intent: a document that says what is to be loaded, and when. Replaces the one of that name.
struct LoadDeclared {
  std::string name;
  std::string document;  // its text
  Instant since{};       // what is due from then on is its
  std::string by;
  std::string reason;
  bool operator==(const LoadDeclared&) const = default;
};

// Intent: nothing more is loaded by that document. What it began goes on.
struct LoadWithdrawn {
  std::string name;
  std::string by;
  std::string reason;
  bool operator==(const LoadWithdrawn&) const = default;
};

// Outcome: what a document said is due could not be accepted. It is tried again.
struct LoadRefused {
  std::string name;
  std::string key;   // of the load that would have been
  std::string kind;  // of the error
  std::string error;
  bool operator==(const LoadRefused&) const = default;
};

enum class LoadEnd { counted, failed, cancelled };

// Outcome: nothing of it is under way any more.
struct LoadEnded {
  std::string load;
  LoadEnd end = LoadEnd::counted;
  std::string error;
  bool operator==(const LoadEnded&) const = default;
};

const char* to_string(TaskEnd end);
const char* to_string(LoadEnd end);

}  // namespace henge::ledger
