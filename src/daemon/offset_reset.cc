#include "daemon/offset_reset.h"

#include <fmt/format.h>

#include "daemon/freeze.h"
#include "daemon/quiesce.h"
#include "daemon/supervisor_change.h"
#include "offsets/reset.h"
#include "runtime/failpoint.h"

namespace henge::daemon {

using ledger::ResetPhase;
using runtime::failpoint;

namespace {

constexpr Millis look_again = std::chrono::seconds(1);
// Druid answers before it has stored the offsets; it takes seconds at the most.
constexpr int stored_looks = 30;

const ledger::PipelineState& state_of(Shell& shell, const Runner& runner) {
  const ledger::PipelineState* known = shell.journal.find(runner.pipeline().name);
  invariant(known != nullptr, "a runner's pipeline is in the ledger");
  return *known;
}

Audit audit_of(const ledger::ResetIntended& intent) {
  return {intent.by.empty() ? "henge" : intent.by,
          fmt::format("offsets reset to {}: {}", intent.to, intent.reason)};
}

// Nothing of the supervisor reads or publishes any more (contract 2.3.2), and this is what it has
// stored. Nothing: not yet.
runtime::Async<std::optional<PartitionOffsets>> quiesced_offsets(Shell& shell,
                                                                 const Pipeline& pipeline) {
  CO_TRY(const SupervisorSight sight, co_await look_at_supervisor(shell, pipeline));
  if (!sight.quiet) co_return std::optional<PartitionOffsets>{};
  auto offsets = late::committed_offsets(sight.status);
  if (offsets.empty()) co_return std::optional<PartitionOffsets>{};
  co_return std::optional(std::move(offsets));
}

// Twice the same: the two halves of the answer are not read at once (contract 2.7.5).
runtime::Async<std::optional<PartitionOffsets>> stored_offsets(Shell& shell,
                                                               const Pipeline& pipeline) {
  CO_TRY(auto first, co_await quiesced_offsets(shell, pipeline));
  if (!first) co_return first;
  CO_TRY_VOID(co_await shell.sleep(look_again));
  CO_TRY(auto second, co_await quiesced_offsets(shell, pipeline));
  if (first != second) second.reset();
  co_return second;
}

// What a chunk waits for, if any is not free: that needs streaming to come to its end.
std::string under_way(const ledger::PipelineState& state) {
  for (const auto& [start, chunk] : state.chunks) {
    if (!chunk.repair.empty()) return chunk.repair;
    if (!chunk.load.empty()) return chunk.load;
  }
  return "";
}

runtime::Async<void> quiesce(Shell& shell, Runner& runner) {
  const Pipeline pipeline = runner.pipeline();
  const auto intent = state_of(shell, runner).reset->intent;
  const std::string id = supervisor_id(pipeline);
  // Streaming goes on until then: without it a count may never come out.
  if (const std::string first = under_way(state_of(shell, runner)); !first.empty())
    co_return fail(ErrorKind::unavailable,
                   fmt::format("reset {} waits for {}", intent.number, first));
  CO_TRY_VOID(co_await shell.druid.suspend_supervisor(id, audit_of(intent)));
  failpoint("reset.suspended");
  CO_TRY(const auto offsets, co_await stored_offsets(shell, pipeline));
  if (!offsets) co_return Result<void>{};
  CO_TRY_VOID(record(shell, pipeline.name, {ledger::ResetQuiesced{intent.number, *offsets}}));
  failpoint("reset.quiesced");
  co_return Result<void>{};
}

runtime::Async<void> resume(Shell& shell, const Pipeline& pipeline,
                            const ledger::ResetIntended& intent) {
  if (!intent.resume) co_return Result<void>{};
  co_return co_await resume_and_see(shell, pipeline, audit_of(intent));
}

// Ends a reset that can't be done any more, with nothing changed.
runtime::Async<void> give_up(Shell& shell, const Pipeline& pipeline, ledger::ResetIntended intent,
                             std::string why) {
  CO_TRY_VOID(co_await resume(shell, pipeline, intent));
  co_return record(shell, pipeline.name, {ledger::ResetEnded{intent.number, std::move(why)}});
}

// Empty: the log still has all targets.
std::string gone(const PartitionOffsets& targets, const TopicLook& look) {
  for (const auto& [partition, target] : targets) {
    auto start = look.starts.find(partition);
    auto end = look.ends.find(partition);
    if (start == look.starts.end() || end == look.ends.end())
      return fmt::format("the topic does not have partition {} any more", partition);
    if (target < start->second || target > end->second)
      return fmt::format("partition {} does not have offset {} any more: its log holds {} to {}",
                         partition, target, start->second, end->second);
  }
  return "";
}

// A person may have resumed it since. Told again, it comes to a stand in a later round.
runtime::Async<void> hold_still(Shell& shell, Pipeline pipeline, ledger::ResetIntended intent) {
  CO_TRY(const SupervisorSight sight, co_await look_at_supervisor(shell, pipeline));
  if (sight.status.suspended) co_return Result<void>{};
  co_return co_await shell.druid.suspend_supervisor(supervisor_id(pipeline), audit_of(intent));
}

// The scan stands still meanwhile: both write the same delta files.
runtime::Async<void> measure(Shell& shell, Runner& runner) {
  const Pipeline pipeline = runner.pipeline();
  const auto reset = *state_of(shell, runner).reset;
  if (!under_way(state_of(shell, runner)).empty()) co_return Result<void>{};
  // What was stored has to be what is stored: it is what streaming goes on from.
  CO_TRY(const auto stored, co_await stored_offsets(shell, pipeline));
  if (!stored) co_return co_await hold_still(shell, pipeline, reset.intent);
  if (*stored != reset.committed)
    co_return co_await give_up(shell, pipeline, reset.intent,
                               "somebody resumed the supervisor meanwhile, and it read on");
  const bool scanned =
      offsets::scanned_enough(state_of(shell, runner), reset.committed, reset.intent.targets);
  if (!scanned && !reset.intent.anew) co_return Result<void>{};
  std::vector<std::pair<std::int32_t, std::int64_t>> no_records;
  CO_TRY(const TopicLook look, co_await shell.look_at_topic(pipeline, std::move(no_records)));
  if (std::string why = gone(reset.intent.targets, look); !why.empty())
    co_return co_await give_up(shell, pipeline, reset.intent, std::move(why));
  offsets::ResetStretches asked;
  if (!reset.intent.anew)
    asked = offsets::reset_stretches(reset.committed, reset.intent.targets, look.starts);
  if (!shell.scan_stretches) co_return fail(ErrorKind::internal, "this henge scans no stretches");
  runner.stop_scan();
  ports::StretchesWanted wanted{asked.stretches, delta_folder(shell.settings, pipeline.name),
                                state_of(shell, runner).delta.file_ends};
  auto found = co_await shell.scan_stretches(pipeline, std::move(wanted));
  Result<void> done = tl::unexpected<Error>(Error{});
  if (found) {
    auto effect = offsets::measure(asked, std::move(*found));
    effect.number = reset.intent.number;
    done = record(shell, pipeline.name, {std::move(effect)});
    failpoint("reset.measured");
  } else {
    done = tl::unexpected<Error>(std::move(found).error());
  }
  CO_TRY_VOID(runner.start_scan());
  co_return done;
}

runtime::Async<void> tell_druid(Shell& shell, Runner& runner) {
  const Pipeline pipeline = runner.pipeline();
  const auto reset = *state_of(shell, runner).reset;
  const std::string id = supervisor_id(pipeline);
  // Druid would set no offsets of a supervisor that reads.
  CO_TRY(const SupervisorSight sight, co_await look_at_supervisor(shell, pipeline));
  if (!sight.quiet) co_return co_await hold_still(shell, pipeline, reset.intent);
  CO_TRY_VOID(co_await shell.druid.reset_offsets(id, pipeline.stream.topic, reset.intent.targets,
                                                 audit_of(reset.intent)));
  failpoint("reset.sent");
  for (int looks = 0; looks < stored_looks; ++looks) {
    CO_TRY(const auto stored, co_await stored_offsets(shell, pipeline));
    const auto is_stored = [&](const auto& item) {
      auto known = stored->find(item.first);
      return known != stored->end() && known->second == item.second;
    };
    if (stored && std::ranges::all_of(reset.intent.targets, is_stored)) {
      // The positions of a topic that was made anew change with this: the scan begins again.
      if (reset.intent.anew) runner.stop_scan();
      auto done = record(shell, pipeline.name, {ledger::OffsetsReset{reset.intent.number}});
      failpoint("reset.done");
      if (reset.intent.anew) {
        CO_TRY_VOID(runner.start_scan());
      }
      co_return done;
    }
    CO_TRY_VOID(co_await shell.sleep(look_again));
  }
  co_return fail(ErrorKind::unknown_outcome,
                 fmt::format("Druid was told the offsets of '{}', and does not show them yet", id));
}

runtime::Async<void> finish(Shell& shell, Runner& runner) {
  const Pipeline pipeline = runner.pipeline();
  const auto intent = state_of(shell, runner).reset->intent;
  CO_TRY_VOID(co_await resume(shell, pipeline, intent));
  failpoint("reset.resumed");
  co_return record(shell, pipeline.name, {ledger::ResetEnded{intent.number, ""}});
}

// A person may have terminated the supervisor: then there is nothing whose offsets could be set.
// Not found alone does not say so: an Overlord that has just begun to lead knows no status yet.
runtime::Async<void> end_if_gone(Shell& shell, Runner& runner, Result<void> otherwise) {
  const ledger::ResetState reset = *state_of(shell, runner).reset;
  const bool begun = reset.phase != ResetPhase::intended && reset.phase != ResetPhase::quiesced;
  if (begun) co_return otherwise;
  const std::string id = supervisor_id(runner.pipeline());
  CO_TRY(const auto spec, co_await shell.druid.supervisor_spec(id));
  if (spec) co_return otherwise;
  co_return record(shell, runner.pipeline().name,
                   {ledger::ResetEnded{reset.intent.number,
                                       fmt::format("there is no supervisor '{}' any more", id)}});
}

Result<void> may_reset(const ledger::State& state, const ledger::PipelineState* known,
                       const std::string& name) {
  if (known == nullptr)
    return fail(ErrorKind::not_found, fmt::format("pipeline '{}' is not in the ledger", name));
  if (!known->managed())
    return fail(ErrorKind::refused, fmt::format("henge does not manage pipeline '{}'", name));
  if (auto frozen = freeze_refusal(state, name)) return tl::unexpected<Error>(*std::move(frozen));
  if (known->resetting())
    return fail(ErrorKind::refused,
                fmt::format("reset {} of '{}' is {}; it goes on by itself",
                            known->reset->intent.number, name, to_string(known->reset->phase)));
  TRY_VOID(must_not_be_held(known, name));
  if (known->apply_under_way())
    return fail(ErrorKind::refused,
                fmt::format("version {} of '{}' is being applied", known->version, name));
  for (const auto& [start, chunk] : known->chunks)
    if (!chunk.load.empty())
      return fail(ErrorKind::refused,
                  fmt::format("{0} is under way: wait for it, or `henge load cancel {1} {0}`",
                              chunk.load, name));
  return {};
}

}  // namespace

runtime::Async<std::int64_t> intend_reset(Shell& shell, ResetRequest request) {
  const ledger::PipelineState* known = shell.journal.find(request.pipeline);
  CO_TRY_VOID(may_reset(shell.journal.state(), known, request.pipeline));
  CO_TRY(const Pipeline pipeline, pipeline_of(*known, request.pipeline));
  CO_TRY(const auto status, co_await shell.druid.supervisor_status(supervisor_id(pipeline)));
  // It may have gone on since it was shown; never back.
  const auto now = late::committed_offsets(status);
  for (const auto& [partition, shown] : request.before) {
    auto stored = now.find(partition);
    if (stored != now.end() && stored->second < shown)
      co_return fail(ErrorKind::refused,
                     fmt::format("Druid's offset of partition {} went back from {} to {} since it "
                                 "was shown; look again",
                                 partition, shown, stored->second));
  }
  CO_TRY_VOID(
      may_reset(shell.journal.state(), shell.journal.find(request.pipeline), request.pipeline));
  ledger::ResetIntended intent;
  intent.number = known->reset ? known->reset->intent.number + 1 : 1;
  intent.to = request.to;
  intent.targets = request.targets;
  intent.before = request.before;
  intent.resume = !status.suspended;
  intent.anew = request.anew;
  intent.reason = request.reason;
  intent.by = request.by;
  const std::int64_t number = intent.number;
  CO_TRY_VOID(record(shell, request.pipeline, {std::move(intent)}));
  failpoint("reset.intended");
  co_return number;
}

runtime::Async<void> advance_reset(Shell& shell, Runner& runner) {
  for (;;) {
    const auto& reset = state_of(shell, runner).reset;
    if (!reset || !reset->under_way()) co_return Result<void>{};
    const ResetPhase before = reset->phase;
    Result<void> done;
    switch (before) {
      case ResetPhase::intended:
        done = co_await quiesce(shell, runner);
        break;
      case ResetPhase::quiesced:
        done = co_await measure(shell, runner);
        break;
      case ResetPhase::measured:
        done = co_await tell_druid(shell, runner);
        break;
      case ResetPhase::done:
        done = co_await finish(shell, runner);
        break;
      case ResetPhase::ended:
        break;
    }
    if (!done && done.error().kind == ErrorKind::not_found)
      done = co_await end_if_gone(shell, runner, std::move(done));
    if (!done || state_of(shell, runner).reset->phase == before) co_return done;
  }
}

}  // namespace henge::daemon
