#include "ledger/writer_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <string_view>
#include <vector>

namespace henge::ledger {

namespace {

// One line of a fixed width at the front, so that each note overwrites the one before it:
// "head 0000000000000000042 <64 digits>\npid 17 host a\n".
constexpr std::string_view head_word = "head ";
constexpr std::size_t sequence_width = 19;

std::string lock_text(const Head& head, const Writer& writer) {
  return fmt::format("{}{:019} {}\npid {} host {}\n", head_word, head.sequence, to_hex(head.hash),
                     writer.pid, writer.host);
}

ErrorKind kind_of_errno(int code) {
  switch (code) {
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorKind::denied;
    case ENOENT:
    case ENOTDIR:
      return ErrorKind::not_found;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorKind::exhausted;
    default:
      return ErrorKind::unknown_outcome;
  }
}

tl::unexpected<Error> system_error(std::string_view doing) {
  const int code = errno;
  return fail(kind_of_errno(code), fmt::format("{}: {}", doing, std::strerror(code)));
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; lines.size() < 2 && std::getline(file, line);) lines.push_back(line);
  return lines;
}

bool parse_number(std::string_view text, std::int64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Writer this_process() {
  std::array<char, 256> name{};
  const bool named = gethostname(name.data(), name.size() - 1) == 0;
  return {.pid = getpid(), .host = named ? name.data() : "unknown"};
}

Result<WriterLock> WriterLock::acquire(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return system_error("open " + path);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const bool held = errno == EWOULDBLOCK;
    auto error = system_error("lock " + path);
    close(descriptor);
    if (!held) return error;
    const std::optional<Writer> holder = noted_writer(path);
    return fail(ErrorKind::refused,
                holder ? fmt::format("process {} on {} is writing this ledger; one writer at a "
                                     "time, stop it first",
                                     holder->pid, holder->host)
                       : std::string("another process is writing this ledger; one writer at a "
                                     "time, stop it first"));
  }
  WriterLock lock(descriptor, this_process());
  const Head head = noted_head(path).value_or(Head{});
  const std::size_t size = lock_text(head, lock.writer_).size();
  TRY_VOID(lock.note(head));
  // The holder before may have had a longer name; later notes of ours have all the same length.
  if (ftruncate(descriptor, static_cast<off_t>(size)) != 0) return system_error("cut " + path);
  return lock;
}

WriterLock::WriterLock(WriterLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), writer_(std::move(other.writer_)) {}

WriterLock& WriterLock::operator=(WriterLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(writer_, other.writer_);
  return *this;
}

WriterLock::~WriterLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<void> WriterLock::note(const Head& head) {
  const std::string text = lock_text(head, writer_);
  const ssize_t written = pwrite(descriptor_, text.data(), text.size(), 0);
  if (written != static_cast<ssize_t>(text.size())) {
    if (written >= 0) errno = ENOSPC;
    return system_error("write the ledger's lock file");
  }
  return {};
}

std::optional<Head> noted_head(const std::string& path) {
  const std::vector<std::string> lines = lines_of(path);
  if (lines.empty() || !lines[0].starts_with(head_word)) return std::nullopt;
  const std::string_view line = std::string_view(lines[0]).substr(head_word.size());
  if (line.size() != sequence_width + 1 + 64) return std::nullopt;
  Head head;
  const Result<Hash> hash = parse_hash(line.substr(sequence_width + 1));
  if (!hash || !parse_number(line.substr(0, sequence_width), head.sequence)) return std::nullopt;
  head.hash = *hash;
  return head;
}

std::optional<Writer> noted_writer(const std::string& path) {
  const std::vector<std::string> lines = lines_of(path);
  if (lines.size() < 2) return std::nullopt;
  const std::string_view line = lines[1];
  const std::size_t host = line.find(" host ");
  if (!line.starts_with("pid ") || host == std::string_view::npos) return std::nullopt;
  Writer writer;
  if (!parse_number(line.substr(4, host - 4), writer.pid)) return std::nullopt;
  writer.host = line.substr(host + 6);
  return writer;
}

}  // namespace henge::ledger
