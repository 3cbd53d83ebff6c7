// A load that a document declares, with the schedule by which it is due. What a single one of its
// loads asks for is a LoadRequest, made when it is due.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/granularity.h"
#include "model/load.h"
#include "model/pipeline.h"
#include "model/time.h"

namespace henge {

enum class LoadTrigger {
  once,    // as soon as it is declared
  cron,    // at the minutes of a cron expression
  sealed,  // each chunk when it is sealed
  exists,  // when a path is there; with a {chunk} template each chunk's
};

struct LoadSchedule {
  LoadTrigger trigger = LoadTrigger::once;
  std::string cron;
  std::int64_t catch_up = 1;    // cron: so many of the last times, where nobody was there for them
  std::string path;             // exists
  std::optional<Instant> from;  // chunks from there on; else from the declaration on
  bool operator==(const LoadSchedule&) const = default;
};

struct LoadDocument {
  std::string name;
  std::string pipeline;
  LoadSchedule schedule;
  std::optional<Interval> interval;
  std::optional<Granularity> last;  // cron: the last whole bucket before it is due...
  Millis back{};                    // ...and so much before
  std::vector<std::string> sources;
  std::string inline_rows;  // instead of sources
  JsonText format;          // empty: the stream's
  LoadMode mode = LoadMode::append;
  std::optional<Instant> as_of;
  std::optional<Millis> as_of_back;  // so long before it is due
  std::optional<Millis> deadline;    // so long after it is due
  std::int64_t priority = 0;
  bool force_open = false;
  bool allow_empty = false;
  bool allow_shrink = false;
  std::string reason;
  bool operator==(const LoadDocument&) const = default;

  // Each chunk has a load of its own.
  [[nodiscard]] bool by_chunk() const {
    return schedule.trigger == LoadTrigger::sealed ||
           (schedule.trigger == LoadTrigger::exists &&
            schedule.path.find("{chunk") != std::string::npos);
  }
};

}  // namespace henge
