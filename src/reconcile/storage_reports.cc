#include "reconcile/storage_reports.h"

#include <algorithm>
#include <cctype>

namespace henge::reconcile {

using ledger::LoadPartState;
using ledger::PartPhase;

namespace {

constexpr Millis lately = std::chrono::minutes(10);
constexpr Millis available_within = std::chrono::minutes(10);

bool failed(const LoadPartState& part) {
  return part.end == ledger::TaskEnd::failed &&
         (part.phase == PartPhase::ended || part.phase == PartPhase::absent);
}

}  // namespace

bool is_storage_error(std::string_view error) {
  std::string lower(error);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"no space left on device", "deep storage",
                                              "push segment", "pushing segment",
                                              "failed to publish", "s3exception"},
      [&](std::string_view words) { return lower.find(words) != std::string::npos; });
}

route::StorageReports storage_reports(const ledger::State& ledger, Instant now) {
  route::StorageReports reports;
  for (const auto& [name, state] : ledger.pipelines) {
    for (const auto& [id, load] : state.loads) {
      if (!load.open()) continue;
      for (const LoadPartState& part : load.parts) {
        if (part.phase == PartPhase::ended && part.stage == "published" &&
            now - part.changed_at >= available_within)
          ++reports.unavailable;
        if (!failed(part) || now - part.changed_at >= lately || !is_storage_error(part.error))
          continue;
        ++reports.failures;
        if (reports.failed_at && *reports.failed_at >= part.changed_at) continue;
        reports.failed_at = part.changed_at;
        reports.failure = part.error;
      }
    }
  }
  return reports;
}

}  // namespace henge::reconcile
