#include "daemon/shell.h"

#include <stdexcept>

#include "ledger/describe.h"
#include "runtime/log.h"

namespace henge::daemon {

using runtime::LogLevel;

void Troubles::set(const std::string& what, const Error& error, Instant now) {
  auto [known, fresh] = all_.try_emplace(what, Trouble{error.message, now});
  if (!fresh && known->second.message == error.message) return;
  known->second.message = error.message;
  runtime::log(LogLevel::warning, "trouble",
               {{"what", what}, {"kind", to_string(error.kind)}, {"error", error.message}});
}

void Troubles::clear(const std::string& what, Instant now) {
  auto known = all_.find(what);
  if (known == all_.end()) return;
  runtime::log(LogLevel::info, "trouble is over",
               {{"what", what}, {"lasted", humanize(now - known->second.since)}});
  all_.erase(known);
}

namespace {

bool declares(const std::vector<ledger::Body>& events) {
  return !events.empty() && std::holds_alternative<ledger::PipelineDeclared>(events.front());
}

// The disk failed, or somebody else writes the ledger: what it holds is known again only to a
// process that reads it anew, and no append of this one will ever succeed.
bool needs_new_start(ErrorKind kind) {
  return kind == ErrorKind::unknown_outcome || kind == ErrorKind::conflict;
}

}  // namespace

Result<void> record(Doors& shell, const std::string& pipeline,
                    const std::vector<ledger::Body>& events) {
  const Instant now = shell.clock.now();
  // A round that was under way when a person let the pipeline go: nothing of it counts any more.
  const ledger::PipelineState* known = shell.journal.find(pipeline);
  if (known != nullptr && known->released && !declares(events))
    return fail(ErrorKind::cancelled, "the pipeline was released");
  auto done = shell.journal.append(pipeline, events, now);
  if (!done) {
    shell.troubles.set("ledger", done.error(), now);
    if (needs_new_start(done.error().kind)) throw std::runtime_error(done.error().message);
    return done;
  }
  shell.troubles.clear("ledger", now);
  for (const auto& body : events) {
    // Scans are the heartbeat, not the news.
    bool news = !std::holds_alternative<ledger::ScanAdvanced>(body);
    runtime::log(news ? LogLevel::info : LogLevel::debug, ledger::describe(body),
                 {{"pipeline", pipeline}});
  }
  return {};
}

std::string delta_folder(const Settings& settings, const std::string& pipeline) {
  return settings.state_folder + "/delta/" + pipeline;
}

}  // namespace henge::daemon
