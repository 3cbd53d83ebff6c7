#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "scan/delta_file.h"
#include "scan/delta_layout.h"

namespace henge::scan {

namespace {

namespace fs = std::filesystem;

class OpenFile {
 public:
  explicit OpenFile(const fs::path& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  // Up to `size` bytes from `offset`; fewer at the end of the file. Nothing on a failure, with
  // errno set.
  [[nodiscard]] std::optional<std::string> read(std::int64_t offset, std::size_t size) const {
    std::string bytes(size, '\0');
    std::size_t got = 0;
    while (got < size) {
      const ssize_t n = ::pread(descriptor_, bytes.data() + got, size - got,
                                offset + static_cast<std::int64_t>(got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return std::nullopt;
      if (n == 0) break;
      got += static_cast<std::size_t>(n);
    }
    bytes.resize(got);
    return bytes;
  }

 private:
  int descriptor_;
};

tl::unexpected<Error> damaged(const fs::path& path, const Extent& extent, std::string_view why) {
  return fail(ErrorKind::corrupt,
              fmt::format("{}, bytes {} to {}: {}; the file is left as it is", path.string(),
                          extent.offset, extent.offset + extent.bytes, why));
}

}  // namespace

Result<std::string> read_extent(const DeltaFolder& folder, const Extent& extent) {
  const fs::path path = folder.path / extent.file;
  const OpenFile file(path);
  if (!file.is_open()) {
    return fail(errno == ENOENT ? ErrorKind::not_found : ErrorKind::unavailable,
                fmt::format("open {}: {}", path.string(), std::strerror(errno)));
  }
  const std::size_t head_size = encode_head(folder.pipeline).size();
  const auto head = file.read(0, head_size);
  if (!head)
    return fail(ErrorKind::unavailable,
                fmt::format("read {}: {}", path.string(), std::strerror(errno)));
  if (auto checked = check_head(*head, folder.pipeline); !checked) {
    return tl::unexpected<Error>(Error(checked.error()).within(path.string()));
  }
  if (extent.offset < static_cast<std::int64_t>(head_size) || extent.bytes < 0) {
    return damaged(path, extent, "the record of it is wrong");
  }
  auto bytes = file.read(extent.offset, static_cast<std::size_t>(extent.bytes));
  if (!bytes)
    return fail(ErrorKind::unavailable,
                fmt::format("read {}: {}", path.string(), std::strerror(errno)));
  if (bytes->size() != static_cast<std::size_t>(extent.bytes))
    return damaged(path, extent, "the file ends before");
  if (checksum_of(*bytes) != extent.checksum)
    return damaged(path, extent, "the checksum does not match");
  return std::move(*bytes);
}

std::int64_t DeltaLines::bytes_total() const {
  std::int64_t total = 0;
  for (const Extent& extent : extents_) total += extent.payload_bytes + extent.rows;
  return total;
}

Result<std::optional<std::string>> DeltaLines::next() {
  if (at_ >= extents_.size()) return std::nullopt;
  const Extent& extent = extents_[at_];
  TRY(const std::string bytes, read_extent(folder_, extent));
  TRY(const auto entries, parse_entries(bytes));
  std::string lines;
  lines.reserve(static_cast<std::size_t>(extent.payload_bytes + extent.rows));
  for (const DeltaEntry& entry : entries) {
    const std::size_t begin = lines.size();
    lines += entry.bytes;
    // Only between the tokens of a JSON row: a line of CSV has none, and inside a JSON string it is
    // forbidden.
    std::replace(lines.begin() + static_cast<std::ptrdiff_t>(begin), lines.end(), '\n', ' ');
    lines += '\n';
  }
  ++at_;
  return lines;
}

}  // namespace henge::scan
