// A person's load, from the words to the ledger: sources read, guards asked, recorded; or attached
// to the one that was asked for before.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/load_sources.h"
#include "daemon/shell.h"
#include "model/load.h"

namespace henge::daemon {

struct LoadAsked {
  std::string load;       // empty for a trial without recording
  bool attached = false;  // the same key and content were asked for before
  LoadContent content;
  std::vector<LoadPart> parts;
  ledger::LoadRouted routed;       // which way it goes, and why
  std::vector<std::string> waits;  // of these reasons those why nothing of it begins yet
  std::vector<std::string> notes;  // what a person should know of it
};

enum class LoadTrial { record, dry_run };

// Errors: not_found (pipeline, a source), invalid (interval, sources; the key with other content),
// refused (a guard), those of record().
runtime::Async<LoadAsked> ask_load(Shell& shell, LoadRequest request, LoadTrial trial);
// `tell` hears on any thread how far the reading has come.
runtime::Async<LoadAsked> ask_load(Shell& shell, LoadRequest request, LoadTrial trial,
                                   TellReading tell);

// Errors: not_found, refused (it is over).
Result<void> cancel_load(Doors& shell, const std::string& pipeline, const std::string& load,
                         const std::string& by, const std::string& reason);
// Errors: not_found, refused (it is under way, or counted).
Result<void> retry_load(Doors& shell, const std::string& pipeline, const std::string& load,
                        const std::string& by, const std::string& reason);

}  // namespace henge::daemon
