// Druid's twin as a Router with its management proxy: paths, statuses and JSON of Druid's own,
// served by runtime::HttpServer. Time is what `now` says.
#pragma once

#include <functional>

#include "runtime/http_server.h"
#include "sim/druid_twin.h"

namespace henge::sim {

class DruidHttp {
 public:
  // Both outlive the server that has the routes.
  DruidHttp(DruidTwin& twin, std::function<Instant()> now) : twin_(twin), now_(std::move(now)) {}

  [[nodiscard]] runtime::Routes routes();
  std::int64_t requests = 0;  // so far

 private:
  using Parts = std::vector<std::string>;
  using Response = runtime::ServerResponse;

  Response answer(const runtime::ServerRequest& request);
  Response overlord(const runtime::ServerRequest& request, const Parts& parts);
  Response supervisor(const runtime::ServerRequest& request, const Parts& parts);
  Response one_supervisor(const runtime::ServerRequest& request, const std::string& id,
                          const std::string& verb);
  Response task(const runtime::ServerRequest& request, const Parts& parts);
  Response tasks(const runtime::ServerRequest& request);
  Response submit(const runtime::ServerRequest& request);
  Response mark(const runtime::ServerRequest& request, const std::string& datasource,
                const std::string& verb);
  Response coordinator(const runtime::ServerRequest& request, const Parts& parts);
  Response metadata(const runtime::ServerRequest& request, const Parts& parts);
  Response all_segments(const runtime::ServerRequest& request);
  Response rules(const runtime::ServerRequest& request, const Parts& parts);
  Response compaction(const runtime::ServerRequest& request, const Parts& parts);
  Response broker(const runtime::ServerRequest& request, const Parts& parts);
  Response query_task(const runtime::ServerRequest& request, const Parts& parts);

  DruidTwin& twin_;
  std::function<Instant()> now_;
};

}  // namespace henge::sim
