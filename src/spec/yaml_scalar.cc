// Which unquoted YAML scalars are more than text.
#include <charconv>
#include <cmath>
#include <limits>

#include "spec/yaml_tree.h"

namespace henge::spec {
namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> choices) {
  return std::ranges::find(choices, text) != choices.end();
}

std::string_view without_sign(std::string_view text) {
  return !text.empty() && (text[0] == '-' || text[0] == '+') ? text.substr(1) : text;
}

bool all_digits(std::string_view text, int base) {
  auto fits = [&](char c) {
    if (base == 8) return c >= '0' && c <= '7';
    if (c >= '0' && c <= '9') return true;
    return base == 16 && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
  };
  return !text.empty() && std::ranges::all_of(text, fits);
}

// Decimal digits with a sign, or 0o17 and 0x1f without one.
bool resolve_integer(Node& node) {
  std::string_view text = node.text;
  int base = 10;
  if (text.starts_with("0x")) base = 16;
  if (text.starts_with("0o")) base = 8;
  std::string_view digits = base == 10 ? without_sign(text) : text.substr(2);
  if (!all_digits(digits, base)) return false;
  const bool negative = text[0] == '-';
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  constexpr std::uint64_t top = std::numeric_limits<std::int64_t>::max();
  if (error != std::errc() || value > top) {
    node.kind = NodeKind::number;  // beyond 64 bits: still a number, no longer an integer
    std::from_chars(digits.data(), digits.data() + digits.size(), node.number);
    if (negative) node.number = -node.number;
    return true;
  }
  node.kind = NodeKind::integer;
  node.integer = negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
  node.number = static_cast<double>(node.integer);
  return true;
}

bool resolve_number(Node& node) {
  std::string_view text = node.text;
  std::string_view magnitude = without_sign(text);
  const bool negative = text[0] == '-';
  if (is_one_of(magnitude, {".inf", ".Inf", ".INF"})) {
    node.number = negative ? -std::numeric_limits<double>::infinity()
                           : std::numeric_limits<double>::infinity();
  } else if (is_one_of(text, {".nan", ".NaN", ".NAN"})) {
    node.number = std::numeric_limits<double>::quiet_NaN();
  } else {
    const bool starts_well =
        !magnitude.empty() && (std::isdigit(static_cast<unsigned char>(magnitude[0])) ||
                               (magnitude[0] == '.' && magnitude.size() > 1));
    if (!starts_well) return false;
    const char* last = magnitude.data() + magnitude.size();
    auto [end, error] = std::from_chars(magnitude.data(), last, node.number);
    if (end != last || error == std::errc::invalid_argument) return false;
    if (negative) node.number = -node.number;
  }
  node.kind = NodeKind::number;
  return true;
}

}  // namespace

void resolve_plain(Node& scalar) {
  const std::string& text = scalar.text;
  scalar.kind = NodeKind::text;
  if (text.empty() || is_one_of(text, {"~", "null", "Null", "NULL"})) {
    scalar.kind = NodeKind::null;
  } else if (is_one_of(text, {"true", "True", "TRUE", "false", "False", "FALSE"})) {
    scalar.kind = NodeKind::boolean;
    scalar.boolean = text[0] == 't' || text[0] == 'T';
  } else if (!resolve_integer(scalar)) {
    resolve_number(scalar);
  }
}

std::string describe(const Node& node) {
  constexpr std::size_t shown_max = 40;
  std::string shown =
      node.text.size() <= shown_max ? node.text : node.text.substr(0, shown_max) + "...";
  switch (node.kind) {
    case NodeKind::null:
      return "nothing";
    case NodeKind::boolean:
      return shown;
    case NodeKind::integer:
    case NodeKind::number:
      return "the number " + shown;
    case NodeKind::text:
      return "the text \"" + shown + "\"";
    case NodeKind::list:
      return "a list";
    case NodeKind::map:
      return "a map";
  }
  return "nothing";
}

}  // namespace henge::spec
