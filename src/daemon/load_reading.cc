// Reading a load's sources to the end before anything of them is sent.
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "daemon/load_sources.h"
#include "runtime/gzip.h"
#include "scan/row_counter.h"

namespace henge::daemon {
namespace {

constexpr std::size_t block_bytes = 1UL << 20;

class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    invariant(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1, "SHA-256 starts");
  }
  void put(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_.get(), digest, &size);
    std::string text = "sha256:";
    for (unsigned int i = 0; i < 16; ++i) text += fmt::format("{:02x}", digest[i]);
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

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

// Whether henge can undo what Druid's workers will undo by the file's name.
bool readable(const std::string& path) {
  for (const char* other : {".bz2", ".xz", ".zst", ".sz", ".zip"})
    if (path.ends_with(other)) return false;
  return true;
}

// What stands in a file must be rows, all of them, to its last byte.
Result<void> check_rows(const std::string& name, const scan::FileCounts& counts) {
  const std::int64_t rows = counts.accepted() + counts.filtered + counts.outside;
  const auto refused = [&](std::string why) {
    return fail(ErrorKind::invalid, name + ": " + std::move(why));
  };
  if (counts.crowded > 0)
    return refused(
        fmt::format("line {} holds more than one row; Druid reads one row a line", counts.crowded));
  if (counts.ends_in_a_row)
    return refused(
        fmt::format("it ends in the middle of a row (line {}): it was cut, or is still "
                    "being written",
                    counts.bad.empty() ? counts.lines : counts.bad.back().line));
  if (counts.lines > 0 && rows == 0)
    return refused(
        fmt::format("none of its {} lines is a row of the pipeline's format; line {} is "
                    "'{}'",
                    counts.lines, counts.bad.front().line, counts.bad.front().text));
  return {};
}

void note_bad(const std::string& name, const scan::FileCounts& counts, LoadContent& content) {
  constexpr std::size_t notes_max = 20;
  for (const scan::BadLine& bad : counts.bad)
    if (content.notes.size() < notes_max)
      content.notes.push_back(fmt::format("{}:{}: no row: {}", name, bad.line, bad.text));
}

// Collects what the files give.
struct Sum {
  LoadContent content;
  std::map<Instant, std::int64_t> rows;

  void add(LoadFile file, const scan::FileCounts& counts) {
    content.rows.accepted += counts.accepted();
    content.rows.filtered += counts.filtered;
    content.rows.outside += counts.outside;
    content.rows.unparseable += counts.unparseable;
    file.rows = counts.accepted();
    for (const auto& [chunk, count] : counts.chunks) {
      rows[chunk] += count;
      file.chunks.push_back(chunk);
    }
    note_bad(file.uri, counts, content);
    content.files.push_back(std::move(file));
  }

  LoadContent finish(const std::vector<Instant>& chunks) {
    for (const Instant chunk : chunks) {
      auto known = rows.find(chunk);
      content.chunks.push_back({chunk, known == rows.end() ? 0 : known->second});
    }
    return std::move(content);
  }
};

class FileReading {
 public:
  FileReading(scan::RowCounter& counter, ReadingProgress& progress,
              const std::function<void(const ReadingProgress&)>& tell)
      : counter_(counter), progress_(progress), tell_(tell) {}

  Result<LoadFile> read(const std::string& path) {
    const Descriptor file(path);
    if (file.fd < 0) return failed(path);
    const bool zipped = path.ends_with(".gz");
    runtime::Inflater inflater(runtime::GzipMembers::several);
    Digest digest;
    LoadFile out{path, 0, "", -1, {}};
    std::string block(block_bytes, '\0');
    for (;;) {
      const ssize_t got = ::read(file.fd, block.data(), block.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failed(path);
      if (got == 0) break;
      const std::string_view bytes(block.data(), static_cast<std::size_t>(got));
      digest.put(bytes);
      out.bytes += got;
      auto done = zipped ? put_inflated(inflater, bytes) : counter_.put(bytes);
      if (!done) return tl::unexpected<Error>(std::move(done).error().within(path));
      progress_.bytes += got;
      tell_(progress_);
    }
    if (zipped && out.bytes > 0 && !inflater.done())
      return fail(
          ErrorKind::invalid,
          fmt::format("{}: the gzip data end before they are complete: the file was cut", path));
    out.content = digest.hex();
    return out;
  }

 private:
  Result<void> put_inflated(runtime::Inflater& inflater, std::string_view bytes) {
    auto plain = inflater.put(bytes, std::string::npos);
    if (!plain) return fail(ErrorKind::invalid, "it is no gzip file, or is damaged");
    return counter_.put(*plain);
  }

  scan::RowCounter& counter_;
  ReadingProgress& progress_;
  const std::function<void(const ReadingProgress&)>& tell_;
};

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
                               const std::vector<Instant>& chunks,
                               const std::function<void(const ReadingProgress&)>& tell) {
  TRY(const auto files, local_files(request.sources, chunks));
  ReadingProgress progress{0, std::ssize(files), 0, 0, 0};
  TRY(progress.bytes_total, bytes_of(files));
  TRY(auto counter, scan::RowCounter::compile(pipeline, request.interval));
  Sum sum;
  sum.content.input = LoadInput::local;
  sum.content.proof = counter.proof();
  for (const std::string& path : files) {
    if (!readable(path))
      return fail(ErrorKind::invalid,
                  fmt::format("{}: henge counts rows of plain and gzip files only", path));
    FileReading reading(counter, progress, tell);
    TRY(LoadFile file, reading.read(path));
    const scan::FileCounts counts = counter.finish();
    TRY_VOID(check_rows(path, counts));
    sum.add(std::move(file), counts);
    ++progress.files;
    progress.rows = sum.content.rows.accepted;
    tell(progress);
  }
  return sum.finish(chunks);
}

Result<LoadContent> read_inline(const Pipeline& pipeline, const LoadRequest& request,
                                const std::vector<Instant>& chunks) {
  TRY(auto counter, scan::RowCounter::compile(pipeline, request.interval));
  Digest digest;
  digest.put(request.inline_rows);
  TRY_VOID(counter.put(request.inline_rows));
  const scan::FileCounts counts = counter.finish();
  TRY_VOID(check_rows("inline rows", counts));
  Sum sum;
  sum.content.input = LoadInput::inlined;
  sum.content.proof = counter.proof();
  sum.add(LoadFile{"inline", std::ssize(request.inline_rows), digest.hex(), -1, {}}, counts);
  return sum.finish(chunks);
}

}  // namespace henge::daemon
