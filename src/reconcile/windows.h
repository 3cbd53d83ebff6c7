// When henge may act by itself.
#pragma once

#include <vector>

#include "model/drift.h"

namespace henge::reconcile {

// An open window of `deny` beats every one of `allow`; without any of `allow` henge may always act.
// A cron that can't be read forbids.
bool windows_allow(const std::vector<MaintenanceWindow>& windows, Instant now);

}  // namespace henge::reconcile
