// Retention rules and auto-compaction as canonical texts: what the ledger keeps of them, and what
// is sent to put them back.
#pragma once

#include <string>
#include <vector>

#include "model/druid.h"
#include "model/result.h"

namespace henge::reconcile {

// A JSON array; none is [].
std::string rules_text(const std::vector<Rule>& rules);
// What rules_text() wrote. Errors: corrupt.
Result<std::vector<Rule>> parse_rules_text(const std::string& text);

}  // namespace henge::reconcile
