// serve, and the ledger's own commands.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/text_width.h"
#include "daemon/wiring.h"
#include "ledger/export.h"
#include "ledger/journal.h"
#include "runtime/log.h"

namespace henge::cli {

ExitCode run(const Serve&, const Config& config, const Console& console) {
  auto ready = [&](const std::string& delta_url) {
    runtime::log(
        runtime::LogLevel::info, "serving",
        {{"version", HENGE_VERSION}, {"state", config.state_directory}, {"delta", delta_url}});
  };
  auto done = daemon::serve(config, ready);
  if (!done) return report(done.error(), console);
  runtime::log(runtime::LogLevel::info, "stopped");
  return ExitCode::done;
}

namespace {

Result<ledger::Verification> verify(const Config& config) {
  TRY(ledger::Store store, ledger::Store::open(daemon::ledger_path(config), ledger::Mode::read));
  TRY(ledger::Verification found, store.verify());
  if (!found.faults.empty()) return found;
  // The bytes are sound; do they also add up?
  auto journal = ledger::Journal::open(daemon::ledger_path(config), ledger::Mode::read);
  if (!journal) found.faults.push_back({0, journal.error().message});
  return found;
}

}  // namespace

ExitCode run(const LedgerVerify&, const Config& config, const Console& console) {
  auto found = verify(config);
  if (!found) return report(found.error(), console);
  if (console.json()) {
    nlohmann::ordered_json faults = nlohmann::ordered_json::array();
    for (const auto& f : found->faults)
      faults.push_back({{"sequence", f.sequence}, {"message", f.message}});
    nlohmann::ordered_json body{{"ledger", daemon::ledger_path(config)},
                                {"records", found->records},
                                {"sound", found->faults.empty()},
                                {"faults", faults}};
    console.print(body.dump(2) + "\n");
  } else if (found->faults.empty()) {
    console.print(fmt::format("{}: sound, {} records, every one folds\n",
                              daemon::ledger_path(config), thousands(found->records)));
  } else {
    for (const auto& f : found->faults)
      console.print(console.style.paint(Tone::bad,
                                        daemon::ledger_path(config) + ": " + printable(f.message)) +
                    "\n");
  }
  return found->faults.empty() ? ExitCode::done : ExitCode::error;
}

ExitCode run(const LedgerExport& command, const Config& config, const Console& console) {
  auto store = ledger::Store::open(daemon::ledger_path(config), ledger::Mode::read);
  if (!store) return report(store.error(), console);
  auto done = store->read(command.from, [&](const ledger::Record& record) -> Result<void> {
    console.print(ledger::to_json_line(record) + "\n");
    return {};
  });
  return done ? ExitCode::done : report(done.error(), console);
}

}  // namespace henge::cli
