#include "scan/utf8_text.h"

#include <algorithm>

namespace henge::scan {

namespace {

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
}

// How many bytes a character has that begins with this one; 0 if none does.
std::size_t length_of(unsigned lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

bool is_continuation(unsigned byte) {
  return (byte & 0xC0U) == 0x80U;
}

// Whether the second byte keeps the character from being longer than needed or beyond U+10FFFF.
bool is_second(unsigned lead, unsigned second) {
  if (!is_continuation(second)) return false;
  if (lead == 0xE0) return second >= 0xA0;
  if (lead == 0xF0) return second >= 0x90;
  if (lead == 0xF4) return second <= 0x8F;
  return true;
}

struct Step {
  std::size_t size = 1;  // bytes taken
  bool is_character = false;
};

Step step(std::string_view bytes) {
  const unsigned lead = byte_at(bytes, 0);
  const std::size_t length = length_of(lead);
  if (length <= 1) return {1, length == 1};
  if (!is_second(lead, byte_at(bytes, 1))) return {1, false};
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_continuation(byte_at(bytes, i))) return {i, false};
  }
  const bool is_surrogate = lead == 0xED && byte_at(bytes, 1) >= 0xA0;
  return {length, !is_surrogate};
}

}  // namespace

std::string java_string(std::string_view bytes) {
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::ranges::all_of(bytes, is_plain)) return std::string(bytes);
  std::string text;
  while (!bytes.empty()) {
    const Step next = step(bytes);
    text += next.is_character ? bytes.substr(0, next.size) : std::string_view("\xEF\xBF\xBD");
    bytes.remove_prefix(next.size);
  }
  return text;
}

}  // namespace henge::scan
