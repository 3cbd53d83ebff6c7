// What `diff` shows: the supervisor's spec first, then whether the batch specs change too. JSON is
// a contract.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "spec/parity.h"
#include "spec/supervisor_diff.h"

namespace henge::cli {

struct BatchDiff {
  spec::Mode mode = spec::Mode::append;
  std::vector<spec::SpecChange> changes;
  std::string absent;  // why there is nothing to compare; empty: there is
};

struct DiffView {
  std::string before, after;  // as they were named
  // Druid has no supervisor on that side; nothing is compared then.
  bool before_missing = false, after_missing = false;
  std::vector<spec::SpecChange> supervisor;
  std::vector<BatchDiff> batch;  // empty where one side is live: Druid holds no batch specs
  std::vector<spec::SpecChange> declaration;  // of the documents, where both sides have one
  [[nodiscard]] bool same() const;
};

std::string show_diff(const DiffView& view, const Console& console);

}  // namespace henge::cli
