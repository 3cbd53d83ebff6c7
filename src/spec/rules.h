// Every kind of mistake and warning by its stable name: the one place that says how grave it is and
// what it means. docs/pipeline.md lists them from here.
#pragma once

#include <span>
#include <string_view>

#include "model/diagnostic.h"

namespace henge::spec {

struct Rule {
  std::string_view code;
  Severity severity;
  std::string_view meaning;
};

std::span<const Rule> rules();
// The rule of that code; asking for one that is not in the table is a bug.
const Rule& rule(std::string_view code);

}  // namespace henge::spec
