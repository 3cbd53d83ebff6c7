// How commands look into the ledger beside whoever writes it, and how they reach that henge.
#pragma once

#include <string>
#include <vector>

#include "cli/watch_view.h"
#include "ledger/journal.h"
#include "model/config.h"
#include "runtime/http_client.h"

namespace henge::cli {

// For reading. Errors: not_found (there is none: says how to make one), those of Journal::open.
Result<ledger::Journal> open_ledger(const Config& config);

// Errors: not_found - names those the ledger knows.
Result<const ledger::PipelineState*> find_pipeline(const ledger::State& state,
                                                   const std::string& name);

// What the henge that serves this ledger says of itself.
struct Serving {
  bool up = false;
  std::vector<Trouble> troubles;
};
Serving ask_serving(const Config& config);

// POST to the serving henge; its answer's JSON text. Errors: unavailable (nobody serves), the one
// that it answered, internal (an answer this henge does not understand).
Result<std::string> ask_control(const Config& config, const std::string& path,
                                const std::string& body, Millis deadline);
// The same from what came back.
Result<std::string> read_control(const Result<runtime::HttpResponse>& answer,
                                 const std::string& path);

}  // namespace henge::cli
