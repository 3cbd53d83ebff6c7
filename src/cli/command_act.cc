// freeze, unfreeze, release: by the serving henge if one serves, else here.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/ledger_access.h"
#include "daemon/freeze.h"
#include "daemon/release.h"
#include "daemon/wiring.h"
#include "runtime/clock.h"
#include "runtime/system.h"

namespace henge::cli {
namespace {

using nlohmann::json;

// A missing ledger is never made for these.
Result<ledger::Journal> open_to_write(const Config& config) {
  TRY_VOID(open_ledger(config));
  return ledger::Journal::open(daemon::ledger_path(config), ledger::Mode::write);
}

Result<FreezeAnswer> set_here(const Config& config, const std::string& pipeline,
                              daemon::Freezing wanted, const std::string& reason) {
  TRY(auto journal, open_to_write(config));
  const spec::SecretSources secrets = daemon::process_secrets();
  TRY(auto druid, daemon::make_druid(config, secrets));
  const runtime::SystemClock clock;
  daemon::Troubles troubles;
  daemon::Doors doors{*druid, clock, journal, troubles, secrets};
  TRY(auto done, daemon::set_freeze(doors, pipeline, wanted, reason, runtime::who_am_i()));
  return FreezeAnswer{done.pipeline, wanted == daemon::Freezing::freeze, done.changed};
}

Result<FreezeAnswer> set_freeze(const Config& config, const std::string& pipeline,
                                daemon::Freezing wanted, const std::string& reason) {
  const bool freezes = wanted == daemon::Freezing::freeze;
  const json body{{"pipeline", pipeline}, {"reason", reason}, {"by", runtime::who_am_i()}};
  auto answer = ask_control(config, freezes ? "/v1/freeze" : "/v1/unfreeze", body.dump(),
                            std::chrono::seconds(30));
  if (!answer && answer.error().kind == ErrorKind::unavailable)
    return set_here(config, pipeline, wanted, reason);
  if (!answer) return tl::unexpected<Error>(std::move(answer).error());
  return FreezeAnswer{pipeline, freezes, json::parse(*answer).value("changed", true)};
}

ExitCode run_freezing(const std::optional<std::string>& pipeline, daemon::Freezing wanted,
                      const std::string& reason, const Config& config, const Console& console) {
  auto answer = set_freeze(config, pipeline.value_or(""), wanted, reason);
  if (!answer) return report(answer.error(), console);
  console.print(show_freeze_answer(*answer, console));
  return ExitCode::done;
}

Result<ReleaseAnswer> release_here(const Release& command, const Config& config,
                                   const Console& console) {
  TRY(auto journal, open_to_write(config));
  const spec::SecretSources secrets = daemon::process_secrets();
  TRY(auto druid, daemon::make_druid(config, secrets));
  const runtime::SystemClock clock;
  daemon::Troubles troubles;
  ReleaseAnswer answer;
  const auto fate = command.supervisor == Fate::terminate ? daemon::SupervisorFate::terminate
                                                          : daemon::SupervisorFate::keep;
  auto work = [&]() -> runtime::Async<void> {
    daemon::Doors doors{*druid, clock, journal, troubles, secrets};
    CO_TRY(auto done, co_await daemon::release_pipeline(doors, command.pipeline, fate,
                                                        {command.reason, runtime::who_am_i()}));
    answer = {done.pipeline, done.supervisor, done.changed};
    co_return Result<void>{};
  };
  TRY_VOID(run_with_progress(console, "Druid terminates the supervisor", work));
  return answer;
}

Result<ReleaseAnswer> release(const Release& command, const Config& config,
                              const Console& console) {
  const json body{{"pipeline", command.pipeline},
                  {"terminate", command.supervisor == Fate::terminate},
                  {"reason", command.reason},
                  {"by", runtime::who_am_i()}};
  auto text = ask_control(config, "/v1/release", body.dump(), std::chrono::minutes(5));
  // Out of reach may be the henge or the Druid behind it: only where nobody serves it is done here.
  if (!text && text.error().kind == ErrorKind::unavailable && !ask_serving(config).up)
    return release_here(command, config, console);
  if (!text) return tl::unexpected<Error>(std::move(text).error());
  const json answer = json::parse(*text);
  return ReleaseAnswer{command.pipeline, answer.value("supervisor", ""),
                       answer.value("changed", true)};
}

Result<ReleaseView> plan_release(const Release& command, const Config& config) {
  TRY(const ledger::Journal journal, open_ledger(config));
  TRY(const ledger::PipelineState* state, find_pipeline(journal.state(), command.pipeline));
  TRY(const Pipeline pipeline, daemon::pipeline_of(*state, command.pipeline));
  return release_view(command.pipeline, pipeline.datasource, *state,
                      command.supervisor == Fate::terminate);
}

}  // namespace

ExitCode run(const Freeze& command, const Config& config, const Console& console) {
  return run_freezing(command.pipeline, daemon::Freezing::freeze, command.reason, config, console);
}

ExitCode run(const Unfreeze& command, const Config& config, const Console& console) {
  return run_freezing(command.pipeline, daemon::Freezing::unfreeze, command.reason, config,
                      console);
}

ExitCode run(const Release& command, const Config& config, const Console& console) {
  auto plan = plan_release(command, config);
  if (!plan) return report(plan.error(), console);
  const std::string shown = show_release_plan(*plan, console);
  if (!console.json()) console.print(shown);
  if (command.confirm == Confirm::ask && !agreed("Release it?", shown, console))
    return ExitCode::changes;
  auto answer = release(command, config, console);
  if (!answer) return report(answer.error(), console);
  console.print(show_release_answer(*answer, console));
  return ExitCode::done;
}

}  // namespace henge::cli
