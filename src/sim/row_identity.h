// Which row is which, wherever it is met: in a Kafka record, in a delta file, in a segment.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/time.h"

namespace henge::sim {

// A function of the row's bytes, so a world has to make every row's bytes different (an `id` field)
// and write JSON rows on one line. The same row has the same identity through either door.
using RowId = std::uint64_t;

inline RowId row_id(std::string_view bytes) {
  constexpr std::string_view space = " \t\r\n";
  const auto first = bytes.find_first_not_of(space);
  bytes = first == std::string_view::npos
              ? std::string_view()
              : bytes.substr(first, bytes.find_last_not_of(space) - first + 1);
  RowId hash = 0xcbf29ce484222325U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash ^ (hash >> 29U);
}

// A row that is in a segment.
struct SegmentRow64 {
  RowId id = 0;
  Instant event{};
};

}  // namespace henge::sim
