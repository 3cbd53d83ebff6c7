// offsets: what Kafka, Druid and the ledger say of each partition now. Changes nothing.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/ledger_access.h"
#include "cli/offsets_view.h"
#include "daemon/supervisor_change.h"
#include "daemon/wiring.h"
#include "runtime/clock.h"

namespace henge::cli {
namespace {

runtime::Async<void> ask(ports::Druid& druid, const ports::LookAtTopic& look_at_topic,
                         const Pipeline& pipeline, const ledger::PipelineState& state,
                         OffsetsView& view) {
  auto status = co_await druid.supervisor_status(supervisor_id(pipeline));
  offsets::DruidOffsets druid_offsets;
  if (status) {
    view.supervisor = status->state;
    druid_offsets = offsets::druid_offsets(*status);
  } else {
    if (status.error().kind == ErrorKind::cancelled)
      co_return tl::unexpected<Error>(std::move(status).error());
    view.supervisor = status.error().kind == ErrorKind::not_found ? "missing" : "unknown";
    view.notes.push_back("Druid: " + status.error().message);
  }
  auto wanted = offsets::records_wanted(state.partitions, druid_offsets);
  CO_TRY(const TopicLook look, co_await look_at_topic(pipeline, std::move(wanted)));
  view.report = offsets::judge(state.partitions, druid_offsets, look);
  add_found(view.report, state);
  view.retention = look.retention;
  view.retention_bytes = look.retention_bytes;
  view.now = look.at;
  co_return Result<void>{};
}

Result<OffsetsView> make_offsets(const Offsets& command, const Config& config,
                                 const Console& console) {
  TRY(const ledger::Journal journal, open_ledger(config));
  TRY(const ledger::PipelineState* state, find_pipeline(journal.state(), command.pipeline));
  TRY(const Pipeline pipeline, daemon::pipeline_of(*state, command.pipeline));
  OffsetsView view;
  view.pipeline = command.pipeline;
  view.topic = pipeline.stream.topic;
  if (pipeline.mirror.enabled) view.group = pipeline.mirror.group;
  view.frozen = freezes_of(journal.state(), command.pipeline);
  const spec::SecretSources secrets = daemon::process_secrets();
  TRY(auto druid, daemon::make_druid(config, secrets));
  runtime::BlockingPool pool(1);
  const daemon::TopicWatch watch = daemon::kafka_watch(config, secrets, pool);
  auto work = [&]() -> runtime::Async<void> {
    return ask(*druid, watch.look, pipeline, *state, view);
  };
  TRY_VOID(run_with_progress(console, "asking Druid and Kafka", work));
  return view;
}

}  // namespace

ExitCode run(const Offsets& command, const Config& config, const Console& console) {
  auto view = make_offsets(command, config, console);
  if (!view) return report(view.error(), console);
  console.print(show_offsets(*view, console));
  return needs_care(view->report.worst) ? ExitCode::changes : ExitCode::done;
}

}  // namespace henge::cli
