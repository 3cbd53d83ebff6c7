// What the command line asks of a running henge over its local socket.
#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "daemon/control_answer.h"
#include "daemon/delta_service.h"
#include "daemon/freeze.h"
#include "daemon/load_documents.h"
#include "daemon/offset_reset.h"
#include "daemon/saved_plan.h"

namespace henge::daemon {
namespace {

using nlohmann::json;
using runtime::json_response;
using runtime::ServerRequest;
using runtime::ServerResponse;

json error_json(const Error& error) {
  return {{"error", {{"kind", to_string(error.kind)}, {"message", error.message}}}};
}

struct ApplyRequest {
  std::vector<Declaration> declarations;
  std::vector<LoadDeclaration> loads;
  Change change;
  std::optional<SavedPlan> plan;  // nothing but this
};

Result<ApplyRequest> read_apply(const std::string& body) {
  ApplyRequest request;
  json parsed = json::parse(body, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("documents") || !parsed["documents"].is_array())
    return fail(ErrorKind::invalid, "expected {\"documents\": [text, ...], \"reason\": text}");
  request.change.reason = parsed.value("reason", "");
  request.change.by = parsed.value("by", "");
  if (parsed.contains("plan")) {
    TRY(request.plan, parse_saved_plan("request", parsed.value("plan", "")));
  }
  for (const auto& item : parsed["documents"]) {
    if (!item.is_string()) return fail(ErrorKind::invalid, "a document is a text");
    const auto text = item.get<std::string>();
    if (is_load_document(text)) {
      TRY(auto load, read_load_declaration("request", text));
      request.loads.push_back(std::move(load));
      continue;
    }
    TRY(auto declaration, read_declaration("request", text));
    request.declarations.push_back(std::move(declaration));
  }
  return request;
}

boost::asio::awaitable<ServerResponse> serve_apply(Shell& shell, Engine& engine,
                                                   ServerRequest request) {
  auto asked = read_apply(request.body);
  if (!asked) co_return json_response(400, error_json(asked.error()).dump());
  if (asked->plan) {
    auto unmoved = co_await check_unmoved(shell, *asked->plan);
    if (!unmoved) co_return json_response(409, error_json(unmoved.error()).dump());
  }
  json results = json::array();
  for (auto& declaration : asked->declarations) {
    const std::string name = declaration.pipeline.name;
    auto applied = co_await engine.apply(std::move(declaration), asked->change);
    if (applied)
      results.push_back({{"pipeline", name},
                         {"action", applied->action},
                         {"version", applied->version},
                         {"note", applied->note}});
    else
      results.push_back({{"pipeline", name}, {"error", error_json(applied.error())["error"]}});
  }
  for (const auto& load : asked->loads) {
    const std::string& name = load.load.name;
    auto declared = declare_load(shell, load, asked->change);
    results.push_back(declared ? json{{"pipeline", load.load.pipeline},
                                      {"load", name},
                                      {"action", declared->action},
                                      {"version", 0},
                                      {"note", ""}}
                               : json{{"pipeline", load.load.pipeline},
                                      {"load", name},
                                      {"error", error_json(declared.error())["error"]}});
  }
  co_return json_response(200, json{{"results", results}}.dump());
}

int status_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::invalid:
      return 400;
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::refused:
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::denied:
    case ErrorKind::corrupt:
    case ErrorKind::internal:
      return 500;
    case ErrorKind::unavailable:
    case ErrorKind::unknown_outcome:
    case ErrorKind::cancelled:
    case ErrorKind::exhausted:
      return 503;
  }
  return 500;
}

}  // namespace

ServerResponse error_response(const Error& error) {
  return json_response(status_of(error),
                       error_json(error).dump(-1, ' ', false, json::error_handler_t::replace));
}

namespace {

// What a person asks of one pipeline, or of everything where none is named.
struct PersonRequest {
  std::string pipeline;
  Change change;
  bool terminate = false;
};

Result<PersonRequest> read_person(const std::string& body) {
  const json parsed = json::parse(body, nullptr, false);
  const auto text = [&](const char* field) {
    return !parsed.contains(field) || parsed[field].is_string();
  };
  if (!parsed.is_object() || !text("pipeline") || !text("reason") || !text("by") ||
      (parsed.contains("terminate") && !parsed["terminate"].is_boolean()))
    return fail(ErrorKind::invalid,
                "expected {\"pipeline\": text, \"reason\": text, \"by\": text, \"terminate\": "
                "true or false}");
  return PersonRequest{parsed.value("pipeline", ""),
                       {parsed.value("reason", ""), parsed.value("by", "")},
                       parsed.value("terminate", false)};
}

boost::asio::awaitable<ServerResponse> serve_freeze(Shell& shell, Freezing wanted,
                                                    ServerRequest request) {
  auto asked = read_person(request.body);
  if (!asked) co_return error_response(asked.error());
  auto done = set_freeze(shell, asked->pipeline, wanted, asked->change.reason, asked->change.by);
  if (!done) co_return error_response(done.error());
  co_return json_response(200,
                          json{{"pipeline", done->pipeline}, {"changed", done->changed}}.dump());
}

boost::asio::awaitable<ServerResponse> serve_release(Engine& engine, ServerRequest request) {
  auto asked = read_person(request.body);
  if (!asked) co_return error_response(asked.error());
  const auto fate = asked->terminate ? SupervisorFate::terminate : SupervisorFate::keep;
  auto done = co_await engine.release(asked->pipeline, fate, asked->change);
  if (!done) co_return error_response(done.error());
  co_return json_response(200, json{{"pipeline", done->pipeline},
                                    {"supervisor", done->supervisor},
                                    {"changed", done->changed}}
                                   .dump());
}

Result<PartitionOffsets> read_offsets(const json& parsed, const char* field) {
  PartitionOffsets out;
  if (!parsed.contains(field)) return out;
  for (const auto& [key, value] : parsed[field].items()) {
    std::int32_t partition = 0;
    const char* end = key.data() + key.size();
    const auto [stop, error] = std::from_chars(key.data(), end, partition);
    if (error != std::errc() || stop != end || !value.is_number_integer())
      return fail(ErrorKind::invalid, fmt::format("{}: expected {{\"PARTITION\": offset}}", field));
    out[partition] = value.get<std::int64_t>();
  }
  return out;
}

Result<ResetRequest> read_reset(const std::string& body) {
  TRY(const PersonRequest person, read_person(body));
  const json parsed = json::parse(body, nullptr, false);
  ResetRequest request;
  request.pipeline = person.pipeline;
  request.reason = person.change.reason;
  request.by = person.change.by;
  if (!parsed.contains("to") || !parsed["to"].is_string())
    return fail(ErrorKind::invalid, "expected where to reset the offsets to, as \"to\"");
  request.to = parsed["to"].get<std::string>();
  request.anew = parsed.contains("anew") && parsed["anew"] == true;
  TRY(request.targets, read_offsets(parsed, "targets"));
  TRY(request.before, read_offsets(parsed, "before"));
  return request;
}

boost::asio::awaitable<ServerResponse> serve_reset(Shell& shell, ServerRequest request) {
  auto asked = read_reset(request.body);
  if (!asked) co_return error_response(asked.error());
  auto number = co_await intend_reset(shell, std::move(*asked));
  if (!number) co_return error_response(number.error());
  co_return json_response(200, json{{"number", *number}}.dump());
}

boost::asio::awaitable<ServerResponse> serve_health(Shell& shell) {
  json troubles = json::array();
  for (const auto& [what, trouble] : shell.troubles.all())
    troubles.push_back(
        {{"what", what}, {"message", trouble.message}, {"since", to_iso(trouble.since)}});
  json body{{"events", shell.journal.state().events},
            {"troubles", troubles},
            {"now", to_iso(shell.clock.now())}};
  co_return json_response(200, body.dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace

void add_control_routes(runtime::Routes& routes, Shell& shell, Engine& engine) {
  routes.add("POST", "/v1/apply", [&shell, &engine](ServerRequest request) {
    return serve_apply(shell, engine, std::move(request));
  });
  routes.add("POST", "/v1/freeze", [&shell](ServerRequest request) {
    return serve_freeze(shell, Freezing::freeze, std::move(request));
  });
  routes.add("POST", "/v1/unfreeze", [&shell](ServerRequest request) {
    return serve_freeze(shell, Freezing::unfreeze, std::move(request));
  });
  routes.add("POST", "/v1/release", [&engine](ServerRequest request) {
    return serve_release(engine, std::move(request));
  });
  routes.add("POST", "/v1/offsets/reset",
             [&shell](ServerRequest request) { return serve_reset(shell, std::move(request)); });
  add_load_routes(routes, shell, engine);
  routes.add("GET", "/v1/health", [&shell](ServerRequest) { return serve_health(shell); });
}

}  // namespace henge::daemon
