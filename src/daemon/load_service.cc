// What the command line asks of a running henge about loads, over its local socket.
#include <mutex>
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

// How far sources are read, by the ticket that whoever asked for the load made up.
class Readings {
 public:
  void set(const std::string& ticket, const ReadingProgress& progress) {
    const std::lock_guard lock(mutex_);
    readings_[ticket] = progress;
  }
  void remove(const std::string& ticket) {
    const std::lock_guard lock(mutex_);
    readings_.erase(ticket);
  }
  std::optional<ReadingProgress> find(const std::string& ticket) {
    const std::lock_guard lock(mutex_);
    auto found = readings_.find(ticket);
    return found == readings_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::mutex mutex_;  // files are read on the threads of the pool
  std::map<std::string, ReadingProgress> readings_;
};

std::string ticket_of(const std::string& body) {
  const json parsed = json::parse(body, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("ticket") || !parsed["ticket"].is_string()) return "";
  return parsed["ticket"];
}

boost::asio::awaitable<ServerResponse> serve_load(Shell& shell, std::shared_ptr<Readings> readings,
                                                  ServerRequest request, LoadTrial trial) {
  auto asked = parse_request_json(request.body);
  if (!asked) co_return error_response(asked.error());
  const std::string pipeline = asked->pipeline;
  const std::string ticket = ticket_of(request.body);
  TellReading tell = [readings, ticket](const ReadingProgress& progress) {
    if (!ticket.empty()) readings->set(ticket, progress);
  };
  auto done = co_await ask_load(shell, std::move(*asked), trial, std::move(tell));
  readings->remove(ticket);
  if (!done) co_return error_response(done.error());
  co_return json_response(200, asked_json(pipeline, *done));
}

boost::asio::awaitable<ServerResponse> serve_reading(std::shared_ptr<Readings> readings,
                                                     ServerRequest request) {
  const auto found = readings->find(ticket_of(request.body));
  if (!found) co_return error_response({ErrorKind::not_found, "nothing is read for that ticket"});
  co_return json_response(200, json{{"files", found->files},
                                    {"files_total", found->files_total},
                                    {"bytes", found->bytes},
                                    {"bytes_total", found->bytes_total},
                                    {"rows", found->rows}}
                                   .dump());
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
  auto readings = std::make_shared<Readings>();
  routes.add("POST", "/v1/load", [&shell, readings](ServerRequest request) {
    return serve_load(shell, readings, std::move(request), LoadTrial::record);
  });
  routes.add("POST", "/v1/load/try", [&shell, readings](ServerRequest request) {
    return serve_load(shell, readings, std::move(request), LoadTrial::dry_run);
  });
  routes.add("POST", "/v1/load/reading", [readings](ServerRequest request) {
    return serve_reading(readings, std::move(request));
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
