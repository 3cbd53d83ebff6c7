#include "runtime/http_connections.h"

#include "runtime/clock.h"

namespace henge::runtime {

Connections::Connections(int per_origin_max, Millis idle_max)
    : per_origin_max_(per_origin_max), idle_max_(idle_max) {}

Async<Connection> Connections::take(std::string key, bool may_reuse, Millis timeout) {
  if (stopped_) co_return fail(ErrorKind::cancelled, "stopped");
  Origin& origin = origins_.try_emplace(key, per_origin_max_).first->second;
  auto permit = co_await origin.semaphore.acquire(timeout);
  if (!permit)
    co_return tl::unexpected<Error>(std::move(permit).error().within("all connections in use"));
  if (stopped_) co_return fail(ErrorKind::cancelled, "stopped");
  Connection connection;
  connection.key = std::move(key);
  connection.permit = std::move(*permit);
  if (may_reuse) connection.stream = pick(origin);
  connection.reused = connection.stream != nullptr;
  if (connection.stream) in_use_.insert(connection.stream.get());
  co_return connection;
}

std::unique_ptr<Stream> Connections::pick(Origin& origin) {
  const Millis now = monotonic_now();
  while (!origin.idle.empty()) {
    Idle last = std::move(origin.idle.back());
    origin.idle.pop_back();
    if (now - last.since <= idle_max_ && last.stream->is_fresh()) return std::move(last.stream);
  }
  return nullptr;
}

void Connections::opened(const Connection& connection) {
  in_use_.insert(connection.stream.get());
}

void Connections::give_back(Connection connection, bool keep) {
  in_use_.erase(connection.stream.get());
  if (!keep || stopped_) return;
  Origin& origin = origins_.at(connection.key);
  connection.stream->expires_at(Millis::max());
  origin.idle.push_back(Idle{std::move(connection.stream), monotonic_now()});
  if (origin.idle.size() > static_cast<std::size_t>(per_origin_max_)) origin.idle.pop_front();
}

void Connections::stop() {
  stopped_ = true;
  for (Stream* stream : in_use_) stream->close();
  for (auto& [key, origin] : origins_) origin.idle.clear();
}

}  // namespace henge::runtime
