// When henge may act by itself, and when it may make streaming stand.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/drift.h"

namespace henge::reconcile {

// An open window of `deny` beats every one of `allow`; without any of `allow` henge may always act.
// A cron that can't be read forbids.
bool windows_allow(const std::vector<MaintenanceWindow>& windows, Instant now);

// The first moment not before `now` at which henge may act; nothing if there is none within a year.
std::optional<Instant> windows_open_at(const std::vector<MaintenanceWindow>& windows, Instant now);

// Why streaming is not made to stand now, by a pipeline's windows; empty: it may be.
std::string outside_hours(const std::vector<MaintenanceWindow>& windows, Instant now);

}  // namespace henge::reconcile
