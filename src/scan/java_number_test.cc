// Numbers and texts by hand and by law; tests/golden/numbers has Java's own answers for many more.
#include "scan/java_number.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace henge::scan {
namespace {

constexpr std::int64_t long_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t long_min = std::numeric_limits<std::int64_t>::min();

int sign(int value) {
  return value < 0 ? -1 : value > 0 ? 1 : 0;
}

TEST(JavaNumber, texts) {
  EXPECT_EQ(java_text(1.0), "1.0");
  EXPECT_EQ(java_text(-0.0), "-0.0");
  EXPECT_EQ(java_text(1e7), "1.0E7");
  EXPECT_EQ(java_text(1.5e-5), "1.5E-5");
  EXPECT_EQ(java_text(9999999.5), "9999999.5");
}

TEST(JavaNumber, parsing) {
  EXPECT_EQ(parse_long("+5"), 5);
  EXPECT_FALSE(parse_long("+-5"));
  EXPECT_EQ(try_parse_long("+-5"), -5);
  EXPECT_FALSE(try_parse_long("++5"));
  EXPECT_FALSE(parse_long("9223372036854775808"));
  EXPECT_EQ(parse_exact_long("1e3"), 1000);
  EXPECT_EQ(parse_exact_long("-1.50e1"), -15);
  EXPECT_FALSE(parse_exact_long("1.5"));
  EXPECT_FALSE(parse_exact_long("1e30"));
  EXPECT_EQ(parse_double("1d"), 1.0);
  EXPECT_EQ(parse_double("-.5F"), -0.5);
  EXPECT_EQ(parse_double("0x1p3"), 8.0);
  for (const char* bad : {"", " 1", "1 ", "inf", "nan", "d", "1e", "--1", "1_0"})
    EXPECT_FALSE(parse_double(bad)) << bad;
}

TEST(JavaNumber, order) {
  EXPECT_LT(compare_doubles(-0.0, 0.0), 0);
  EXPECT_GT(compare_doubles(std::nan(""), 1e300), 0);
  EXPECT_EQ(compare_numeric("1.0", "1"), 0);
  EXPECT_LT(compare_numeric("9", "10"), 0);
  EXPECT_LT(compare_numeric("-10", "-9"), 0);
  EXPECT_LT(compare_numeric("abc", "-5"), 0);
  EXPECT_LT(compare_numeric("abc", "abd"), 0);
  EXPECT_GT(compare_numeric("0.1", "1e-5"), 0);
  EXPECT_EQ(compare_numeric("\u0661\uFF12", "12"), 0);  // digits of any script
  EXPECT_LT(compare_numeric("1e2147483648", "1"), 0);   // no number: beyond BigDecimal
  EXPECT_LT(compare_numeric("1e+-5", "1e-9"), 0);       // no number either
  EXPECT_LT(compare_texts("\U0001F600", "\uE000"), 0);  // by UTF-16 units
  EXPECT_GT(compare_texts("\uE000", "\u00E9"), 0);
  EXPECT_LT(compare_texts("a", "ab"), 0);
}

TEST(JavaNumber, to_long_cuts_off_and_holds_at_the_ends) {
  const std::vector<std::pair<double, std::int64_t>> table{
      {0.0, 0},
      {-0.0, 0},
      {1.9, 1},
      {-1.9, -1},
      {1e18, 1'000'000'000'000'000'000},
      {1e19, long_max},
      {-1e19, long_min},
      {9223372036854775807.0, long_max},  // the double is 2^63
      {-9223372036854775808.0, long_min},
      {9223372036854774784.0, 9223372036854774784},
      {std::numeric_limits<double>::infinity(), long_max},
      {-std::numeric_limits<double>::infinity(), long_min},
      {std::nan(""), 0},
      {5e-324, 0}};
  for (const auto& [value, expected] : table) EXPECT_EQ(to_long(value), expected) << value;
}

TEST(JavaNumber, the_digits_of_every_script_are_digits_for_some_readers_only) {
  const struct {
    std::string_view text;
    std::optional<std::int64_t> any_script, plain, exact;
  } cases[] = {
      {"12", 12, 12, 12},
      {"-12", -12, -12, -12},
      {"\uFF11\uFF12", 12, {}, 12},
      {"-\u0661\u0662", -12, {}, -12},
      {"1\u0967", 11, {}, 11},
      {"\U0001D7D9", {}, {}, {}},  // a digit of two UTF-16 units is none
      {"\u00B2", {}, {}, {}},      // superscript two is a number, but no digit
      {"\u4E94", {}, {}, {}},      // so is the sign for five
      {"1\xC3", {}, {}, {}},       // cut off in the middle of a character
      {"\xE0\xA5", {}, {}, {}},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(parse_long_of_any_script(c.text), c.any_script) << c.text;
    EXPECT_EQ(parse_long(c.text), c.plain) << c.text;
    EXPECT_EQ(parse_exact_long(c.text), c.exact) << c.text;
  }
}

TEST(JavaNumber, exact_longs_have_no_fraction_and_fit) {
  const std::vector<std::pair<std::string_view, std::optional<std::int64_t>>> table{
      {"9223372036854775807", long_max},
      {"9223372036854775807.0", long_max},
      {"9223372036854775807.5", {}},
      {"9223372036854775808", {}},
      {"922337203685477580.7e1", long_max},
      {"-9223372036854775808e0", long_min},
      {"-9223372036854775809", {}},
      {"1e18", 1'000'000'000'000'000'000},
      {"1e19", {}},
      {"0e999", 0},
      {"0.000", 0},
      {"-0.0", 0},
      {"100e-2", 1},
      {"150e-2", {}},
      {"0x10", {}},
      {"1d", {}},
      {"NaN", {}},
      {"", {}},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(parse_exact_long(text), expected) << text;
}

TEST(JavaNumber, doubles_are_the_same_by_their_bits) {
  EXPECT_TRUE(same_double(1.5, 1.5));
  EXPECT_FALSE(same_double(0.0, -0.0));
  EXPECT_TRUE(same_double(std::nan("1"), std::nan("2")));
  EXPECT_FALSE(same_double(std::nan(""), 1));
  EXPECT_EQ(compare_doubles(std::nan(""), std::nan("")), 0);
  EXPECT_EQ(compare_doubles(0.0, 0.0), 0);
  EXPECT_GT(compare_doubles(0.0, -0.0), 0);
  EXPECT_LT(compare_doubles(std::numeric_limits<double>::infinity(), std::nan("")), 0);
}

RC_GTEST_PROP(JavaNumber, a_double_is_read_back_from_its_text, (std::uint64_t bits)) {
  const auto value = std::bit_cast<double>(bits);
  const auto read = parse_double(java_text(value));
  RC_ASSERT(read.has_value());
  RC_ASSERT(same_double(*read, value));
}

RC_GTEST_PROP(JavaNumber, a_long_is_read_back_by_every_reader, (std::int64_t value)) {
  const std::string text = fmt::format("{}", value);
  RC_ASSERT(parse_long(text) == value);
  RC_ASSERT(try_parse_long(text) == value);
  RC_ASSERT(parse_long_of_any_script(text) == value);
  RC_ASSERT(parse_exact_long(text) == value);
  RC_ASSERT(parse_exact_long(text + ".000") == value);
  RC_ASSERT(parse_exact_long(text + "e0") == value);
}

RC_GTEST_PROP(JavaNumber, the_numeric_order_of_longs_is_theirs, (std::int64_t a, std::int64_t b)) {
  const int expected = a < b ? -1 : a > b ? 1 : 0;
  const std::string text_a = fmt::format("{}", a);
  const std::string text_b = fmt::format("{}", b);
  RC_ASSERT(sign(compare_numeric(text_a, text_b)) == expected);
  // Also where one is written as a decimal: no way over doubles, which would lose digits.
  RC_ASSERT(sign(compare_numeric(text_a + ".0", text_b)) == expected);
  RC_ASSERT(sign(compare_numeric(text_a, text_b + "e0")) == expected);
}

// A text in the neighbourhood of numbers.
rc::Gen<std::string> near_number() {
  return rc::gen::container<std::string>(
      rc::gen::element('0', '1', '9', '.', 'e', 'E', '+', '-', 'a', 'N'));
}

RC_GTEST_PROP(JavaNumber, both_orders_are_orders, ()) {
  const std::string a = *near_number();
  const std::string b = *near_number();
  const std::string c = *near_number();
  for (const auto& compare : {compare_numeric, compare_texts}) {
    RC_ASSERT(compare(a, a) == 0);
    RC_ASSERT(sign(compare(a, b)) == -sign(compare(b, a)));
    if (compare(a, b) <= 0 && compare(b, c) <= 0) RC_ASSERT(compare(a, c) <= 0);
  }
}

RC_GTEST_PROP(JavaNumber, what_is_an_exact_long_is_the_same_double, ()) {
  const std::string text = *near_number();
  const auto exact = parse_exact_long(text);
  const auto number = parse_double(text);
  // "+-5" is a long for Druid and no double.
  if (exact && !text.starts_with("+-")) RC_ASSERT(number == static_cast<double>(*exact));
}

}  // namespace
}  // namespace henge::scan
