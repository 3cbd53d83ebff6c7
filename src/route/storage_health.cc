#include "route/storage_health.h"

#include <fmt/format.h>

namespace henge::route {
namespace {

constexpr std::int64_t megabyte = 1'000'000;
constexpr std::int64_t free_min_bytes = 256 * megabyte;
constexpr Millis slow_after = std::chrono::seconds(3);
constexpr int failures_min = 2;  // one may be that task's own
// Then single tasks are let through, to see.
constexpr Millis failure_holds = std::chrono::minutes(2);

}  // namespace

Health judge_storage(const std::optional<StorageSight>& sight, const StorageReports& reports,
                     Instant now) {
  using State = Health::State;
  if (sight && !sight->error.empty())
    return {State::failing, fmt::format("{}: {}", sight->where, sight->error)};
  if (sight && sight->free_bytes && *sight->free_bytes < free_min_bytes)
    return {State::failing,
            fmt::format("{} has {} MB left", sight->where, *sight->free_bytes / megabyte)};
  const std::string said = fmt::format("{} tasks could not publish, the last one: {}",
                                       reports.failures, reports.failure);
  if (reports.failures >= failures_min && reports.failed_at &&
      now - *reports.failed_at < failure_holds)
    return {State::failing, said};
  if (reports.failures > 0) return {State::slow, said};
  if (reports.unavailable > 0)
    return {State::slow,
            fmt::format("what {} tasks published does not become available", reports.unavailable)};
  if (sight && sight->took > slow_after)
    return {State::slow, fmt::format("{} took {} to answer", sight->where, humanize(sight->took))};
  if (sight) return {};
  return {State::unknown, "the configuration names no place to look at (loads.deepStorage)"};
}

}  // namespace henge::route
