// Rows that name their own arrival. tests/golden/scan/arrival.jsonl has Druid's own answers.
#include "scan/arrival_field.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace henge::scan {
namespace {

const LatenessRule late_only{Millis(10), std::nullopt};
const LatenessRule both_ends{Millis(10), Millis(5)};

std::string shown(std::optional<Door> door) {
  if (!door) return "by Kafka";
  return *door == Door::on_time ? "on time" : *door == Door::late ? "late" : "early";
}

std::string door(const LatenessRule& rule, std::int64_t event, const std::string& value) {
  const std::string row = R"({"x":)" + value + "}";
  return shown(
      door_of_field(rule, instant_of_ms(event), member({JsonKind::object, false, row}, "x")));
}

TEST(ArrivalField, no_value_leaves_it_to_kafka) {
  EXPECT_EQ(door(both_ends, 100, "null"), "by Kafka");
  EXPECT_EQ(shown(door_of_field(both_ends, instant_of_ms(100), JsonValue{})), "by Kafka");
}

TEST(ArrivalField, numbers_in_any_clothes) {
  for (const char* hundred : {"100", "100.0", "1e2", "\"100\"", "\"1e2\"", "\"+100\"", "\"100d\"",
                              "[100]", "[\"100\"]", "[[100]]", "[null,\"x\",100]"}) {
    EXPECT_EQ(door(both_ends, 89, hundred), "late") << hundred;
    EXPECT_EQ(door(both_ends, 90, hundred), "on time") << hundred;
    EXPECT_EQ(door(both_ends, 105, hundred), "on time") << hundred;
    EXPECT_EQ(door(both_ends, 106, hundred), "early") << hundred;
    EXPECT_EQ(door(late_only, 106, hundred), "on time") << hundred;
  }
}

TEST(ArrivalField, truth_values_are_one_and_nought) {
  EXPECT_EQ(door(both_ends, 6, "true"), "on time");
  EXPECT_EQ(door(both_ends, 6, "false"), "early");
  EXPECT_EQ(door(both_ends, 6, "\"TRUE\""), "on time");
  EXPECT_EQ(door(both_ends, -10, "\"false\""), "on time");
  EXPECT_EQ(door(both_ends, -10, "true"), "late");
}

TEST(ArrivalField, what_is_no_number_lets_no_row_pass) {
  for (const char* value : {"\"\"", "\"soon\"", "\" 100\"", "\"2026-01-01\"", "\"null\"", "{}",
                            "{\"a\":100}", "[]", "[[]]", "[null]", "[\"x\"]", "[{}]"}) {
    for (const auto& rule : {late_only, both_ends})
      EXPECT_EQ(door(rule, 100, value), "late") << value;
  }
}

TEST(ArrivalField, one_of_several_is_enough) {
  EXPECT_EQ(door(both_ends, 100, "[1,100]"), "on time");
  EXPECT_EQ(door(both_ends, 100, "[1,2]"), "early");
  EXPECT_EQ(door(both_ends, 100, "[1,1000]"), "late");
}

TEST(ArrivalField, whole_numbers_go_on_at_the_other_end_and_doubles_do_not) {
  EXPECT_EQ(door(late_only, 0, "-9223372036854775808"), "late");
  EXPECT_EQ(door(late_only, 0, "-9223372036854775808.0"), "on time");
  EXPECT_EQ(door(late_only, 0, "\"-9223372036854775808\""), "on time");
  EXPECT_EQ(door(late_only, 0, "9223372036854775807"), "late");
  EXPECT_EQ(door(late_only, 0, "1e400"), "late");
  EXPECT_EQ(door(late_only, 0, "-1e400"), "on time");
  EXPECT_EQ(door(late_only, 0, "\"NaN\""), "late");
}

// A producer that copies the arrival it will get changes nothing.
RC_GTEST_PROP(ArrivalField, the_same_number_gives_the_same_door, (std::int32_t event)) {
  const std::int64_t arrival = event + *rc::gen::inRange(-20, 20);
  for (const auto& rule : {late_only, both_ends}) {
    const Door by_kafka = door_of(rule, instant_of_ms(event), instant_of_ms(arrival));
    RC_ASSERT(door(rule, event, std::to_string(arrival)) == shown(by_kafka));
    RC_ASSERT(door(rule, event, std::to_string(arrival) + ".0") == shown(by_kafka));
  }
}

}  // namespace
}  // namespace henge::scan
