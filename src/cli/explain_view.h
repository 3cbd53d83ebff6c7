// What `explain` shows: the chain of records, then how it stands. JSON is a contract.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/freeze_view.h"
#include "ledger/story.h"

namespace henge::cli {

struct ExplainView {
  ledger::Subject subject;
  std::string object;                    // its full name
  std::vector<ledger::StoryLine> lines;  // the newest, oldest first
  std::int64_t total = 0;                // lines there are
  std::string standing;
  std::vector<FreezeNote> frozen;
};

// clicks/2026-03-01T08:00Z
std::string name_of(const ledger::Subject& subject);
std::string show_explain(const ExplainView& view, const Console& console);

}  // namespace henge::cli
