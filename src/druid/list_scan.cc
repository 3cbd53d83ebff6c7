#include "druid/list_scan.h"

#include <bit>
#include <cstring>

namespace henge::druid {

namespace {

constexpr std::size_t step = 64;

// As wide as every x86-64 and ARM64 has it.
using Lane = char __attribute__((ext_vector_type(16)));
using Flags = bool __attribute__((ext_vector_type(16)));
constexpr unsigned lane_bytes = 16;

std::uint64_t equal_bits(Lane bytes, char c) {
  const Flags flags = __builtin_convertvector(bytes == c, Flags);
  return std::bit_cast<std::uint16_t>(flags);
}

// Bit i is set if an odd number of bits up to and including i are.
std::uint64_t odd_so_far(std::uint64_t bits) {
  for (const unsigned shift : {1U, 2U, 4U, 8U, 16U, 32U}) bits ^= bits << shift;
  return bits;
}

}  // namespace

ListScan::Masks ListScan::look(const char* bytes) {
  Masks masks;
  for (unsigned at = 0; at < step; at += lane_bytes) {
    Lane lane;
    std::memcpy(&lane, bytes + at, sizeof(lane));
    // Brackets and braces differ in one bit: [ { and ] }.
    const Lane folded = lane | 0x20;
    masks.quotes |= equal_bits(lane, '"') << at;
    masks.backslashes |= equal_bits(lane, '\\') << at;
    masks.opens |= equal_bits(folded, '{') << at;
    masks.closes |= equal_bits(folded, '}') << at;
  }
  return masks;
}

ListScan::Masks ListScan::look_at_tail(std::string_view bytes) {
  char padded[step] = {};
  std::memcpy(padded, bytes.data(), bytes.size());
  return look(padded);
}

void ListScan::put(std::string_view bytes) {
  while (bytes.size() >= step) {
    count(look(bytes.data()), step);
    bytes.remove_prefix(step);
  }
  if (!bytes.empty()) count(look_at_tail(bytes), static_cast<unsigned>(bytes.size()));
}

std::uint64_t ListScan::escaped(std::uint64_t backslashes, unsigned size) {
  if (backslashes == 0 && !escape_next_) return 0;
  std::uint64_t out = 0;
  for (unsigned at = 0; at < size; ++at) {
    const std::uint64_t bit = 1ULL << at;
    if (escape_next_) {
      out |= bit;
      escape_next_ = false;
    } else if ((backslashes & bit) != 0) {
      escape_next_ = true;
    }
  }
  return out;
}

void ListScan::count(const Masks& masks, unsigned size) {
  const std::uint64_t quotes = masks.quotes & ~escaped(masks.backslashes, size);
  // Most stretches have no bracket at all: of them only the number of quotes matters.
  if ((masks.opens | masks.closes) != 0) {
    const std::uint64_t text = odd_so_far(quotes) ^ (in_text_ ? ~0ULL : 0ULL);
    walk(masks.opens & ~text, masks.closes & ~text);
  }
  in_text_ ^= __builtin_parityll(quotes) != 0;
  scanned_ += size;
}

void ListScan::walk(std::uint64_t opens, std::uint64_t closes) {
  for (std::uint64_t rest = opens | closes; rest != 0; rest &= rest - 1) {
    const std::uint64_t bit = rest & -rest;
    if ((opens & bit) != 0) {
      ++depth_;
      continue;
    }
    --depth_;
    const std::uint64_t behind = scanned_ + static_cast<unsigned>(std::countr_zero(rest)) + 1;
    if (depth_ == 1 && !list_end_) element_end_ = behind;
    if (depth_ == 0 && !list_end_) list_end_ = behind;
  }
}

}  // namespace henge::druid
