#include "scan/arrival_field.h"

#include <algorithm>
#include <variant>
#include <vector>

#include "scan/java_number.h"
#include "scan/json_number.h"
#include "scan/predicate.h"

namespace henge::scan {

namespace {

using Number = std::variant<std::int64_t, double>;

// As Druid's expressions do: beyond 64 bits it goes on at the other end.
std::int64_t wrapping_sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

// An expression that meets a text calculates with doubles.
std::optional<Number> number_of_text(const std::string& text) {
  if (const auto integer = try_parse_long(text)) return Number(static_cast<double>(*integer));
  if (const auto decimal = parse_double(text)) return Number(*decimal);
  if (is_word(text, "true") || is_word(text, "false"))
    return Number(is_word(text, "true") ? 1.0 : 0.0);
  return std::nullopt;
}

// All numbers in the value: the expression holds for a list if it holds for one of its elements.
void collect(const JsonValue& value, std::vector<Number>& numbers) {
  switch (value.kind) {
    case JsonKind::integer:
    case JsonKind::decimal:
      numbers.push_back(to_number(value));
      return;
    case JsonKind::text:
      if (const auto number = number_of_text(unescape(value.raw))) numbers.push_back(*number);
      return;
    case JsonKind::boolean:
      numbers.emplace_back(std::int64_t{value.raw == "true"});
      return;
    case JsonKind::array:
      for (const JsonValue& one : elements(value)) collect(one, numbers);
      return;
    case JsonKind::absent:
    case JsonKind::null:
    case JsonKind::object:
      return;
  }
}

bool is_at_least(std::int64_t event, const Number& arrival, std::int64_t distance) {
  if (const auto* integer = std::get_if<std::int64_t>(&arrival))
    return event >= wrapping_sum(*integer, distance);
  return compare_doubles(static_cast<double>(event),
                         std::get<double>(arrival) + static_cast<double>(distance)) >= 0;
}

bool is_at_most(std::int64_t event, const Number& arrival, std::int64_t distance) {
  if (const auto* integer = std::get_if<std::int64_t>(&arrival))
    return event <= wrapping_sum(*integer, distance);
  return compare_doubles(static_cast<double>(event),
                         std::get<double>(arrival) + static_cast<double>(distance)) <= 0;
}

}  // namespace

std::optional<Door> door_of_field(const LatenessRule& rule, Instant event, const JsonValue& value) {
  if (value.kind == JsonKind::absent || value.kind == JsonKind::null) return std::nullopt;
  std::vector<Number> numbers;
  collect(value, numbers);
  const std::int64_t ms = to_ms(event);
  const auto is_early = [&](const Number& arrival) {
    return rule.earliness && !is_at_most(ms, arrival, rule.earliness->count());
  };
  const auto passes = [&](const Number& arrival) {
    return is_at_least(ms, arrival, -rule.lateness.count()) && !is_early(arrival);
  };
  if (std::ranges::any_of(numbers, passes)) return Door::on_time;
  return !numbers.empty() && std::ranges::all_of(numbers, is_early) ? Door::early : Door::late;
}

}  // namespace henge::scan
