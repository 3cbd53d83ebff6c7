#include "cli/ledger_access.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "daemon/wiring.h"
#include "runtime/control.h"

namespace henge::cli {

using nlohmann::json;

Result<ledger::Journal> open_ledger(const Config& config) {
  const std::string path = daemon::ledger_path(config);
  if (!std::filesystem::exists(path))
    return fail(
        ErrorKind::not_found,
        fmt::format(
            "{}: no ledger here; `henge apply FILES` makes one, --state-dir names another folder",
            path));
  return ledger::Journal::open(path, ledger::Mode::read);
}

Result<const ledger::PipelineState*> find_pipeline(const ledger::State& state,
                                                   const std::string& name) {
  auto found = state.pipelines.find(name);
  if (found != state.pipelines.end()) return &found->second;
  std::string known;
  for (const auto& [other, unused] : state.pipelines) known += (known.empty() ? "" : ", ") + other;
  return fail(ErrorKind::not_found, fmt::format("pipeline '{}' is not in the ledger; it knows {}",
                                                name, known.empty() ? "none" : known));
}

Serving ask_serving(const Config& config) {
  Serving serving;
  auto answer = runtime::call_control(daemon::socket_path(config), "GET", "/v1/health", "",
                                      std::chrono::seconds(3));
  if (!answer || answer->status != 200) return serving;
  serving.up = true;
  auto body = json::parse(answer->body, nullptr, false);
  if (!body.is_object()) return serving;
  for (const auto& t : body.value("troubles", json::array()))
    serving.troubles.push_back({t.value("what", ""), t.value("message", ""), t.value("since", "")});
  return serving;
}

Result<std::string> ask_control(const Config& config, const std::string& path,
                                const std::string& body, Millis deadline) {
  return read_control(
      runtime::call_control(daemon::socket_path(config), "POST", path, body, deadline), path);
}

Result<std::string> read_control(const Result<runtime::HttpResponse>& got,
                                 const std::string& path) {
  TRY(const runtime::HttpResponse answer, got);
  const json parsed = json::parse(answer.body, nullptr, false);
  if (parsed.is_object() && parsed.contains("error") && parsed["error"].is_object()) {
    const json& error = parsed["error"];
    return fail(error_kind_of(error.value("kind", "")), error.value("message", ""));
  }
  if (answer.status != 200 || !parsed.is_object())
    return fail(ErrorKind::internal, fmt::format("the serving henge answered {} to {}: {}",
                                                 answer.status, path, answer.body.substr(0, 300)));
  return answer.body;
}

}  // namespace henge::cli
