#include "daemon/wiring.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <sstream>

#include "kafka/properties.h"
#include "runtime/clock.h"
#include "runtime/signals.h"
#include "runtime/system.h"
#include "runtime/task_group.h"
#include "spec/load.h"

namespace henge::daemon {
namespace {

constexpr std::size_t secret_bytes_max = 1 << 20;

std::string host_of(const std::string& url) {
  auto parsed = runtime::parse_url(url);
  return parsed ? parsed->host : "";
}

}  // namespace

spec::SecretSources process_secrets() {
  spec::SecretSources sources;
  sources.environment = runtime::environment_variable;
  sources.file = [](const std::string& path) { return spec::read_text(path, secret_bytes_max); };
  return sources;
}

Result<std::unique_ptr<druid::DruidClient>> make_druid(const Config& config,
                                                       const spec::SecretSources& secrets) {
  const DruidConfig& from = config.druid;
  druid::DruidOptions options;
  options.router_url = from.url;
  options.overlord_url = from.overlord;
  options.coordinator_url = from.coordinator;
  options.broker_url = from.broker;
  options.calls_per_s_max = from.calls_per_second_max;
  options.connect_timeout = from.connect_timeout;
  options.read_timeout = from.request_timeout;
  options.query_timeout = std::max<Millis>(from.request_timeout, std::chrono::seconds(60));
  options.supervisor_timeout = from.supervisor_timeout;
  for (const auto& url : {from.url, from.overlord, from.coordinator, from.broker})
    if (auto host = host_of(url); !host.empty()) options.cluster_hosts.insert(host);
  if (from.auth) {
    auto password = spec::resolve(from.auth->password, secrets);
    if (!password)
      return tl::unexpected<Error>(std::move(password).error().within("druid.auth.password"));
    options.auth = runtime::BasicAuth{from.auth->username, std::move(*password)};
  }
  if (!(from.tls == TlsConfig{}))
    options.tls =
        runtime::TlsOptions{from.tls.ca, from.tls.certificate, from.tls.key, "", from.tls.verify};
  return druid::DruidClient::make(std::move(options));
}

namespace {

Result<std::map<std::string, std::string>> resolve_all(
    const std::map<std::string, Property>& properties, const spec::SecretSources& secrets) {
  std::map<std::string, std::string> out;
  for (const auto& [name, property] : properties) {
    auto value = spec::resolve(property, secrets);
    if (!value)
      return tl::unexpected<Error>(std::move(value).error().within("consumer property " + name));
    out[name] = std::move(*value);
  }
  return out;
}

}  // namespace

Result<std::map<std::string, std::string>> kafka_properties(const Config& config,
                                                            const Pipeline& pipeline,
                                                            const spec::SecretSources& secrets) {
  TRY(auto consumer, resolve_all(pipeline.stream.consumer_properties, secrets));
  TRY(auto overrides, resolve_all(config.kafka_properties, secrets));
  TRY(kafka::ClientProperties client, kafka::client_properties(consumer, overrides));
  return std::move(client.properties);
}

std::string ledger_path(const Config& config) {
  return config.state_directory + "/ledger.db";
}
std::string socket_path(const Config& config) {
  return config.state_directory + "/henge.sock";
}

Result<void> run_to_end(const std::function<runtime::Async<void>()>& work,
                        const std::function<void()>& tick) {
  // A client keeps sockets for its next call, and lives longer than this: their loop must not end
  // before they do.
  static boost::asio::io_context io(1);
  io.restart();
  runtime::TaskGroup tasks(io.get_executor());
  Result<void> result;
  bool interrupted = false;
  auto command = [&]() -> boost::asio::awaitable<void> {
    result = co_await work();
    tasks.cancel();
  };
  auto listen = [&]() -> boost::asio::awaitable<void> {
    runtime::Signals signals(io.get_executor());
    auto signal = co_await signals.next();
    if (signal) {
      interrupted = true;
      tasks.cancel();
    }
  };
  auto beat = [&]() -> boost::asio::awaitable<void> {
    for (;;) {
      auto slept = co_await runtime::sleep_for(Millis(200));
      if (!slept) co_return;
      tick();
    }
  };
  tasks.spawn("tick", beat());
  tasks.spawn("signals", listen());
  // Last: one that has nothing to wait for ends, and cancels, before what is spawned after it
  // began.
  tasks.spawn("command", command());
  std::string broken;
  auto finish = [&]() -> boost::asio::awaitable<void> { co_await tasks.join(); };
  boost::asio::co_spawn(io, finish, [&](std::exception_ptr error) {
    if (!error) return;
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& e) {
      broken = e.what();
    }
  });
  io.run();
  if (!broken.empty()) return fail(ErrorKind::internal, broken);
  if (interrupted) return fail(ErrorKind::cancelled, "interrupted");
  return result;
}

}  // namespace henge::daemon
