// What the command line asks of a running henge about loads, over its local socket.
#include <nlohmann/json.hpp>

#include "daemon/control_answer.h"
#include "daemon/delta_service.h"
#include "daemon/load_documents.h"
#include "daemon/load_json.h"

namespace henge::daemon {
namespace {

using nlohmann::json;
using runtime::json_response;
using runtime::ServerRequest;
using runtime::ServerResponse;

boost::asio::awaitable<ServerResponse> serve_load(Shell& shell, ServerRequest request,
                                                  LoadTrial trial) {
  auto asked = parse_request_json(request.body);
  if (!asked) co_return error_response(asked.error());
  const std::string pipeline = asked->pipeline;
  auto done = co_await ask_load(shell, std::move(*asked), trial);
  if (!done) co_return error_response(done.error());
  co_return json_response(200, asked_json(pipeline, *done));
}

struct Named {
  std::string pipeline, load, by, reason;
};

Result<Named> read_named(const std::string& body) {
  const json parsed = json::parse(body, nullptr, false);
  const auto text = [&](const char* field) {
    auto found = parsed.find(field);
    return found != parsed.end() && found->is_string() ? found->get<std::string>() : "";
  };
  if (!parsed.is_object()) return fail(ErrorKind::invalid, "expected a JSON object");
  return Named{text("pipeline"), text("load"), text("by"), text("reason")};
}

std::string waits_of(const Engine& engine, const std::string& pipeline, const std::string& load) {
  const Runner* runner = engine.find_runner(pipeline);
  if (runner == nullptr) return "the pipeline to be started";
  const auto& waits = runner->loader().waits();
  auto found = waits.find(load);
  return found == waits.end() ? "" : found->second;
}

boost::asio::awaitable<ServerResponse> serve_show(Shell& shell, const Engine& engine,
                                                  ServerRequest request) {
  auto named = read_named(request.body);
  if (!named) co_return error_response(named.error());
  const ledger::PipelineState* known = shell.journal.find(named->pipeline);
  const Error missing{ErrorKind::not_found,
                      "pipeline '" + named->pipeline + "' has no load '" + named->load + "'"};
  if (known == nullptr) co_return error_response(missing);
  auto load = known->loads.find(named->load);
  if (load == known->loads.end()) co_return error_response(missing);
  co_return json_response(
      200, load_json(named->pipeline, load->second, waits_of(engine, named->pipeline, named->load),
                     LoadDetail::whole));
}

using Act = Result<void> (*)(Doors&, const std::string&, const std::string&, const std::string&,
                             const std::string&);

boost::asio::awaitable<ServerResponse> serve_act(Shell& shell, ServerRequest request, Act act) {
  auto named = read_named(request.body);
  if (!named) co_return error_response(named.error());
  auto done = act(shell, named->pipeline, named->load, named->by, named->reason);
  if (!done) co_return error_response(done.error());
  co_return json_response(200, json{{"load", named->load}}.dump());
}

}  // namespace

void add_load_routes(runtime::Routes& routes, Shell& shell, Engine& engine) {
  routes.add("POST", "/v1/load", [&shell](ServerRequest request) {
    return serve_load(shell, std::move(request), LoadTrial::record);
  });
  routes.add("POST", "/v1/load/try", [&shell](ServerRequest request) {
    return serve_load(shell, std::move(request), LoadTrial::dry_run);
  });
  routes.add("POST", "/v1/load/show", [&shell, &engine](ServerRequest request) {
    return serve_show(shell, engine, std::move(request));
  });
  routes.add("POST", "/v1/load/cancel", [&shell](ServerRequest request) {
    return serve_act(shell, std::move(request), cancel_load);
  });
  routes.add("POST", "/v1/load/withdraw", [&shell](ServerRequest request) {
    return serve_act(shell, std::move(request), withdraw_load);
  });
  routes.add("POST", "/v1/load/retry", [&shell](ServerRequest request) {
    return serve_act(shell, std::move(request), retry_load);
  });
}

}  // namespace henge::daemon
