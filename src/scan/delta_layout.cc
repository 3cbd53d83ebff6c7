#include "scan/delta_layout.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <bit>
#include <charconv>
#include <cstring>

namespace henge::scan {

namespace {

static_assert(std::endian::native == std::endian::little,
              "delta files are written as the machine has its numbers");

constexpr std::string_view magic = "HENGEDLT";
constexpr std::uint32_t version = 1;
constexpr std::size_t head_fixed_bytes = 16;  // magic, version, length of the pipeline's name
constexpr std::size_t pipeline_bytes_max = 1024;

template <typename T>
void put(std::string& bytes, T value) {
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  bytes.append(raw, sizeof(T));
}

template <typename T>
T take(std::string_view bytes, std::size_t at) {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

}  // namespace

std::string encode_head(std::string_view pipeline) {
  std::string bytes(magic);
  put(bytes, version);
  put(bytes, static_cast<std::uint32_t>(pipeline.size()));
  bytes += pipeline;
  put(bytes, XXH3_64bits(bytes.data(), bytes.size()));
  return bytes;
}

Result<std::int64_t> check_head(std::string_view bytes, std::string_view pipeline) {
  if (bytes.size() < head_fixed_bytes || !bytes.starts_with(magic)) {
    return fail(ErrorKind::corrupt, "it does not begin as a delta file");
  }
  const auto found = take<std::uint32_t>(bytes, magic.size());
  if (found != version) {
    return fail(ErrorKind::corrupt,
                fmt::format("it has version {}, this henge knows version {}", found, version));
  }
  const std::size_t length = take<std::uint32_t>(bytes, magic.size() + sizeof(version));
  const std::size_t checked = head_fixed_bytes + length;
  if (length > pipeline_bytes_max || bytes.size() < checked + sizeof(std::uint64_t) ||
      take<std::uint64_t>(bytes, checked) != XXH3_64bits(bytes.data(), checked)) {
    return fail(ErrorKind::corrupt, "its head is damaged");
  }
  const std::string_view name = bytes.substr(head_fixed_bytes, length);
  if (name != pipeline) {
    return fail(ErrorKind::conflict,
                fmt::format("it belongs to the pipeline '{}', not '{}'", name, pipeline));
  }
  return static_cast<std::int64_t>(checked + sizeof(std::uint64_t));
}

void append_entry(std::string& bytes, const KeptRow& row, std::string_view text) {
  put(bytes, static_cast<std::uint32_t>(text.size()));
  put(bytes, row.partition);
  put(bytes, row.offset);
  put(bytes, row.index);
  put(bytes, static_cast<std::uint32_t>(row.kind));
  put(bytes, to_ms(row.arrival));
  put(bytes, to_ms(row.event));
  bytes += text;
}

Result<std::vector<DeltaEntry>> parse_entries(std::string_view bytes) {
  std::vector<DeltaEntry> entries;
  for (std::size_t at = 0; at < bytes.size();) {
    if (bytes.size() - at < entry_head_bytes) {
      return fail(ErrorKind::corrupt, fmt::format("entry {} is cut off", entries.size()));
    }
    const std::size_t size = take<std::uint32_t>(bytes, at);
    const auto kind = take<std::uint32_t>(bytes, at + 20);
    if (size > bytes.size() - at - entry_head_bytes ||
        kind > static_cast<std::uint32_t>(DeltaKind::unparseable)) {
      return fail(ErrorKind::corrupt, fmt::format("entry {} is damaged", entries.size()));
    }
    entries.push_back({static_cast<DeltaKind>(kind), take<std::int32_t>(bytes, at + 4),
                       take<std::int64_t>(bytes, at + 8), take<std::int32_t>(bytes, at + 16),
                       instant_of_ms(take<std::int64_t>(bytes, at + 24)),
                       instant_of_ms(take<std::int64_t>(bytes, at + 32)),
                       bytes.substr(at + entry_head_bytes, size)});
    at += entry_head_bytes + size;
  }
  return entries;
}

std::string checksum_of(std::string_view bytes) {
  return fmt::format("{:016x}", XXH3_64bits(bytes.data(), bytes.size()));
}

std::string delta_file_name(int number) {
  return fmt::format("delta-{:08}.bin", number);
}

std::optional<int> delta_file_number(std::string_view name) {
  constexpr std::string_view before = "delta-";
  constexpr std::string_view after = ".bin";
  if (!name.starts_with(before) || !name.ends_with(after) || name.size() != 18) return std::nullopt;
  const std::string_view digits = name.substr(before.size(), 8);
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number < 1)
    return std::nullopt;
  return number;
}

}  // namespace henge::scan
