// What the ledger's load events add up to, for one load.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/load_event.h"
#include "model/time.h"

namespace henge::ledger {

enum class PartPhase {
  waiting,   // no task of it yet
  intended,  // recorded; the task may or may not have been sent
  accepted,  // Druid has the task
  ended,     // the task is over; its rows are not yet counted
  absent,    // counted: not in Druid; another attempt may be made
  counted,   // counted: in Druid
};

struct LoadPartState {
  PartPhase phase = PartPhase::waiting;
  std::int64_t attempt = 0;
  std::int64_t tries = 0;  // attempts since it was asked for, or asked for again
  std::string task_id;
  std::vector<LoadTarget> targets;  // of the latest attempt
  std::optional<TaskEnd> end;
  std::string stage;  // published, available; empty: neither seen yet
  std::string error;
  std::int64_t rows_reported = -1;
  std::optional<Millis> ran;  // the latest attempt: from accepted to its end in success
  Instant changed_at{};
  bool operator==(const LoadPartState&) const = default;
};

struct LoadState {
  LoadRequested intent;
  std::optional<LoadRouted> route;
  std::vector<LoadPartState> parts;  // as in the intent
  std::optional<LoadEnd> end;        // nothing while it goes on
  std::optional<LoadCancelAsked> cancel;
  std::string error;  // why it failed
  std::int64_t retries = 0;
  Instant requested_at{};
  Instant changed_at{};
  bool operator==(const LoadState&) const = default;

  [[nodiscard]] bool open() const { return !end.has_value(); }
};

// One load of a document that was due and not accepted, yet.
struct RefusedLoad {
  std::string error;
  std::int64_t tries = 0;
  Instant since{};
  Instant at{};  // of the last try
  bool operator==(const RefusedLoad&) const = default;
};

// A document of kind Load that is in force.
struct LoadDocumentState {
  std::string document;
  Instant since{};
  Instant declared_at{};
  std::string by;
  std::string reason;
  std::map<std::string, RefusedLoad> refused;  // by key; the newest only
  bool operator==(const LoadDocumentState&) const = default;
};

// By which a chunk's rows were replaced, and how far its counters had gone by then: what they
// counted up to there is not in Druid any more.
struct Replacement {
  std::string load;
  Instant as_of{};
  std::int64_t rows = 0;
  std::int64_t on_time = 0;
  std::int64_t repaired = 0;
  std::int64_t adopted = 0;
  std::int64_t covered_late = 0;  // late rows that it holds, waiting or repaired before
  bool operator==(const Replacement&) const = default;
};

// How far a load has come, in one word: resolved, routed, submitted, succeeded, published,
// available, counted, failed, cancelled. Of several parts the least one that is under way.
std::string stage_of(const LoadState& load);
const char* to_string(PartPhase phase);

}  // namespace henge::ledger
