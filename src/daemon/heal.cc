#include "daemon/heal.h"

#include <fmt/format.h>

#include "daemon/supervisor_change.h"
#include "reconcile/settings_text.h"

namespace henge::daemon {
namespace {

// What a setting should be: as the ledger first saw it, or as it was adopted.
Result<std::string> should_be(const Doors& shell, const Pipeline& pipeline,
                              const ledger::HealIntended& intent) {
  const ledger::PipelineState* known = shell.journal.find(pipeline.name);
  invariant(known != nullptr, "only drift of declared pipelines is healed");
  auto value = known->adopted.find(key_of(intent.kind, intent.object));
  if (value != known->adopted.end()) return value->second;
  return fail(ErrorKind::refused, fmt::format("the ledger does not know what {} of '{}' should be",
                                              to_string(intent.kind), intent.object));
}

}  // namespace

runtime::Async<void> heal_drift(Doors& shell, Pipeline pipeline, ledger::HealIntended intent) {
  Audit audit{"henge", fmt::format("{}: {}", to_string(intent.kind), intent.action)};
  const std::string& object = intent.object;
  switch (intent.kind) {
    case DriftKind::supervisor_missing:
    case DriftKind::supervisor_terminated:
    case DriftKind::supervisor_edited:
      co_return co_await restore_supervisor(shell, std::move(pipeline), std::move(audit));
    case DriftKind::supervisor_suspended:
      co_return co_await shell.druid.resume_supervisor(object, std::move(audit));
    case DriftKind::segments_unused: {
      CO_TRY(const Instant chunk, parse_instant(object));
      const Interval interval = bucket(pipeline.schema.segment_granularity, chunk);
      co_return co_await shell.druid.mark_used(pipeline.datasource, interval);
    }
    case DriftKind::rules_changed: {
      CO_TRY(const std::string text, should_be(shell, pipeline, intent));
      CO_TRY(auto rules, reconcile::parse_rules_text(text));
      co_return co_await shell.druid.set_rules(object, std::move(rules), std::move(audit));
    }
    case DriftKind::compaction_changed: {
      CO_TRY(std::string text, should_be(shell, pipeline, intent));
      JsonText config{std::move(text)};
      co_return co_await shell.druid.set_compaction(object, std::move(config), std::move(audit));
    }
    case DriftKind::supervisor_unhealthy:
    case DriftKind::offsets_moved:
    case DriftKind::offsets_at_risk:
    case DriftKind::offsets_lost:
    case DriftKind::topic_recreated:
    case DriftKind::segments_missing:
    case DriftKind::segments_unexpected:
    case DriftKind::segments_overlapping:
    case DriftKind::segments_unavailable:
    case DriftKind::count_mismatch:
    case DriftKind::task_vanished:
    case DriftKind::task_doubled:
    case DriftKind::schema_mismatch:
      break;
  }
  co_return fail(ErrorKind::refused,
                 fmt::format("henge can't heal {}: a person must decide", to_string(intent.kind)));
}

}  // namespace henge::daemon
