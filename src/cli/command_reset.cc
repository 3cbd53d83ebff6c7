// offsets reset: shows what it would do, asks, and has the serving henge do it.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/ledger_access.h"
#include "cli/offsets_view.h"
#include "cli/progress.h"
#include "cli/reset_view.h"
#include "daemon/supervisor_change.h"
#include "daemon/wiring.h"
#include "kafka/offsets.h"
#include "runtime/clock.h"
#include "runtime/system.h"

namespace henge::cli {
namespace {

using nlohmann::json;

constexpr Millis kafka_deadline = std::chrono::seconds(10);

// What Kafka and Druid say now.
struct Asked {
  offsets::Report report;
  PartitionOffsets at_time;
};

Result<PartitionOffsets> offsets_at(const Config& config, const Pipeline& pipeline, Instant at,
                                    const offsets::Report& report) {
  TRY(const auto properties, daemon::kafka_properties(config, pipeline, daemon::process_secrets()));
  TRY(const auto reader, kafka::TopicReader::connect(properties));
  std::vector<std::int32_t> partitions;
  for (const auto& row : report.rows)
    if (row.end) partitions.push_back(row.partition);
  return reader->offsets_at(pipeline.stream.topic, partitions, at, kafka_deadline);
}

Result<Asked> ask(const ResetOffsets& command, const Config& config, const Pipeline& pipeline,
                  const ledger::PipelineState& state, const Console& console) {
  const spec::SecretSources secrets = daemon::process_secrets();
  TRY(auto druid, daemon::make_druid(config, secrets));
  runtime::BlockingPool pool(1);
  const daemon::TopicWatch watch = daemon::kafka_watch(config, secrets, pool);
  Asked asked;
  auto work = [&]() -> runtime::Async<void> {
    CO_TRY(const auto status, co_await druid->supervisor_status(supervisor_id(pipeline)));
    const auto positions = offsets::druid_offsets(status);
    auto wanted = offsets::records_wanted(state.partitions, positions);
    CO_TRY(const TopicLook look, co_await watch.look(pipeline, std::move(wanted)));
    asked.report = offsets::judge(state.partitions, positions, look);
    add_found(asked.report, state);
    co_return Result<void>{};
  };
  TRY_VOID(run_with_progress(console, "asking Druid and Kafka", work));
  if (const auto* time = std::get_if<offsets::ToTime>(&command.to)) {
    TRY(asked.at_time, offsets_at(config, pipeline, time->at, asked.report));
  }
  return asked;
}

Result<ResetView> make_plan(const ResetOffsets& command, const Config& config,
                            const Console& console) {
  TRY(const ledger::Journal journal, open_ledger(config));
  TRY(const ledger::PipelineState* state, find_pipeline(journal.state(), command.pipeline));
  TRY(const Pipeline pipeline, daemon::pipeline_of(*state, command.pipeline));
  TRY(const Asked asked, ask(command, config, pipeline, *state, console));
  ResetView view{command.pipeline, offsets::to_string(command.to), {}, std::nullopt};
  TRY(view.plan, offsets::plan_reset(command.to, asked.report, asked.at_time));
  return view;
}

json by_partition(const PartitionOffsets& offsets) {
  json out = json::object();
  for (const auto& [partition, offset] : offsets) out[std::to_string(partition)] = offset;
  return out;
}

Result<std::int64_t> send(const ResetOffsets& command, const ResetView& view,
                          const Config& config) {
  const json body{{"pipeline", command.pipeline},
                  {"to", view.to},
                  {"targets", by_partition(view.plan.targets())},
                  {"before", by_partition(view.plan.before())},
                  {"anew", view.plan.anew},
                  {"reason", command.reason},
                  {"by", runtime::who_am_i()}};
  auto answer = ask_control(config, "/v1/offsets/reset", body.dump(), std::chrono::seconds(60));
  if (!answer && answer.error().kind == ErrorKind::unavailable && !ask_serving(config).up)
    return fail(ErrorKind::refused,
                "no henge serves this ledger, and a reset needs its scan to keep the counts right; "
                "start `henge serve` first");
  if (!answer) return tl::unexpected<Error>(std::move(answer).error());
  return json::parse(*answer).value("number", std::int64_t{0});
}

const char* doing(const std::optional<ledger::ResetState>& reset) {
  if (!reset) return "the reset begins";
  switch (reset->phase) {
    case ledger::ResetPhase::intended:
      return "the supervisor is suspended, its tasks publish";
    case ledger::ResetPhase::quiesced:
      return "the records between the old and the new offsets are read";
    case ledger::ResetPhase::measured:
      return "Druid is told the new offsets";
    case ledger::ResetPhase::done:
      return "the supervisor is resumed";
    case ledger::ResetPhase::ended:
      break;
  }
  return "done";
}

// Follows the ledger until the reset of that number has ended.
Result<void> follow(const Config& config, std::int64_t number, ResetView& view,
                    const Console& console) {
  TRY(ledger::Journal journal, open_ledger(config));
  const runtime::SystemClock clock;
  Progress progress(clock.now(), console.err);
  auto tick = [&] {
    console.complain(progress.update(clock.now(), Step{doing(view.done), 0, std::nullopt}));
  };
  auto work = [&]() -> runtime::Async<void> {
    for (;;) {
      CO_TRY_VOID(journal.catch_up());
      const ledger::PipelineState* state = journal.find(view.pipeline);
      if (state != nullptr && state->reset && state->reset->intent.number == number)
        view.done = state->reset;
      if (view.done && !view.done->under_way()) co_return Result<void>{};
      CO_TRY_VOID(co_await runtime::sleep_for(Millis(500)));
    }
  };
  auto done = daemon::run_to_end(work, tick);
  console.complain(progress.clear());
  return done;
}

}  // namespace

ExitCode run(const ResetOffsets& command, const Config& config, const Console& console) {
  auto view = make_plan(command, config, console);
  if (!view) return report(view.error(), console);
  const std::string shown = show_reset_plan(*view, console);
  if (!console.json()) console.print(shown);
  if (command.confirm == Confirm::ask && !agreed("Reset the offsets?", shown, console))
    return ExitCode::changes;
  auto number = send(command, *view, config);
  if (!number) return report(number.error(), console);
  auto followed = follow(config, *number, *view, console);
  if (!followed) {
    console.complain("The reset goes on by itself; `henge explain " + view->pipeline +
                     "` shows how far it is.\n");
    return report(followed.error(), console);
  }
  console.print(show_reset_done(*view, console));
  return view->done && view->done->error.empty() ? ExitCode::done : ExitCode::error;
}

}  // namespace henge::cli
