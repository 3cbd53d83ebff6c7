// Where a command's answer goes: stdout for the answer, stderr for everything said on the way.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "cli/options.h"
#include "cli/style.h"
#include "cli/terminal.h"

namespace henge::cli {

struct Console {
  Output output = Output::table;
  Style style{false};
  Terminal out;  // of stdout
  Terminal err;  // of stderr

  void print(std::string_view text) const { std::fwrite(text.data(), 1, text.size(), stdout); }
  void complain(std::string_view text) const {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  }
  [[nodiscard]] bool json() const { return output == Output::json; }
};

}  // namespace henge::cli
