#include "daemon/delta_service.h"

#include <openssl/crypto.h>

#include "daemon/repair_payload.h"
#include "runtime/log.h"

namespace henge::daemon {
namespace {

using runtime::ServerRequest;
using runtime::ServerResponse;
using runtime::text_response;

constexpr std::string_view prefix = "/v1/delta/";

bool same(const std::string& a, const std::string& b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

struct Addressed {
  std::string pipeline;
  ledger::RepairIntended intent;
};

// The repair whose address this is, in constant time for each candidate of the named pipeline.
std::optional<Addressed> find_repair(const Shell& shell, const std::string& path) {
  std::string_view rest = std::string_view(path).substr(prefix.size());
  const std::string name(rest.substr(0, rest.find('/')));
  const ledger::PipelineState* state = shell.journal.find(name);
  if (state == nullptr) return std::nullopt;
  for (const auto& [id, repair] : state->repairs) {
    if (repair.intent.delivery != ledger::Delivery::http) continue;
    if (same(path, delta_path(name, repair.intent, shell.delivery_key)))
      return Addressed{name, repair.intent};
  }
  return std::nullopt;
}

// One extent a block: memory stays bounded by a scan batch, however large the repair.
runtime::BodySource rows_of(Shell& shell, Pipeline pipeline, std::vector<scan::Extent> extents) {
  auto next = std::make_shared<std::size_t>(0);
  auto folder = delta_folder(shell.settings, pipeline.name);
  return [&shell, pipeline = std::move(pipeline), extents = std::move(extents), next,
          folder = std::move(folder)]() -> runtime::Async<std::string> {
    if (*next == extents.size()) co_return std::string();
    const scan::Extent& extent = extents[(*next)++];
    auto read = [&] { return extent_lines(pipeline, extent, folder); };
    auto lines = co_await runtime::blocking(shell.pool, read);
    if (!lines)
      runtime::log(runtime::LogLevel::error, "delta rows can't be served",
                   {{"pipeline", pipeline.name}, {"error", lines.error().message}});
    co_return lines;
  };
}

boost::asio::awaitable<ServerResponse> serve_delta(Shell& shell, ServerRequest request) {
  auto found = find_repair(shell, request.path);
  if (!found) co_return text_response(404, "no such rows\n");
  if (shell.clock.now() >= found->intent.expires_at)
    co_return text_response(410, "this address has expired\n");
  auto pipeline = pipeline_of(*shell.journal.find(found->pipeline), found->pipeline);
  if (!pipeline) co_return text_response(500, pipeline.error().message + "\n");
  ServerResponse response;
  response.headers = {{"Content-Type", "application/octet-stream"}, {"Cache-Control", "no-store"}};
  response.source = rows_of(shell, std::move(*pipeline), std::move(found->intent.extents));
  co_return response;
}

}  // namespace

void add_delta_routes(runtime::Routes& routes, Shell& shell) {
  routes.add("GET", std::string(prefix),
             [&shell](ServerRequest request) { return serve_delta(shell, std::move(request)); });
}

}  // namespace henge::daemon
