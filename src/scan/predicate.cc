#include "scan/predicate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "scan/java_number.h"

namespace henge::scan {

namespace {

// A range's bound for longs: to the next whole number inside where it belongs to the range, outside
// where it does not.
std::int64_t long_bound(double bound, bool up) {
  return to_long(up ? std::ceil(bound) : std::floor(bound));
}

}  // namespace

bool is_word(std::string_view text, std::string_view word) {
  return std::ranges::equal(text, word, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

void InSet::add(const std::optional<std::string>& value) {
  if (!value) {
    has_null_ = true;
    return;
  }
  texts_.insert(*value);
  if (const auto number = parse_exact_long(*value)) longs_.insert(*number);
  if (const auto number = parse_double(*value)) doubles_.push_back(*number);
}

void InSet::add(const Typed& value) {
  if (value.type == ValueType::text) return add(std::optional(value.text));
  type_ = value.type;
  longs_.insert(value.integer);
  doubles_.push_back(value.decimal);
}

bool InSet::of_text(std::string_view row) const {
  if (type_ == ValueType::text) return texts_.contains(row);
  if (type_ == ValueType::integer) {
    const auto number = try_parse_long(row);
    return number && of_long(*number);
  }
  const auto number = parse_double(row);
  return number && of_double(*number);
}

bool InSet::of_double(double row) const {
  return std::ranges::any_of(doubles_, [&](double v) { return same_double(v, row); });
}

Equals::Equals(Typed value) : value_(std::move(value)) {
  if (value_.type == ValueType::text) {
    const auto integer = try_parse_long(value_.text);
    as_double_ = is_word(value_.text, "true")    ? 1.0
                 : is_word(value_.text, "false") ? 0.0
                 : integer                       ? static_cast<double>(*integer)
                                                 : parse_double(value_.text);
  } else {
    as_double_ = value_.decimal;
  }
  if (!as_double_) return;
  // A number with a fraction equals no long.
  const std::int64_t integer =
      value_.type == ValueType::integer ? value_.integer : to_long(*as_double_);
  if (static_cast<double>(integer) == *as_double_)
    as_long_ = try_parse_long(value_.text).value_or(integer);
}

bool Equals::of_text(std::string_view row) const {
  switch (value_.type) {
    case ValueType::text:
      return row == value_.text;
    case ValueType::integer:
      return parse_exact_long(row) == value_.integer;
    case ValueType::decimal: {
      // By value here: both zeros are the same, and NaN is not itself.
      const auto number = parse_double(row);
      return number && *number == value_.decimal;
    }
  }
  return false;
}

bool Equals::of_double(double row) const {
  return as_double_ && same_double(*as_double_, row);
}

bool Range::of_text(std::string_view row) const {
  return bounds_.hold([&](const Typed& bound) {
    return type_ == ValueType::text ? compare_texts(row, bound.text)
                                    : compare_numeric(row, bound.text);
  });
}

bool Range::of_long(std::int64_t row) const {
  if (type_ == ValueType::text) return of_text(fmt::format_int(row).str());
  if (bounds_.lower) {
    const std::int64_t lower = long_bound(bounds_.lower->decimal, !bounds_.lower_open);
    if (bounds_.lower_open ? row <= lower : row < lower) return false;
  }
  if (!bounds_.upper) return true;
  const std::int64_t upper = long_bound(bounds_.upper->decimal, bounds_.upper_open);
  return bounds_.upper_open ? row < upper : row <= upper;
}

bool Range::of_double(double row) const {
  if (type_ == ValueType::text) return of_text(java_text(row));
  return bounds_.hold([&](const Typed& bound) { return compare_doubles(row, bound.decimal); });
}

bool Bound::of_text(std::string_view row) const {
  return bounds_.hold([&](const Typed& bound) {
    return numeric_ ? compare_numeric(row, bound.text) : compare_texts(row, bound.text);
  });
}

bool Bound::of_long(std::int64_t row) const {
  return of_text(fmt::format_int(row).str());
}

bool Bound::of_double(double row) const {
  if (!numeric_) return of_text(java_text(row));
  // A bound that is no number lies below all numbers.
  return bounds_.hold([&](const Typed& bound) {
    const auto number = parse_double(bound.text);
    return number ? compare_doubles(row, *number) : 1;
  });
}

}  // namespace henge::scan
