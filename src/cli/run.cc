// From the arguments to the end of the program.
#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/diagnostics_view.h"
#include "cli/progress.h"
#include "cli/text_width.h"
#include "daemon/wiring.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/system.h"
#include "spec/config.h"

namespace henge::cli {
namespace {

runtime::LogLevel log_level(LogLevel level) {
  switch (level) {
    case LogLevel::trace:
    case LogLevel::debug:
      return runtime::LogLevel::debug;
    case LogLevel::info:
      return runtime::LogLevel::info;
    case LogLevel::warn:
      return runtime::LogLevel::warning;
    case LogLevel::error:
      return runtime::LogLevel::error;
  }
  return runtime::LogLevel::info;
}

// The file, over it what the command line and the environment say.
std::optional<Config> load_config(const Options& options, const Console& console) {
  Config config;
  if (options.config) {
    spec::ParsedConfig parsed = spec::load_config(*options.config);
    if (!parsed.diagnostics.empty())
      console.complain(view_diagnostics(parsed.diagnostics, console));
    if (has_errors(parsed.diagnostics)) return std::nullopt;
    config = std::move(parsed.config);
  }
  if (options.state_directory) config.state_directory = *options.state_directory;
  if (options.druid_url) {
    config.druid.url = *options.druid_url;
    config.druid.overlord = config.druid.coordinator = config.druid.broker = "";
  }
  return config;
}

}  // namespace

Result<void> run_with_progress(const Console& console, const std::string& doing,
                               const std::function<runtime::Async<void>()>& work) {
  const runtime::SystemClock clock;
  Progress progress(clock.now(), console.err);
  auto tick = [&] { console.complain(progress.update(clock.now(), Step{doing, 0, std::nullopt})); };
  auto done = daemon::run_to_end(work, tick);
  console.complain(progress.clear());
  return done;
}

namespace {

bool says_yes(std::string_view question, const Console& console) {
  if (!console.err.interactive) return false;
  std::fflush(stdout);  // what is asked about goes first, also through a pipe
  console.complain(fmt::format("\n{} Only `yes` does: ", question));
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "yes";
}

}  // namespace

bool agreed(std::string_view question, const std::string& plan, const Console& console) {
  if (says_yes(question, console)) return true;
  if (console.json()) console.print(plan);
  console.complain("Nothing was changed. In scripts, say --yes.\n");
  return false;
}

ExitCode report(const Error& error, const Console& console) {
  if (console.json()) {
    nlohmann::ordered_json body{
        {"error", {{"kind", to_string(error.kind)}, {"message", error.message}}}};
    console.print(body.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  } else {
    console.complain(console.style.paint(Tone::bad, "error:") + " " + printable(error.message) +
                     "\n");
  }
  return exit_code_of(error);
}

int main_of(int argc, const char* const* argv) {
  // A file-size limit is a full disk, told by an error; not a reason to be killed.
  std::signal(SIGXFSZ, SIG_IGN);
  const Environment environment = runtime::environment_variable;
  auto parsed = parse_command_line(argc, argv, environment);
  if (const auto* now = std::get_if<ExitNow>(&parsed)) {
    std::fputs(now->text.c_str(), now->code == 0 ? stdout : stderr);
    return now->code;
  }
  const Options& options = std::get<Options>(parsed);
  Console console;
  console.output = options.output;
  console.out = terminal_of(Stream::out, environment);
  console.err = terminal_of(Stream::err, environment);
  console.style = Style(colour_wanted(options.colour, console.out, environment));
  auto config = load_config(options, console);
  if (!config) return to_int(ExitCode::error);
  const bool serves = std::holds_alternative<Serve>(options.command);
  // Commands say what they have to say by themselves; only the server's life is told by its log.
  runtime::LogLevel level = serves ? log_level(config->log.level) : runtime::LogLevel::off;
  runtime::log_setup(options.log_level.value_or(level), config->log.format == LogFormat::json
                                                            ? runtime::LogFormat::json
                                                            : runtime::LogFormat::text);
  ExitCode code = std::visit([&](const auto& command) { return run(command, *config, console); },
                             options.command);
  if (std::fflush(stdout) != 0) return to_int(ExitCode::error);
  return to_int(code);
}

}  // namespace henge::cli
