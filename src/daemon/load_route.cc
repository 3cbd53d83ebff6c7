#include "daemon/load_route.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/cluster_look.h"
#include "reconcile/route_request.h"
#include "route/guards.h"
#include "route/route.h"

namespace henge::daemon {
namespace {

std::string text_of(const route::Reason& reason) {
  return reason.remedy.empty() ? reason.sentence
                               : fmt::format("{} ({})", reason.sentence, reason.remedy);
}

std::vector<std::string> texts(const std::vector<route::Reason>& reasons,
                               std::initializer_list<route::Weight> weights) {
  std::vector<std::string> out;
  for (const route::Reason& reason : reasons)
    for (const route::Weight weight : weights)
      if (reason.weight == weight) out.push_back(text_of(reason));
  return out;
}

}  // namespace

runtime::Async<LoadWay> route_load(Doors& shell, const Pipeline& pipeline, LoadRequest request,
                                   LoadContent content) {
  const Instant now = shell.clock.now();
  const route::RouteLimits limits;
  const auto asked = reconcile::route_request("load", pipeline, request, content, now);
  std::vector<Interval> chunks;
  for (const LoadChunk& c : content.chunks)
    chunks.push_back(bucket(pipeline.schema.segment_granularity, c.chunk));
  CO_TRY(auto answers, co_await ask_cluster(shell, pipeline, chunks));
  // A supervisor that has just begun knows of no partition yet; the scan does.
  const auto scanned = static_cast<int>(shell.journal.find(pipeline.name)->partitions.size());
  answers.partitions = std::max(answers.partitions, scanned);
  const auto view =
      reconcile::cluster_view(shell.journal.state(), pipeline, answers, chunks, limits, now);
  const route::Route found = route::decide_route(asked, view, limits, now);
  using route::Weight;
  if (found.when == route::When::refused)
    co_return fail(ErrorKind::refused,
                   fmt::format("{}", fmt::join(texts(found.reasons, {Weight::refuses}), "; ")));
  const auto shapes = texts(found.reasons, {Weight::shapes});
  const bool window = found.lane == route::Lane::window;
  co_return LoadWay{to_string(found.lane), window ? shapes.front() : "",
                    texts(found.reasons, {Weight::shapes, Weight::waits}),
                    texts(found.reasons, {Weight::notes})};
}

}  // namespace henge::daemon
