// What the loads' tasks say of deep storage. Pure.
#pragma once

#include <string_view>

#include "ledger/state.h"
#include "route/storage_health.h"

namespace henge::reconcile {

// Whether a failed task's words are about pushing or publishing segments.
bool is_storage_error(std::string_view error);

// Of loads that are open, of all pipelines: failures of the last ten minutes, and what was
// published ten minutes ago and is still not available.
route::StorageReports storage_reports(const ledger::State& ledger, Instant now);

}  // namespace henge::reconcile
