#include "daemon/apply.h"

#include <fmt/format.h>

#include "runtime/failpoint.h"
#include "runtime/system.h"
#include "scan/classify.h"
#include "spec/fingerprint.h"
#include "spec/parse.h"
#include "spec/render_supervisor.h"

namespace henge::daemon {

using runtime::failpoint;

namespace {

constexpr Interval eternity{instant_of_ms(-62'135'596'800'000), instant_of_ms(253'402'300'800'000)};

// A datasource that something else feeds can't be counted: its rows are not the ones the topic
// holds.
runtime::Async<std::optional<Error>> foreign_writer(ports::Druid& druid, Pipeline pipeline,
                                                    bool supervisor_exists) {
  const std::string& ds = pipeline.datasource;
  if (supervisor_exists)
    co_return Error{ErrorKind::refused, fmt::format("datasource '{}' already has a supervisor that "
                                                    "this ledger did not create; choose another "
                                                    "datasource, or use the ledger that created it",
                                                    ds)};
  std::vector<Interval> all{eternity};
  CO_TRY(auto segments, co_await druid.used_segments(ds, all));
  if (!segments.empty())
    co_return Error{
        ErrorKind::refused,
        fmt::format("datasource '{}' already holds {} segments that this ledger did not write, so "
                    "its rows could "
                    "not be proved; choose another datasource or mark them unused first",
                    ds, segments.size())};
  CO_TRY(auto tasks, co_await druid.active_tasks(ds));
  if (!tasks.empty())
    co_return Error{ErrorKind::refused,
                    fmt::format("task {} is writing datasource '{}'; wait for it or stop it first",
                                tasks.front().id, ds)};
  co_return std::nullopt;
}

}  // namespace

Pipeline with_true_proof(Pipeline pipeline) {
  // A pipeline the scan can't compile at all is told so when its scan starts.
  auto compiled = scan::Classifier::compile(pipeline);
  if (compiled && compiled->proof() == Proof::reported) pipeline.proof = Proof::reported;
  return pipeline;
}

Result<Pipeline> pipeline_of(const ledger::PipelineState& state, const std::string& name) {
  auto parsed = spec::parse_pipelines("ledger", state.document);
  for (auto& p : parsed.pipelines)
    if (p.pipeline.name == name && p.usable) return with_true_proof(std::move(p.pipeline));
  std::string why = parsed.diagnostics.empty() ? "it is not in the document"
                                               : to_text(parsed.diagnostics.front());
  return fail(ErrorKind::corrupt,
              fmt::format("pipeline '{}' can't be read from the ledger: {}", name, why));
}

std::vector<std::string> frozen_changes(const Pipeline& before, const Pipeline& after) {
  std::vector<std::string> out;
  auto check = [&](bool same, const char* field) {
    if (!same) out.emplace_back(field);
  };
  check(before.datasource == after.datasource, "spec.datasource");
  check(before.stream.topic == after.stream.topic, "spec.stream.topic");
  check(before.stream.input_format == after.stream.input_format, "spec.stream.inputFormat");
  check(before.schema.timestamp == after.schema.timestamp, "spec.schema.timestamp");
  check(before.schema.filter == after.schema.filter, "spec.schema.filter");
  check(before.schema.transforms == after.schema.transforms || before.schema.filter.empty(),
        "spec.schema.transforms");
  check(before.schema.segment_granularity == after.schema.segment_granularity,
        "spec.schema.segmentGranularity");
  check(before.schema.count_metric == after.schema.count_metric,
        "spec.schema.metrics (the count metric)");
  check(before.rule.lateness == after.rule.lateness, "spec.lateness");
  check(before.rule.earliness == after.rule.earliness, "spec.earliness");
  return out;
}

runtime::Async<PipelinePlan> plan_pipeline(ports::Druid& druid, const ledger::PipelineState* known,
                                           Pipeline pipeline) {
  PipelinePlan plan;
  pipeline = with_true_proof(std::move(pipeline));
  plan.pipeline = pipeline.name;
  CO_TRY(JsonText desired, spec::render_supervisor(pipeline));
  CO_TRY(auto live, co_await druid.supervisor_spec(supervisor_id(pipeline)));
  CO_TRY(plan.supervisor, spec::diff_supervisor(desired, live));
  plan.declared = known != nullptr && known->version > 0;
  const spec::SealEstimates estimates;
  plan.promise = spec::seal_promise(pipeline, estimates);
  plan.promise_text = spec::to_text(plan.promise, pipeline);
  plan.warnings = spec::check_timing(pipeline, estimates);
  if (!plan.declared) {
    CO_TRY(plan.refusal, co_await foreign_writer(druid, pipeline, live.has_value()));
    co_return plan;
  }
  plan.version = known->version;
  CO_TRY(Pipeline before, pipeline_of(*known, pipeline.name));
  plan.settings_change = !(before == pipeline) || known->posted_version != known->version;
  if (auto frozen = frozen_changes(before, pipeline); !frozen.empty())
    plan.refusal =
        Error{ErrorKind::refused, fmt::format("{} can't change while the datasource's rows are "
                                              "counted by it; declare a new pipeline with "
                                              "a datasource of its own",
                                              fmt::join(frozen, ", "))};
  if (plan.supervisor.action == spec::SupervisorAction::update_restart) {
    auto status = co_await druid.supervisor_status(supervisor_id(pipeline));
    if (status)
      for (const auto& task : status->active) plan.restarts.push_back(task.id);
  }
  co_return plan;
}

runtime::Async<Applied> post_declared(Doors& shell, Pipeline pipeline) {
  const ledger::PipelineState* known = shell.journal.find(pipeline.name);
  invariant(known != nullptr, "only what is declared is posted");
  const std::int64_t version = known->version;
  Applied applied{pipeline.name, "unchanged", version};
  CO_TRY(JsonText desired, spec::render_supervisor(pipeline));
  CO_TRY(auto live, co_await shell.druid.supervisor_spec(supervisor_id(pipeline)));
  CO_TRY(auto diff, spec::diff_supervisor(desired, live));
  if (diff.action != spec::SupervisorAction::none) {
    applied.action = diff.action == spec::SupervisorAction::create ? "created" : "updated";
    // Somebody suspended it for a reason: an update keeps it suspended.
    if (diff.suspended) {
      CO_TRY(desired, spec::with_suspended(desired, true));
    }
    CO_TRY(JsonText sent, spec::with_secrets(desired, shell.secrets));
    CO_TRY_VOID(co_await shell.druid.post_supervisor(std::move(sent), Audit{}));
    failpoint("apply.posted");
    CO_TRY(auto after, co_await shell.druid.supervisor_spec(supervisor_id(pipeline)));
    CO_TRY(auto left, spec::diff_supervisor(desired, after));
    if (left.action != spec::SupervisorAction::none)
      co_return fail(ErrorKind::conflict,
                     fmt::format("supervisor '{}' is not what was sent: {} differs; somebody else "
                                 "writes it, or this Druid "
                                 "ignores the field",
                                 supervisor_id(pipeline),
                                 left.changes.empty() ? "it" : left.changes.front().path));
  }
  CO_TRY_VOID(record(shell, pipeline.name, {ledger::SupervisorPosted{version, applied.action}}));
  failpoint("apply.recorded");
  co_return applied;
}

runtime::Async<Applied> apply_pipeline(Doors& shell, Declaration declaration, std::string reason) {
  const Pipeline& pipeline = declaration.pipeline;
  CO_TRY(PipelinePlan plan,
         co_await plan_pipeline(shell.druid, shell.journal.find(pipeline.name), pipeline));
  if (plan.refusal) co_return tl::unexpected<Error>(*plan.refusal);
  if (!plan.changes()) co_return Applied{pipeline.name, "unchanged", plan.version};
  // Again after the awaits: the ledger decides what is declared.
  const ledger::PipelineState* known = shell.journal.find(pipeline.name);
  if (known == nullptr || known->document != declaration.document) {
    CO_TRY(JsonText desired, spec::render_supervisor(pipeline));
    ledger::PipelineDeclared event;
    event.version = known == nullptr ? 1 : known->version + 1;
    event.document = declaration.document;
    event.fingerprint = spec::fingerprint(desired);
    event.reason = std::move(reason);
    event.incarnation = known == nullptr ? runtime::random_hex(8) : known->incarnation;
    CO_TRY_VOID(record(shell, pipeline.name, {std::move(event)}));
  }
  failpoint("apply.declared");
  co_return co_await post_declared(shell, pipeline);
}

}  // namespace henge::daemon
