#include "daemon/storage_probe.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "runtime/clock.h"
#include "runtime/http_client.h"
#include "spec/address.h"

namespace henge::daemon {
namespace {

constexpr Millis answer_within = std::chrono::seconds(5);

// What is asked, and what a missing one is called; empty: that it is missing says nothing.
struct ProbeAddress {
  std::string url;
  std::string missing;
};

// Path style, as every S3 serves it. Nothing is listed: without credentials most answer 403, and
// buckets of other regions 301.
ProbeAddress bucket_address(const std::string& place, std::string_view endpoint) {
  while (endpoint.ends_with('/')) endpoint.remove_suffix(1);
  const std::string_view bucket = spec::s3_bucket(place);
  return {fmt::format("{}/{}?list-type=2&max-keys=0", endpoint, bucket),
          fmt::format("there is no bucket '{}'", bucket)};
}

runtime::Async<route::StorageSight> look_at_address(std::shared_ptr<runtime::HttpClient> http,
                                                    std::string place, ProbeAddress address) {
  route::StorageSight sight{place};
  runtime::HttpCall call;
  call.url = address.url;
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
  else if (answer->status == 404)
    sight.error = address.missing;
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
  const ProbeAddress address = place.starts_with("s3://")
                                   ? bucket_address(place, config.s3_endpoint)
                                   : ProbeAddress{place, ""};
  return [http, place, address] { return look_at_address(http, place, address); };
}

}  // namespace henge::daemon
