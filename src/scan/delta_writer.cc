#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "scan/delta_file.h"
#include "scan/delta_layout.h"

namespace henge::scan {

namespace {

namespace fs = std::filesystem;

Error error_of(int code, std::string_view doing, const fs::path& path) {
  const bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  return {full ? ErrorKind::exhausted : ErrorKind::unavailable,
          fmt::format("{} {}: {}", doing, path.string(), std::strerror(code))};
}

tl::unexpected<Error> failed(std::string_view doing, const fs::path& path) {
  return tl::unexpected<Error>(error_of(errno, doing, path));
}

// A new name is safe only when its folder is, too.
Result<void> sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failed("open folder", folder);
  const int synced = ::fsync(descriptor);
  const int code = errno;
  ::close(descriptor);
  if (synced != 0) return tl::unexpected<Error>(error_of(code, "sync folder", folder));
  return {};
}

Result<std::vector<int>> numbers_in(const fs::path& folder) {
  std::vector<int> numbers;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    if (auto number = delta_file_number(it->path().filename().string())) numbers.push_back(*number);
  }
  if (code) return tl::unexpected<Error>(error_of(code.value(), "list", folder));
  std::ranges::sort(numbers);
  return numbers;
}

Result<void> set_aside(const fs::path& path) {
  std::error_code code;
  fs::rename(path, path.string() + ".unknown", code);
  if (code) return tl::unexpected<Error>(error_of(code.value(), "set aside", path));
  return {};
}

// Rows by kind and chunk; inside as they came.
using Groups = std::map<std::pair<DeltaKind, Instant>,
                        std::vector<std::pair<const Findings*, const KeptRow*>>>;

Groups group(const std::vector<const Findings*>& findings) {
  Groups groups;
  for (const Findings* one : findings) {
    for (const KeptRow& row : one->kept) groups[{row.kind, row.chunk}].emplace_back(one, &row);
  }
  return groups;
}

}  // namespace

DeltaWriter::DeltaWriter(DeltaFolder folder, std::int64_t file_bytes_max)
    : folder_(std::move(folder)), file_bytes_max_(file_bytes_max) {}

DeltaWriter::DeltaWriter(DeltaWriter&& other) noexcept
    : folder_(std::move(other.folder_)),
      file_bytes_max_(other.file_bytes_max_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      file_(std::move(other.file_)),
      end_(other.end_),
      number_last_(other.number_last_) {}

DeltaWriter& DeltaWriter::operator=(DeltaWriter&& other) noexcept {
  std::swap(folder_, other.folder_);
  std::swap(file_bytes_max_, other.file_bytes_max_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(file_, other.file_);
  std::swap(end_, other.end_);
  std::swap(number_last_, other.number_last_);
  return *this;
}

DeltaWriter::~DeltaWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<DeltaWriter> DeltaWriter::open(DeltaFolder folder, const DeltaEnds& known,
                                      std::int64_t file_bytes_max) {
  std::error_code code;
  fs::create_directories(folder.path, code);
  if (code) return tl::unexpected<Error>(error_of(code.value(), "make folder", folder.path));
  DeltaWriter writer(std::move(folder), file_bytes_max);
  TRY_VOID(writer.cut_unrecorded(known));
  return writer;
}

Result<void> DeltaWriter::cut_unrecorded(const DeltaEnds& known) {
  TRY(const auto numbers, numbers_in(folder_.path));
  const int known_last = known.empty() ? 0 : delta_file_number(known.rbegin()->first).value_or(0);
  number_last_ = std::max(known_last, numbers.empty() ? 0 : numbers.back());
  for (const int number : numbers) {
    const fs::path path = folder_.path / delta_file_name(number);
    if (known.empty()) {
      TRY_VOID(set_aside(path));
    } else if (number > known_last && ::unlink(path.c_str()) != 0) {
      return failed("remove", path);
    }
  }
  for (const auto& [file, end] : known) {
    const fs::path path = folder_.path / file;
    std::error_code gone;
    const auto size = fs::file_size(path, gone);
    if (gone) continue;  // gone: past its retention, every row in it repaired
    if (static_cast<std::int64_t>(size) < end) {
      return fail(ErrorKind::corrupt,
                  fmt::format("{} has {} bytes, but rows up to byte {} are recorded", path.string(),
                              size, end));
    }
  }
  if (known.empty() || !std::ranges::binary_search(numbers, known_last))
    return sync_folder(folder_.path);
  return open_last(known.rbegin()->first, known.rbegin()->second);
}

Result<void> DeltaWriter::open_last(const std::string& file, std::int64_t end) {
  const fs::path path = folder_.path / file;
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor_ < 0) return failed("open", path);
  std::string head(encode_head(folder_.pipeline).size(), '\0');
  const ssize_t got = ::pread(descriptor_, head.data(), head.size(), 0);
  if (got < 0) return failed("read", path);
  head.resize(static_cast<std::size_t>(got));
  if (const auto checked = check_head(head, folder_.pipeline); !checked) {
    return tl::unexpected<Error>(Error(checked.error()).within(path.string()));
  }
  if (::ftruncate(descriptor_, end) != 0 || ::fdatasync(descriptor_) != 0)
    return failed("cut", path);
  file_ = file;
  end_ = end;
  return {};
}

// The next file, with its head on disk. On an error the writer is as before.
Result<void> DeltaWriter::start_file() {
  const std::string name = delta_file_name(number_last_ + 1);
  const fs::path path = folder_.path / name;
  DeltaWriter next(folder_, file_bytes_max_);
  next.descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (next.descriptor_ < 0) return failed("make", path);
  next.file_ = name;
  next.number_last_ = number_last_ + 1;
  auto written = next.write(encode_head(folder_.pipeline));
  if (written) written = sync_folder(folder_.path);
  if (!written) {
    // An empty file without rows would do no harm, should this not work.
    ::unlink(path.c_str());
    return written;
  }
  *this = std::move(next);
  return {};
}

// All of the bytes, on disk; or none of them.
Result<void> DeltaWriter::write(std::string_view bytes) {
  const fs::path path = folder_.path / file_;
  std::int64_t at = end_;
  int code = 0;
  while (!bytes.empty() && code == 0) {
    const ssize_t wrote = ::pwrite(descriptor_, bytes.data(), bytes.size(), at);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      code = wrote < 0 ? errno : ENOSPC;
      break;
    }
    at += wrote;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  if (code == 0 && ::fdatasync(descriptor_) != 0) code = errno;
  if (code != 0) {
    // The tail is cut at the next start as well, should this not work.
    if (::ftruncate(descriptor_, end_) != 0) code = code == 0 ? errno : code;
    return tl::unexpected<Error>(error_of(code, "write", path));
  }
  end_ = at;
  return {};
}

Result<std::vector<Extent>> DeltaWriter::append(const std::vector<const Findings*>& findings) {
  const Groups groups = group(findings);
  std::vector<Extent> extents;
  if (groups.empty()) return extents;
  if (descriptor_ < 0 || end_ >= file_bytes_max_) TRY_VOID(start_file());
  std::string bytes;
  for (const auto& [key, rows] : groups) {
    const std::size_t begin = bytes.size();
    Extent extent;
    extent.file = file_;
    extent.offset = end_ + static_cast<std::int64_t>(begin);
    extent.kind = key.first;
    extent.chunk = key.second;
    extent.rows = static_cast<std::int64_t>(rows.size());
    extent.arrival_first = rows.front().second->arrival;
    for (const auto& [owner, row] : rows) {
      append_entry(bytes, *row, owner->bytes_of(*row));
      extent.payload_bytes += static_cast<std::int64_t>(row->size);
      extent.arrival_first = std::min(extent.arrival_first, row->arrival);
    }
    extent.bytes = static_cast<std::int64_t>(bytes.size() - begin);
    extent.checksum = checksum_of(std::string_view(bytes).substr(begin));
    extents.push_back(std::move(extent));
  }
  TRY_VOID(write(bytes));
  return extents;
}

Result<void> remove_delta_files(const DeltaFolder& folder, const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    const fs::path path = folder.path / file;
    if (!delta_file_number(file))
      return fail(ErrorKind::invalid, fmt::format("'{}' is not a delta file's name", file));
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed("remove", path);
  }
  return sync_folder(folder.path);
}

}  // namespace henge::scan
