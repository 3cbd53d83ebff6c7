// Reading a load's sources to the end before anything of them is sent.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "daemon/load_sources.h"
#include "daemon/source_reading.h"
#include "runtime/http_client.h"

namespace henge::daemon {
namespace {

constexpr std::size_t block_bytes = 1UL << 20;
constexpr Millis fetch_max = std::chrono::hours(1);

tl::unexpected<Error> failed(const std::string& path) {
  const int why = errno;
  const ErrorKind kind = why == ENOENT                   ? ErrorKind::not_found
                         : why == EACCES || why == EPERM ? ErrorKind::denied
                                                         : ErrorKind::unavailable;
  return fail(kind, fmt::format("{}: {}", path, std::strerror(why)));
}

struct Descriptor {
  int fd;
  explicit Descriptor(const std::string& path) : fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

Result<void> read_file(const std::string& path, LoadSum& sum, ReadingProgress& progress,
                       const TellReading& tell) {
  TRY(SourceReading reading, sum.read(path));
  const Descriptor file(path);
  if (file.fd < 0) return failed(path);
  std::string block(block_bytes, '\0');
  for (;;) {
    const ssize_t got = ::read(file.fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path);
    if (got == 0) return sum.add(reading);
    TRY_VOID(reading.put(std::string_view(block.data(), static_cast<std::size_t>(got))));
    progress.bytes += got;
    tell(progress);
  }
}

Result<std::int64_t> bytes_of(const std::vector<std::string>& files) {
  std::int64_t total = 0;
  for (const std::string& path : files) {
    struct stat seen{};
    if (::stat(path.c_str(), &seen) != 0) return failed(path);
    total += seen.st_size;
  }
  return total;
}

}  // namespace

Result<LoadContent> read_local(const Pipeline& pipeline, const LoadRequest& request,
                               const std::vector<Instant>& chunks, const TellReading& tell) {
  TRY(const auto files, local_files(request.sources, chunks));
  ReadingProgress progress{0, std::ssize(files), 0, 0, 0};
  TRY(progress.bytes_total, bytes_of(files));
  TRY(LoadSum sum, LoadSum::begin(pipeline, request, LoadInput::local));
  for (const std::string& path : files) {
    TRY_VOID(read_file(path, sum, progress, tell));
    ++progress.files;
    progress.rows = sum.so_far().rows.accepted;
    tell(progress);
  }
  return sum.finish(chunks);
}

Result<LoadContent> read_inline(const Pipeline& pipeline, const LoadRequest& request,
                                const std::vector<Instant>& chunks) {
  TRY(LoadSum sum, LoadSum::begin(pipeline, request, LoadInput::inlined));
  TRY(SourceReading reading, sum.read("inline rows"));
  TRY_VOID(reading.put(request.inline_rows));
  TRY_VOID(sum.add(reading));
  return sum.finish(chunks);
}

runtime::Async<LoadContent> read_http(Pipeline pipeline, LoadRequest request,
                                      std::vector<Instant> chunks, TellReading tell) {
  CO_TRY(LoadSum sum, LoadSum::begin(pipeline, request, LoadInput::http));
  ReadingProgress progress;
  runtime::HttpClient client{runtime::HttpClientOptions{}};
  for (const std::string& source : request.sources) {
    CO_TRY(const auto addresses, expand_chunks(source, chunks));
    for (const std::string& address : addresses) {
      CO_TRY(SourceReading reading, sum.read(address));
      runtime::HttpCall call;
      call.url = address;
      call.deadline = fetch_max;
      call.on_block = [&](std::string_view bytes) {
        progress.bytes += std::ssize(bytes);
        tell(progress);
        return reading.put(bytes);
      };
      // What was sent compressed must be counted as the workers will read it: as stored.
      call.headers = {{"Accept-Encoding", "identity"}};
      CO_TRY(const auto answer, co_await client.send(std::move(call)));
      if (answer.status != 200)
        co_return tl::unexpected<Error>(
            runtime::error_of_status(answer, runtime::Repeat::harmless, answer.body.substr(0, 200))
                .within(address));
      CO_TRY_VOID(sum.add(reading));
      ++progress.files;
      progress.rows = sum.so_far().rows.accepted;
    }
  }
  co_return sum.finish(chunks);
}

}  // namespace henge::daemon
