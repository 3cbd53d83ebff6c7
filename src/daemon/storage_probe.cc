#include "daemon/storage_probe.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "runtime/clock.h"
#include "runtime/http_client.h"

namespace henge::daemon {
namespace {

constexpr Millis answer_within = std::chrono::seconds(5);

runtime::Async<route::StorageSight> look_at_address(std::shared_ptr<runtime::HttpClient> http,
                                                    std::string url) {
  route::StorageSight sight{url};
  runtime::HttpCall call;
  call.url = url;
  call.deadline = answer_within;
  call.retry = runtime::retry_never;
  const Millis begun = runtime::monotonic_now();
  const auto answer = co_await http->send(std::move(call));
  sight.took = runtime::monotonic_now() - begun;
  if (!answer && answer.error().kind == ErrorKind::cancelled)
    co_return tl::unexpected<Error>(answer.error());
  if (!answer)
    sight.error = answer.error().message;
  else if (answer->status >= 500)
    sight.error = fmt::format("it answers {}", answer->status);
  co_return sight;
}

runtime::Async<route::StorageSight> look_at_folder_on(runtime::BlockingPool& pool,
                                                      std::string path) {
  auto look = [&path] { return look_at_folder(path); };
  co_return co_await runtime::blocking(pool, look);
}

}  // namespace

route::StorageSight look_at_folder(const std::string& path) {
  route::StorageSight sight{path};
  const Millis begun = runtime::monotonic_now();
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    sight.error = error ? error.message() : "it is no folder";
    return sight;
  }
  if (::access(path.c_str(), W_OK) != 0) {
    sight.error = "it can't be written";
    return sight;
  }
  const auto space = std::filesystem::space(path, error);
  if (error)
    sight.error = error.message();
  else
    sight.free_bytes = static_cast<std::int64_t>(space.available);
  sight.took = runtime::monotonic_now() - begun;
  return sight;
}

ProbeStorage storage_probe(const LoadsConfig& config, runtime::BlockingPool& pool) {
  const std::string& place = config.deep_storage;
  if (place.empty()) return {};
  if (place.find("://") == std::string::npos)
    return [&pool, place] { return look_at_folder_on(pool, place); };
  auto http = std::make_shared<runtime::HttpClient>(runtime::HttpClientOptions{});
  return [http, place] { return look_at_address(http, place); };
}

}  // namespace henge::daemon
