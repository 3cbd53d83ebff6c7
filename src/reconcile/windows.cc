#include "reconcile/windows.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/cron.h"

namespace henge::reconcile {
namespace {

// Leap days are further apart; whoever waits for one is told that it is not within a year.
constexpr Millis horizon = std::chrono::days(366);

struct Parsed {
  bool deny = false;
  Cron cron;
  Millis duration{};

  [[nodiscard]] bool open(Instant now) const { return in_window(cron, duration, now); }
};

// Nothing if one of them can't be read.
std::optional<std::vector<Parsed>> parse(const std::vector<MaintenanceWindow>& windows) {
  std::vector<Parsed> out;
  for (const MaintenanceWindow& window : windows) {
    auto cron = Cron::parse(window.cron);
    if (!cron) return std::nullopt;
    out.push_back({window.deny, *cron, window.duration});
  }
  return out;
}

bool allowed(const std::vector<Parsed>& windows, Instant now) {
  bool any_allow = false, open = false;
  for (const Parsed& window : windows) {
    const bool is_open = window.open(now);
    if (window.deny && is_open) return false;
    any_allow = any_allow || !window.deny;
    open = open || (!window.deny && is_open);
  }
  return open || !any_allow;
}

// The next moment at which more may be allowed than at `now`, where nothing is: the end of what
// denies, or else the next opening of what allows.
std::optional<Instant> next_change(const std::vector<Parsed>& windows, Instant now, Instant end) {
  std::optional<Instant> denied_until, opens;
  for (const Parsed& window : windows) {
    if (window.deny && window.open(now)) {
      const auto opened = window.cron.last(now, now - window.duration);
      denied_until = std::max(denied_until.value_or(now), *opened + window.duration);
    } else if (!window.deny && window.duration > Millis(0)) {
      const auto next = window.cron.next(now + Millis(1), end);
      if (next && (!opens || *next < *opens)) opens = next;
    }
  }
  return denied_until ? denied_until : opens;
}

}  // namespace

bool windows_allow(const std::vector<MaintenanceWindow>& windows, Instant now) {
  const auto parsed = parse(windows);
  return parsed && allowed(*parsed, now);
}

std::optional<Instant> windows_open_at(const std::vector<MaintenanceWindow>& windows, Instant now) {
  const auto parsed = parse(windows);
  if (!parsed) return std::nullopt;
  const Instant end = now + horizon;
  std::optional<Instant> at = now;
  while (at && *at <= end && !allowed(*parsed, *at)) at = next_change(*parsed, *at, end);
  return at && *at <= end ? at : std::nullopt;
}

std::string outside_hours(const std::vector<MaintenanceWindow>& windows, Instant now) {
  const auto at = windows_open_at(windows, now);
  if (!at) return "streaming has to stand for it, which the pipeline's windows never allow";
  if (*at <= now) return {};
  return fmt::format("streaming has to stand for it, which it may from {} on", to_short_iso(*at));
}

}  // namespace henge::reconcile
