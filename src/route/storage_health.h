// Whether deep storage works, from a look at it and from what Druid reports. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/time.h"
#include "route/request.h"

namespace henge::route {

// A look at the place that the configuration names.
struct StorageSight {
  std::string where;
  std::string error = {};  // empty: it is there, and can be written where that was tried
  Millis took{};
  std::optional<std::int64_t> free_bytes = {};  // of a folder's file system
};

// What Druid said lately.
struct StorageReports {
  int failures = 0;          // tasks that could not push or publish
  std::string failure = {};  // the last one's words
  std::optional<Instant> failed_at = {};
  int unavailable = 0;  // tasks whose published segments do not become available
};

// Failing: nothing could be published now.
Health judge_storage(const std::optional<StorageSight>& sight, const StorageReports& reports,
                     Instant now);

}  // namespace henge::route
