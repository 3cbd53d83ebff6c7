// Comparisons one by one, and the laws of filters over all of them. tests/golden/scan has Druid's
// own answers for many filters and values.
#include "scan/predicate.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <nlohmann/json.hpp>

#include "scan/filter.h"

namespace henge::scan {
namespace {

using Json = nlohmann::json;

Typed text(std::string value) {
  return {ValueType::text, std::move(value), 0, 0};
}
Typed whole(std::int64_t value) {
  return {ValueType::integer, std::to_string(value), value, static_cast<double>(value)};
}
Typed decimal(double value, std::string as_text) {
  return {ValueType::decimal, std::move(as_text), static_cast<std::int64_t>(value), value};
}

TEST(Bounds, open_and_closed) {
  const auto holds = [](bool lower_open, bool upper_open, int value) {
    const Bounds bounds{whole(1), whole(3), lower_open, upper_open};
    return bounds.hold([&](const Typed& bound) { return value - static_cast<int>(bound.integer); });
  };
  EXPECT_FALSE(holds(false, false, 0));
  EXPECT_TRUE(holds(false, false, 1));
  EXPECT_FALSE(holds(true, false, 1));
  EXPECT_TRUE(holds(true, true, 2));
  EXPECT_TRUE(holds(false, false, 3));
  EXPECT_FALSE(holds(false, true, 3));
  EXPECT_FALSE(holds(false, false, 4));
  EXPECT_TRUE((Bounds{{}, whole(3), true, false}.hold([](const Typed&) { return -1; })));
  EXPECT_TRUE((Bounds{whole(3), {}, true, false}.hold([](const Typed&) { return 1; })));
}

TEST(InSet, a_text_stands_for_a_number_where_the_row_has_one) {
  InSet set;
  for (const char* value : {"1.0", "2e1", "0x1p4", "x", "true"})
    set.add(std::optional<std::string>(value));
  EXPECT_TRUE(set.of_long(1));
  EXPECT_TRUE(set.of_long(20));
  EXPECT_FALSE(set.of_long(16));  // hexadecimal floats are doubles only
  EXPECT_TRUE(set.of_double(1.0));
  EXPECT_TRUE(set.of_double(16.0));
  EXPECT_FALSE(set.of_double(2.0));
  EXPECT_TRUE(set.of_text("1.0"));
  EXPECT_FALSE(set.of_text("1"));
  EXPECT_TRUE(set.of_text("true"));
  EXPECT_EQ(set.of_null(), Match::unknown);
  set.add(std::optional<std::string>());
  EXPECT_EQ(set.of_null(), Match::yes);
}

TEST(InSet, of_numbers_reads_the_rows_texts) {
  InSet longs;
  longs.add(whole(10));
  EXPECT_TRUE(longs.of_text("10"));
  EXPECT_TRUE(longs.of_text("+10"));
  EXPECT_FALSE(longs.of_text("10.0"));
  EXPECT_FALSE(longs.of_text("x"));
  InSet doubles;
  doubles.add(decimal(0.0, "0.0"));
  EXPECT_TRUE(doubles.of_text("0"));
  EXPECT_FALSE(doubles.of_text("-0.0"));
  EXPECT_FALSE(doubles.of_double(-0.0));
}

TEST(Equals, by_the_type_of_the_filter_and_of_the_row) {
  const Equals one_text(text("1"));
  EXPECT_TRUE(one_text.of_text("1"));
  EXPECT_FALSE(one_text.of_text("1.0"));
  EXPECT_TRUE(one_text.of_long(1));
  EXPECT_TRUE(one_text.of_double(1.0));
  const Equals one_long(whole(1));
  EXPECT_TRUE(one_long.of_text("1.0"));
  EXPECT_FALSE(one_long.of_text("1.5"));
  EXPECT_FALSE(one_long.of_text("x"));
  const Equals half(decimal(1.5, "1.5"));
  EXPECT_TRUE(half.of_text("1.50"));
  EXPECT_TRUE(half.of_double(1.5));
  EXPECT_FALSE(half.of_long(1));
  EXPECT_FALSE(half.of_long(2));
  const Equals yes(text("TRUE"));
  EXPECT_TRUE(yes.of_long(1));
  EXPECT_FALSE(yes.of_text("true"));
  const Equals word(text("x"));
  EXPECT_FALSE(word.of_long(0));
  EXPECT_FALSE(word.of_double(0));
  EXPECT_EQ(word.of_null(), Match::unknown);
}

TEST(Range, of_doubles_rounds_to_whole_numbers_inwards) {
  const Range closed({decimal(1.5, "1.5"), decimal(3.5, "3.5"), false, false}, ValueType::decimal);
  EXPECT_FALSE(closed.of_long(1));
  EXPECT_TRUE(closed.of_long(2));
  EXPECT_TRUE(closed.of_long(3));
  EXPECT_FALSE(closed.of_long(4));
  const Range open({decimal(1.0, "1.0"), decimal(3.0, "3.0"), true, true}, ValueType::decimal);
  EXPECT_FALSE(open.of_long(1));
  EXPECT_TRUE(open.of_long(2));
  EXPECT_FALSE(open.of_long(3));
  EXPECT_EQ(open.of_null(), Match::unknown);
}

TEST(Bound, null_lies_below_every_text) {
  EXPECT_EQ(Bound({text("a"), {}, false, false}, false).of_null(), Match::no);
  EXPECT_EQ(Bound({{}, text("a"), false, false}, false).of_null(), Match::yes);
  EXPECT_EQ(Bound({text(""), text("a"), false, false}, true).of_null(), Match::no);
}

TEST(Bound, by_text_or_by_number) {
  const Bounds nine_to_ten{text("9"), text("10"), false, false};
  EXPECT_FALSE(Bound(nine_to_ten, false).of_text("9"));
  EXPECT_TRUE(Bound(nine_to_ten, true).of_text("9.5"));
  EXPECT_TRUE(Bound(nine_to_ten, true).of_long(10));
  EXPECT_FALSE(Bound(nine_to_ten, true).of_double(10.5));
  EXPECT_TRUE(Bound({text("x"), {}, false, false}, true).of_double(-1e300));
}

TEST(Word, matches_in_either_case_and_whole) {
  EXPECT_TRUE(is_word("TrUe", "true"));
  EXPECT_FALSE(is_word("true ", "true"));
  EXPECT_FALSE(is_word("", "true"));
  EXPECT_FALSE(is_word("tru", "true"));
}

// Laws of filters, over trees of comparisons and rows with nulls.

Json leaf() {
  const std::string column = *rc::gen::element<std::string>("x", "y");
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      return {{"type", "null"}, {"column", column}};
    case 1:
      return {{"type", "selector"}, {"dimension", column}, {"value", "1"}};
    case 2:
      return {{"type", "selector"}, {"dimension", column}, {"value", nullptr}};
    case 3:
      return {{"type", "bound"}, {"dimension", column}, {"upper", "1"}, {"ordering", "numeric"}};
    case 4:
      return {
          {"type", "equals"}, {"column", column}, {"matchValueType", "LONG"}, {"matchValue", 2}};
    default:
      return {{"type", "in"}, {"dimension", column}, {"values", {"1", "a"}}};
  }
}

Json negated(const Json& filter) {
  return {{"type", "not"}, {"field", filter}};
}
Json joined(const char* type, const std::vector<Json>& fields) {
  return {{"type", type}, {"fields", fields}};
}

Json tree(int depth) {
  const int kind = depth == 0 ? 0 : *rc::gen::inRange(0, 5);
  if (kind <= 1) return leaf();
  if (kind == 2) return negated(tree(depth - 1));
  return joined(kind == 3 ? "and" : "or", {tree(depth - 1), tree(depth - 1)});
}

Field any_field() {
  return *rc::gen::element<Field>(NullField{}, std::int64_t{1}, std::int64_t{2}, 1.0, 2.5,
                                  Texts{"1"}, Texts{"a"}, Texts{}, Texts{"a", "2"}, Texts{""});
}

struct TwoFields {
  Field x = any_field();
  Field y = any_field();
};

bool matches(const Json& filter, const TwoFields& row) {
  const auto compiled = Filter::compile({filter.dump()}, {});
  RC_ASSERT(compiled.has_value());
  std::vector<Field> fields;
  for (const std::string& column : compiled->columns())
    fields.push_back(column == "x" ? row.x : row.y);
  return compiled->matches(fields);
}

RC_GTEST_PROP(FilterLaws, de_morgan_with_nulls, ()) {
  const Json a = tree(2);
  const Json b = tree(2);
  const TwoFields row;
  RC_ASSERT(matches(negated(joined("and", {a, b})), row) ==
            matches(joined("or", {negated(a), negated(b)}), row));
  RC_ASSERT(matches(negated(joined("or", {a, b})), row) ==
            matches(joined("and", {negated(a), negated(b)}), row));
}

RC_GTEST_PROP(FilterLaws, a_double_negation_is_none, ()) {
  const Json a = tree(3);
  const TwoFields row;
  RC_ASSERT(matches(negated(negated(a)), row) == matches(a, row));
}

RC_GTEST_PROP(FilterLaws, a_filter_and_its_negation_never_both_hold, ()) {
  const Json a = tree(3);
  const TwoFields row;
  RC_ASSERT(!(matches(a, row) && matches(negated(a), row)));
}

RC_GTEST_PROP(FilterLaws, what_is_neither_true_nor_false_is_unknown, ()) {
  const Json a = tree(3);
  const TwoFields row;
  const bool is_true = matches({{"type", "istrue"}, {"field", a}}, row);
  const bool is_false = matches({{"type", "isfalse"}, {"field", a}}, row);
  RC_ASSERT(is_true == matches(a, row));
  RC_ASSERT(is_false == matches(negated(a), row));
  // What these two say is never unknown: their negation is the other side.
  RC_ASSERT(matches(negated({{"type", "istrue"}, {"field", a}}), row) == !is_true);
  RC_ASSERT(matches(negated({{"type", "isfalse"}, {"field", a}}), row) == !is_false);
}

RC_GTEST_PROP(FilterLaws, constants_and_repetition_change_nothing, ()) {
  const Json a = tree(2);
  const TwoFields row;
  const Json yes = {{"type", "true"}};
  const Json no = {{"type", "false"}};
  const bool alone = matches(a, row);
  RC_ASSERT(matches(joined("and", {a, yes}), row) == alone);
  RC_ASSERT(matches(joined("or", {a, no}), row) == alone);
  RC_ASSERT(!matches(joined("and", {a, no}), row));
  RC_ASSERT(matches(joined("or", {a, yes}), row));
  RC_ASSERT(matches(joined("and", {a, a}), row) == alone);
  RC_ASSERT(matches(joined("or", {a}), row) == alone);
}

RC_GTEST_PROP(FilterLaws, the_order_of_fields_is_no_matter, ()) {
  const Json a = tree(2);
  const Json b = tree(2);
  const TwoFields row;
  for (const char* type : {"and", "or"})
    RC_ASSERT(matches(joined(type, {a, b}), row) == matches(joined(type, {b, a}), row));
}

}  // namespace
}  // namespace henge::scan
