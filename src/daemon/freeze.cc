#include "daemon/freeze.h"

#include <fmt/format.h>

namespace henge::daemon {
namespace {

std::string who_and_why(const ledger::Freeze& freeze) {
  return fmt::format("{} at {}: {}", freeze.by.empty() ? std::string("somebody") : freeze.by,
                     to_short_iso(std::chrono::floor<std::chrono::seconds>(freeze.at)),
                     freeze.reason.empty() ? std::string("no reason given") : freeze.reason);
}

Result<void> may_change(const ledger::State& state, const ledger::PipelineState* known,
                        const std::string& pipeline, Freezing wanted) {
  if (known == nullptr)
    return fail(ErrorKind::not_found, fmt::format("pipeline '{}' is not in the ledger", pipeline));
  if (known->released)
    return fail(ErrorKind::refused,
                fmt::format("pipeline '{}' was released; henge does not act on it", pipeline));
  if (wanted == Freezing::unfreeze && !known->frozen && state.frozen)
    return fail(
        ErrorKind::refused,
        fmt::format("everything is frozen, not '{}' alone (by {}); `henge unfreeze` without "
                    "a pipeline lifts that",
                    pipeline, who_and_why(*state.frozen)));
  return {};
}

}  // namespace

std::optional<Error> freeze_refusal(const ledger::State& state, const std::string& pipeline) {
  auto known = state.pipelines.find(pipeline);
  const bool own = known != state.pipelines.end() && known->second.frozen;
  if (!own && !state.frozen) return std::nullopt;
  const ledger::Freeze& freeze = own ? *known->second.frozen : *state.frozen;
  return Error{ErrorKind::refused,
               fmt::format("{} frozen by {}; `henge unfreeze{}` lets it go on",
                           own ? fmt::format("pipeline '{}' was", pipeline) : "everything was",
                           who_and_why(freeze), own ? " " + pipeline : "")};
}

Result<FreezeChange> set_freeze(Doors& shell, const std::string& pipeline, Freezing wanted,
                                const std::string& reason, const std::string& by) {
  const ledger::State& state = shell.journal.state();
  bool frozen = state.frozen.has_value();
  if (!pipeline.empty()) {
    const ledger::PipelineState* known = shell.journal.find(pipeline);
    TRY_VOID(may_change(state, known, pipeline, wanted));
    frozen = known->frozen.has_value();
  }
  if (wanted == Freezing::unfreeze && !frozen) return FreezeChange{pipeline, false};
  const ledger::Body event = wanted == Freezing::freeze
                                 ? ledger::Body(ledger::Frozen{reason, by})
                                 : ledger::Body(ledger::Unfrozen{reason, by});
  TRY_VOID(record(shell, pipeline, {event}));
  return FreezeChange{pipeline, true};
}

}  // namespace henge::daemon
