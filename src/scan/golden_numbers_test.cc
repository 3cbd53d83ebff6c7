// Replays what Java and Druid's own classes make of numbers and texts (tests/golden/numbers,
// recorded by tools/oracle with DruidNumbers) and compares.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "scan/java_number.h"

namespace henge::scan {
namespace {

using Json = nlohmann::json;

int sign(int value) {
  return value < 0 ? -1 : value > 0 ? 1 : 0;
}

Json json_of(const std::optional<std::int64_t>& value) {
  return value ? Json(*value) : Json();
}

// As doubleToLongBits: every NaN is the same one.
Json bits_of(const std::optional<double>& value) {
  if (!value) return {};
  if (std::isnan(*value)) return "0x7ff8000000000000";
  return fmt::format("0x{:016x}", std::bit_cast<std::uint64_t>(*value));
}

double double_of(const Json& bits) {
  return std::bit_cast<double>(std::stoull(bits.get<std::string>(), nullptr, 16));
}

Json numbers_of_text(const Json& json) {
  const auto text = json.get<std::string>();
  return {{"long", json_of(parse_long_of_any_script(text))},
          {"tryLong", json_of(try_parse_long(text))},
          {"exactLong", json_of(parse_exact_long(text))},
          {"double", bits_of(parse_double(text))}};
}

Json order_of_pair(const Json& pair) {
  const auto a = pair[0].get<std::string>();
  const auto b = pair[1].get<std::string>();
  EXPECT_EQ(sign(compare_numeric(b, a)), -sign(compare_numeric(a, b))) << pair.dump();
  EXPECT_EQ(sign(compare_texts(b, a)), -sign(compare_texts(a, b))) << pair.dump();
  return {sign(compare_numeric(a, b)), sign(compare_texts(a, b))};
}

// Each question of a kind with its recorded answer.
void for_each(const char* kind, const std::function<void(const Json&, const Json&)>& compare) {
  std::ifstream in(HENGE_SOURCE_DIR "/tests/golden/numbers/java.jsonl");
  std::string line;
  while (std::getline(in, line)) {
    const Json entry = Json::parse(line);
    const Json questions = entry.at("question").value(kind, Json::array());
    for (std::size_t i = 0; i < questions.size(); ++i) compare(questions[i], entry["answers"][i]);
  }
}

// How many were asked.
int replay(const char* kind, const std::function<Json(const Json&)>& answer_of) {
  int asked = 0;
  for_each(kind, [&](const Json& question, const Json& answer) {
    EXPECT_EQ(answer_of(question).dump(), answer.dump()) << question.dump();
    ++asked;
  });
  return asked;
}

// Java before 19 prints some doubles with a digit too many, or with another last digit: both texts
// then stand for the same double. The rest is the same to the letter.
TEST(GoldenNumbers, doubles_print_as_in_java) {
  int asked = 0;
  int other = 0;
  for_each("bits", [&](const Json& bits, const Json& answer) {
    const double value = double_of(bits);
    const auto java_17 = answer.get<std::string>();
    const std::string text = java_text(value);
    ++asked;
    if (text == java_17) return;
    ++other;
    EXPECT_TRUE(same_double(parse_double(java_17).value_or(0), value)) << bits;
    EXPECT_TRUE(same_double(parse_double(text).value_or(0), value)) << bits;
    EXPECT_LE(text.size(), java_17.size()) << bits;
  });
  EXPECT_GT(asked, 700);
  EXPECT_LT(other, 20);
}

TEST(GoldenNumbers, texts_are_the_numbers_they_are_in_java) {
  EXPECT_GT(replay("texts", numbers_of_text), 300);
}

TEST(GoldenNumbers, texts_are_ordered_as_in_druid) {
  EXPECT_GT(replay("pairs", order_of_pair), 1000);
}

}  // namespace
}  // namespace henge::scan
