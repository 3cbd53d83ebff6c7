#include "daemon/supervisor_change.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/freeze.h"
#include "reconcile/judge_change.h"
#include "runtime/failpoint.h"
#include "scan/classify.h"
#include "spec/parse.h"
#include "spec/render_supervisor.h"
#include "spec/supervisor_diff.h"

namespace henge::daemon {

using runtime::failpoint;
using spec::SupervisorAction;

namespace {

constexpr int sample_rows = 200;
constexpr int sample_timeout_ms = 10'000;

Result<Pipeline> parse_document(const std::string& document, const std::string& name) {
  auto parsed = spec::parse_pipelines("ledger", document);
  for (auto& p : parsed.pipelines)
    if (p.pipeline.name == name && p.usable) return with_true_proof(std::move(p.pipeline));
  std::string why = parsed.diagnostics.empty() ? "it is not in the document"
                                               : to_text(parsed.diagnostics.front());
  return fail(ErrorKind::corrupt,
              fmt::format("pipeline '{}' can't be read from the ledger: {}", name, why));
}

enum class Timestamps {
  as_declared,
  constant,  // one that no record has: its missing value is taken
};

// The sampler takes the parts of a supervisor spec, and how much to read.
JsonText sampler_spec(const JsonText& supervisor, Timestamps timestamps) {
  auto spec = nlohmann::json::parse(supervisor.text);
  nlohmann::json sampler{
      {"type", "kafka"},
      {"spec", spec.at("spec")},
      {"samplerConfig", {{"numRows", sample_rows}, {"timeoutMs", sample_timeout_ms}}}};
  sampler["spec"]["type"] = "kafka";
  // Its own window at the topic's beginning, whatever the supervisor has committed.
  sampler["spec"]["ioConfig"]["useEarliestOffset"] = true;
  if (timestamps == Timestamps::constant)
    sampler["spec"]["dataSchema"]["timestampSpec"] = {
        {"column", "__henge_none"}, {"format", "iso"}, {"missingValue", "2000-01-01T00:00:00Z"}};
  return {sampler.dump()};
}

Audit audit_of(const ledger::PipelineState& state) {
  const ledger::DeclaredVersion* declared = ledger::find_version(state, state.version);
  Audit audit{"henge", fmt::format("version {}", state.version)};
  if (declared == nullptr) return audit;
  if (!declared->by.empty()) audit.author = declared->by;
  if (!declared->reason.empty()) audit.comment += ": " + declared->reason;
  return audit;
}

// What is live after a change, against what was to be.
struct Readback {
  bool missing = false;
  spec::SupervisorDiff diff;
};

runtime::Async<Readback> read_back(ports::Druid& druid, std::string id, JsonText desired) {
  CO_TRY(auto live, co_await druid.supervisor_spec(id));
  Readback back;
  back.missing = !live.has_value();
  CO_TRY(back.diff, spec::diff_supervisor(desired, live));
  co_return back;
}

Error not_what_was_sent(const std::string& id, const spec::SupervisorDiff& diff) {
  return {ErrorKind::conflict,
          fmt::format("supervisor '{}' is not what was sent: {} differs; somebody else writes it, "
                      "or this Druid ignores the field",
                      id, diff.changes.empty() ? "it" : diff.changes.front().path)};
}

// What it took to make Druid's supervisor what a pipeline says.
struct Brought {
  std::string action = "unchanged";  // created, updated
  bool missing = false;              // it was sent, and Druid holds nothing
  std::optional<Error> failure;      // Druid does not hold what was sent
};

runtime::Async<Brought> bring(Doors& shell, Pipeline pipeline, Audit audit) {
  const std::string id = supervisor_id(pipeline);
  CO_TRY(JsonText desired, spec::render_supervisor(pipeline));
  CO_TRY(const Readback live, co_await read_back(shell.druid, id, desired));
  Brought brought;
  if (live.diff.action == SupervisorAction::none) co_return brought;
  brought.action = live.missing ? "created" : "updated";
  // Somebody suspended it for a reason: an update keeps it suspended.
  if (live.diff.suspended) {
    CO_TRY(desired, spec::with_suspended(desired, true));
  }
  CO_TRY(JsonText whole, spec::with_secrets(desired, shell.secrets));
  auto posted = co_await shell.druid.post_supervisor(std::move(whole), std::move(audit));
  failpoint("apply.posted");
  if (!posted && posted.error().kind == ErrorKind::cancelled)
    co_return tl::unexpected<Error>(std::move(posted).error());
  // Whatever the answer was: what Druid holds decides.
  CO_TRY(const Readback back, co_await read_back(shell.druid, id, desired));
  if (!back.missing && back.diff.action == SupervisorAction::none) co_return brought;
  brought.missing = back.missing;
  if (!posted)
    brought.failure = std::move(posted).error();
  else if (back.missing)
    brought.failure = Error{ErrorKind::unavailable, "Druid holds no supervisor"};
  else
    brought.failure = not_what_was_sent(id, back.diff);
  co_return brought;
}

}  // namespace

Pipeline with_true_proof(Pipeline pipeline) {
  // A pipeline the scan can't compile at all is told so when its scan starts.
  auto compiled = scan::Classifier::compile(pipeline);
  if (compiled && compiled->proof() == Proof::reported) pipeline.proof = Proof::reported;
  return pipeline;
}

std::int64_t version_in_force(const ledger::PipelineState& state) {
  const bool refused = state.refused_version == state.version && state.posted_version > 0;
  return refused ? state.posted_version : state.version;
}

Result<Pipeline> pipeline_of(const ledger::PipelineState& state, const std::string& name) {
  const std::int64_t version = version_in_force(state);
  if (version != state.version) return pipeline_of_version(state, name, version);
  return parse_document(state.document, name);
}

Result<Pipeline> pipeline_of_version(const ledger::PipelineState& state, const std::string& name,
                                     std::int64_t version) {
  const ledger::DeclaredVersion* known = ledger::find_version(state, version);
  if (known == nullptr)
    return fail(
        ErrorKind::not_found,
        fmt::format("pipeline '{}' has no version {}; it has {}", name, version,
                    state.versions.empty() ? std::string("none")
                                           : fmt::format("1 to {}", state.versions.size())));
  return parse_document(known->document, name);
}

runtime::Async<void> try_by_sampler(Doors& shell, Pipeline pipeline) {
  CO_TRY(JsonText desired, spec::render_supervisor(pipeline));
  CO_TRY(JsonText whole, spec::with_secrets(desired, shell.secrets));
  auto sample = co_await shell.druid.sample(sampler_spec(whole, Timestamps::as_declared));
  if (!sample && sample.error().kind == ErrorKind::invalid) {
    // One record whose time can't be read ends the whole sampling of Druid 33, where its tasks
    // count it as unparseable and go on: only what fails without reading times is the spec's fault.
    auto again = co_await shell.druid.sample(sampler_spec(whole, Timestamps::constant));
    if (again || again.error().kind != ErrorKind::invalid) sample = std::move(again);
  }
  if (!sample) {
    if (sample.error().kind == ErrorKind::invalid)
      co_return fail(ErrorKind::invalid,
                     fmt::format("Druid's sampler refuses the spec of pipeline '{}', nothing was "
                                 "changed: {}",
                                 pipeline.name, sample.error().message));
    co_return tl::unexpected<Error>(std::move(sample).error().within("trying the spec"));
  }
  if (sample->rows_read == 0 || sample->unparseable < sample->rows_read) co_return Result<void>{};
  co_return fail(
      ErrorKind::invalid,
      fmt::format("Druid can't parse any of the {} records it read from topic '{}' by this spec, "
                  "nothing was changed; the first says: {}",
                  sample->rows_read, pipeline.stream.topic,
                  sample->errors.empty() ? "(nothing)" : sample->errors.front()));
}

runtime::Async<void> restore_supervisor(Doors& shell, Pipeline pipeline, Audit audit) {
  CO_TRY(Brought brought, co_await bring(shell, std::move(pipeline), std::move(audit)));
  if (brought.failure) co_return tl::unexpected<Error>(*std::move(brought.failure));
  co_return Result<void>{};
}

runtime::Async<Applied> put_back(Doors& shell, std::string name, std::int64_t failed,
                                 std::string reason) {
  const ledger::PipelineState* known = shell.journal.find(name);
  invariant(known != nullptr, "only what is declared is rolled back");
  const std::int64_t target = reconcile::version_before(*known, failed);
  if (target > 0) {
    CO_TRY(const Pipeline before, pipeline_of_version(*known, name, target));
    Audit audit{"henge", fmt::format("version {} failed, back to {}", failed, target)};
    auto restored = co_await restore_supervisor(shell, before, std::move(audit));
    if (!restored)
      co_return tl::unexpected<Error>(
          std::move(restored).error().within(fmt::format("putting version {} back", target)));
  }
  ledger::SupervisorRolledBack event{failed, target, reason};
  CO_TRY_VOID(record(shell, name, {std::move(event)}));
  failpoint("apply.rolled_back");
  Applied applied{name, "rolled_back", target, std::move(reason)};
  co_return applied;
}

runtime::Async<Applied> post_declared(Doors& shell, Pipeline pipeline) {
  const ledger::PipelineState* known = shell.journal.find(pipeline.name);
  invariant(known != nullptr, "only what is declared is posted");
  if (auto frozen = freeze_refusal(shell.journal.state(), pipeline.name))
    co_return tl::unexpected<Error>(*std::move(frozen));
  const std::int64_t version = known->version;
  const std::string name = pipeline.name;
  CO_TRY(const Brought brought, co_await bring(shell, std::move(pipeline), audit_of(*known)));
  if (brought.failure) {
    const bool refused = brought.missing || brought.failure->kind == ErrorKind::invalid;
    if (!refused) co_return tl::unexpected<Error>(*brought.failure);
    co_return co_await put_back(shell, name, version, brought.failure->message);
  }
  CO_TRY_VOID(record(shell, name, {ledger::SupervisorPosted{version, brought.action}}));
  failpoint("apply.recorded");
  Applied applied{name, brought.action, version, ""};
  co_return applied;
}

}  // namespace henge::daemon
