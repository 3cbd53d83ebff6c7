// Loads and what is asked for with them, as JSON: between command line and serving henge, and for
// scripts. Fields are only ever added.
#pragma once

#include <string>

#include "daemon/load_request.h"
#include "ledger/load_state.h"

namespace henge::daemon {

std::string request_json(const LoadRequest& request);
// Errors: invalid - names the field.
Result<LoadRequest> parse_request_json(const std::string& text);

// How far a load has come, in numbers.
struct LoadProgress {
  std::int64_t chunks = 0, chunks_counted = 0;
  std::int64_t rows = -1, rows_counted = 0;  // -1: only Druid can tell
  std::int64_t tasks = 0, tasks_counted = 0;
};
LoadProgress progress_of(const ledger::LoadState& load);

enum class LoadDetail { summary, whole };
// `waits` is what it waits for; empty where nobody knows, or nothing.
std::string load_json(const std::string& pipeline, const ledger::LoadState& load,
                      const std::string& waits, LoadDetail detail);
std::string asked_json(const std::string& pipeline, const LoadAsked& asked);

}  // namespace henge::daemon
