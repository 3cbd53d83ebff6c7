#include "reconcile/windows.h"

#include "model/cron.h"

namespace henge::reconcile {

bool windows_allow(const std::vector<MaintenanceWindow>& windows, Instant now) {
  bool any_allow = false, allowed = false;
  for (const MaintenanceWindow& window : windows) {
    auto cron = Cron::parse(window.cron);
    if (!cron) return false;
    const bool open = in_window(*cron, window.duration, now);
    if (window.deny && open) return false;
    any_allow = any_allow || !window.deny;
    allowed = allowed || (!window.deny && open);
  }
  return allowed || !any_allow;
}

}  // namespace henge::reconcile
