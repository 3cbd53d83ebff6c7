// `henge serve`: everything that works for as long as the process does, started and stopped in
// order.
#include <fmt/format.h>
#include <openssl/rand.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "daemon/delta_service.h"
#include "daemon/load_route.h"
#include "daemon/storage_probe.h"
#include "daemon/wiring.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/signals.h"

namespace henge::daemon {
namespace {

namespace fs = std::filesystem;
using runtime::LogLevel;

// Signs addresses of delta rows. Kept beside the ledger, readable by its owner only, so that
// addresses outlive a restart.
Result<std::string> delivery_key(const std::string& path) {
  constexpr std::size_t key_bytes = 32;
  if (std::ifstream in(path, std::ios::binary); in) {
    std::string key((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (key.size() == key_bytes) return key;
    return fail(ErrorKind::corrupt,
                fmt::format("{}: expected {} bytes, found {}; remove it to have a new one made",
                            path, key_bytes, key.size()));
  }
  std::string key(key_bytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1)
    return fail(ErrorKind::internal, "no random bytes to be had");
  const std::string fresh = path + ".new";
  std::error_code error;
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    fs::permissions(fresh, fs::perms::owner_read | fs::perms::owner_write, error);
    out << key;
    out.flush();
    if (!out || error)
      return fail(ErrorKind::exhausted, fmt::format("{}: can't be written", fresh));
  }
  fs::rename(fresh, path, error);
  if (error) return fail(ErrorKind::unavailable, fmt::format("{}: {}", path, error.message()));
  return key;
}

struct Address {
  std::string host;
  std::uint16_t port = 0;
};

Result<Address> parse_address(const std::string& text) {
  auto colon = text.rfind(':');
  Address out;
  if (colon != std::string::npos) {
    out.host = text.substr(0, colon);
    const char* end = text.data() + text.size();
    auto [stop, error] = std::from_chars(text.data() + colon + 1, end, out.port);
    if (error == std::errc() && stop == end && !out.host.empty()) return out;
  }
  return fail(ErrorKind::invalid, fmt::format("delta.listen: '{}' is no address:port", text));
}

// Port 0 means any; the one of the last run is tried first, so that addresses in running tasks stay
// good over a restart.
Result<std::uint16_t> listen_where(runtime::HttpServer& server, Address address,
                                   const std::string& memory) {
  if (address.port == 0) {
    std::uint16_t last = 0;
    if (std::ifstream in(memory); in >> last && last != 0)
      if (auto bound = server.listen_tcp(address.host, last)) return bound;
  }
  TRY(std::uint16_t port, server.listen_tcp(address.host, address.port));
  std::ofstream(memory) << port << "\n";
  return port;
}

Settings settings_of(const Config& config) {
  Settings settings;
  settings.state_folder = config.state_directory;
  settings.round_interval = config.round_interval;
  settings.reconcile_interval = config.reconcile_interval;
  settings.drift = config.drift;
  settings.route = route_limits(config.loads);
  settings.fencing.window_max = config.loads.window_max;
  settings.repairs.inline_bytes_max = config.delta.inline_max_bytes;
  settings.repairs.address_valid = config.delta.expiry;
  return settings;
}

// Waits for the word to stop and passes it on to everything that runs.
boost::asio::awaitable<void> wait_for_stop(boost::asio::any_io_executor loop,
                                           runtime::TaskGroup& tasks, druid::DruidClient& druid) {
  runtime::Signals signals(loop);
  for (;;) {
    auto signal = co_await signals.next();
    if (!signal) co_return;
    if (*signal == runtime::Signal::stop) break;
    runtime::log(LogLevel::info,
                 "pipelines come from the ledger; `henge apply` changes them, a signal does not");
  }
  runtime::log(LogLevel::info, "stopping");
  druid.stop();
  tasks.cancel();
}

struct Servers {
  runtime::HttpServer delta;
  runtime::HttpServer control;
};

boost::asio::awaitable<void> work(Engine& engine, runtime::TaskGroup& tasks, Servers& servers) {
  engine.start();
  tasks.spawn("rounds", engine.run());
  std::exception_ptr broken;
  try {
    co_await tasks.join();
  } catch (...) {
    broken = std::current_exception();
  }
  co_await servers.delta.stop();
  co_await servers.control.stop();
  if (broken) std::rethrow_exception(broken);
}

}  // namespace

Result<void> serve(const Config& config, const std::function<void(const std::string&)>& ready) {
  std::error_code made;
  fs::create_directories(config.state_directory, made);
  if (made)
    return fail(ErrorKind::invalid, fmt::format("{}: {}", config.state_directory, made.message()));
  fs::permissions(config.state_directory, fs::perms::owner_all, made);
  const spec::SecretSources secrets = process_secrets();
  TRY(ledger::Journal journal, ledger::Journal::open(ledger_path(config), ledger::Mode::write));
  // Before the client, whose sockets are on it.
  boost::asio::io_context io(1);
  TRY(auto druid, make_druid(config, secrets));
  TRY(std::string key, delivery_key(config.state_directory + "/delivery.key"));
  TRY(Address address, parse_address(config.delta.listen));

  boost::asio::any_io_executor loop = io.get_executor();
  runtime::BlockingPool pool(4);
  runtime::TaskGroup tasks(loop);
  runtime::SystemClock clock;
  Troubles troubles;
  Settings settings = settings_of(config);
  TopicWatch watch = kafka_watch(config, secrets, pool);
  Shell shell{{*druid, clock, journal, troubles, secrets},
              loop,
              runtime::sleep_for,
              kafka_scans(config, secrets),
              pool,
              tasks,
              settings,
              key,
              std::move(watch.look),
              std::move(watch.commit),
              std::move(watch.scan),
              std::make_shared<runtime::Gate>(runtime::GatePolicy{}, runtime::monotonic_now,
                                              runtime::system_random()),
              runtime::system_random()};
  shell.probe_storage = storage_probe(config.loads, pool);
  Engine engine(shell);
  runtime::Routes delta_routes, control_routes;
  add_delta_routes(delta_routes, shell);
  add_control_routes(control_routes, shell, engine);
  Servers servers{{loop, std::move(delta_routes), {}}, {loop, std::move(control_routes), {}}};

  auto port = listen_where(servers.delta, address, config.state_directory + "/delta.port");
  if (!port) return tl::unexpected<Error>(std::move(port).error().within("delta.listen"));
  settings.repairs.base_url = config.delta.advertise.empty()
                                  ? fmt::format("http://{}:{}", address.host, *port)
                                  : config.delta.advertise;
  auto bound = servers.control.listen_unix(socket_path(config));

  tasks.spawn("signals", wait_for_stop(loop, tasks, *druid));
  Result<void> result;
  auto main = [&]() -> boost::asio::awaitable<void> {
    if (!bound) tasks.cancel();
    co_await work(engine, tasks, servers);
  };
  boost::asio::co_spawn(io, main, [&](std::exception_ptr error) {
    if (!error) return;
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& e) {
      result = fail(ErrorKind::internal, e.what());
    }
  });
  if (bound) ready(settings.repairs.base_url);
  io.run();
  if (!bound) return tl::unexpected<Error>(std::move(bound).error().within("local socket"));
  return result;
}

}  // namespace henge::daemon
