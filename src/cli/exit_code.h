// How the program ends: part of its contract with scripts.
#pragma once

#include "model/result.h"

namespace henge::cli {

enum class ExitCode {
  done = 0,         // also: nothing to change
  error = 1,        // wrong input, wrong usage, something broken
  changes = 2,      // changes are pending
  refused = 3,      // a guard said no, or the world moved since it was looked at
  unreachable = 4,  // Druid or Kafka out of reach, or the answer was lost
  timed_out = 124,
  interrupted = 130,
};

constexpr int to_int(ExitCode code) {
  return static_cast<int>(code);
}

ExitCode exit_code_of(const Error& error);

}  // namespace henge::cli
