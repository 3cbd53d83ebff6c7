#include "daemon/apply.h"

#include <fmt/format.h>

#include "daemon/freeze.h"
#include "daemon/quiesce.h"
#include "runtime/failpoint.h"
#include "runtime/system.h"
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

// Released with its supervisor kept: what the ledger counted still holds, and counting goes on
// where it was. What came into the datasource meanwhile shows in the counts.
bool goes_on(const ledger::PipelineState* known) {
  return known != nullptr && known->released && known->release &&
         known->release->supervisor == "kept";
}

// Which tasks an update stops, and how much they have in hand.
void note_restarts(const SupervisorStatus& status, PipelinePlan& plan) {
  for (const auto& task : status.active) {
    plan.restarts.push_back(task.id);
    if (task.start_time)
      plan.rereads_max = std::max(plan.rereads_max, status.generated_at - *task.start_time);
  }
}

}  // namespace

Result<Declaration> read_declaration(const std::string& source, std::string document) {
  auto parsed = spec::parse_pipelines(source, document);
  if (has_errors(parsed.diagnostics) || parsed.pipelines.size() != 1)
    return fail(ErrorKind::invalid, parsed.diagnostics.empty()
                                        ? "expected one pipeline a document"
                                        : to_text(parsed.diagnostics.front()));
  return Declaration{std::move(parsed.pipelines.front().pipeline), std::move(document)};
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
  plan.declared = known != nullptr && known->version > 0 && !known->released;
  const spec::SealEstimates estimates;
  plan.promise = spec::seal_promise(pipeline, estimates);
  plan.promise_text = spec::to_text(plan.promise, pipeline);
  plan.warnings = spec::check_timing(pipeline, estimates);
  if (!plan.declared && !goes_on(known)) {
    CO_TRY(plan.refusal, co_await foreign_writer(druid, pipeline, live.has_value()));
    co_return plan;
  }
  plan.version = known->version;
  if (known->releasing) {
    plan.refusal = Error{
        ErrorKind::refused,
        fmt::format("it is being released, as {} asked: its supervisor is about to be terminated",
                    known->releasing->by)};
    co_return plan;
  }
  CO_TRY(Pipeline before, pipeline_of(*known, pipeline.name));
  plan.settings_change = !(before == pipeline) || known->posted_version != known->version;
  if (auto frozen = frozen_changes(before, pipeline); !frozen.empty())
    plan.refusal =
        Error{ErrorKind::refused, fmt::format("{} can't change while the datasource's rows are "
                                              "counted by it; declare a new pipeline with "
                                              "a datasource of its own",
                                              fmt::join(frozen, ", "))};
  if (known->posted_version == known->version || known->refused_version == known->version) {
    CO_TRY(JsonText held, spec::render_supervisor(before));
    CO_TRY(auto drift, spec::diff_supervisor(held, live));
    if (drift.action != spec::SupervisorAction::none) plan.drift = std::move(drift);
  }
  if (plan.supervisor.action == spec::SupervisorAction::update_restart) {
    auto status = co_await druid.supervisor_status(supervisor_id(pipeline));
    if (status) note_restarts(*status, plan);
  }
  co_return plan;
}

namespace {

// What a plan rests on in the ledger.
struct Standing {
  std::int64_t version = 0;
  std::string incarnation;
  bool let_go = false;
  bool operator==(const Standing&) const = default;
};

Standing standing_of(const Doors& shell, const std::string& name) {
  const ledger::PipelineState* known = shell.journal.find(name);
  if (known == nullptr) return {};
  return {known->version, known->incarnation, known->released || known->releasing};
}

}  // namespace

runtime::Async<Applied> apply_pipeline(Doors& shell, Declaration declaration, Change change) {
  const Pipeline& pipeline = declaration.pipeline;
  if (auto frozen = freeze_refusal(shell.journal.state(), pipeline.name))
    co_return tl::unexpected<Error>(*std::move(frozen));
  const Standing before = standing_of(shell, pipeline.name);
  CO_TRY(PipelinePlan plan,
         co_await plan_pipeline(shell.druid, shell.journal.find(pipeline.name), pipeline));
  if (plan.refusal) co_return tl::unexpected<Error>(*plan.refusal);
  if (!plan.changes()) {
    Applied unchanged{pipeline.name, "unchanged", plan.version, ""};
    co_return unchanged;
  }
  if (plan.supervisor.action != spec::SupervisorAction::none) {
    CO_TRY_VOID(co_await try_by_sampler(shell, pipeline));
  }
  // Again after the awaits: a person may have said stop, a round that was under way may have opened
  // a window, and the ledger decides what is declared.
  if (auto frozen = freeze_refusal(shell.journal.state(), pipeline.name))
    co_return tl::unexpected<Error>(*std::move(frozen));
  if (standing_of(shell, pipeline.name) != before)
    co_return fail(ErrorKind::refused,
                   fmt::format("'{}' was declared or released by somebody else meanwhile; plan "
                               "again",
                               pipeline.name));
  const ledger::PipelineState* known = shell.journal.find(pipeline.name);
  CO_TRY_VOID(must_not_be_held(known, pipeline.name));
  const bool again = known == nullptr || known->released ||
                     known->refused_version == known->version ||
                     known->document != declaration.document;
  if (again) {
    CO_TRY(JsonText desired, spec::render_supervisor(pipeline));
    ledger::PipelineDeclared event;
    event.version = known == nullptr ? 1 : known->version + 1;
    event.document = declaration.document;
    event.fingerprint = spec::fingerprint(desired);
    event.reason = std::move(change.reason);
    event.by = std::move(change.by);
    const bool fresh = known == nullptr || (known->released && !goes_on(known));
    event.incarnation = fresh ? runtime::random_hex(8) : known->incarnation;
    CO_TRY_VOID(record(shell, pipeline.name, {std::move(event)}));
  }
  failpoint("apply.declared");
  co_return co_await post_declared(shell, pipeline);
}

}  // namespace henge::daemon
