// Instants for people: no finer than they read clocks.
#pragma once

#include <string>

#include "model/time.h"

namespace henge::cli {

// 2026-03-01T08:00:07Z, or 2026-03-01T08:00Z for a whole minute.
inline std::string to_the_second(Instant at) {
  return to_short_iso(std::chrono::floor<std::chrono::seconds>(at));
}

}  // namespace henge::cli
