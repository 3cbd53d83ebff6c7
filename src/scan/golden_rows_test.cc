// Replays what Druid's own reader answered for many records (tests/golden/scan/*.jsonl, recorded by
// tools/oracle) and compares. HENGE_ROWS_GOLDEN names a further file, for large comparisons that
// are not kept.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "scan/row_reader.h"

namespace henge::scan {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t arrival_ms = 1'767'225'600'000;  // as the oracle has it

// The two rules that the oracle is asked with, by the expressions that supervisors get for them.
LatenessRule rule_of(const std::string& expression) {
  if (expression == R"(__time >= "__henge_arrival" - 10)") return {Millis(10), {}};
  EXPECT_EQ(expression, R"(__time >= "__henge_arrival" - 10 && __time <= "__henge_arrival" + 5)");
  return {Millis(10), Millis(5)};
}

Pipeline pipeline_of(const Json& question) {
  Pipeline p;
  const Json& ts = question.at("timestampSpec");
  p.schema.timestamp.column = ts.value("column", "timestamp");
  p.schema.timestamp.format = ts.value("format", "auto");
  if (ts.contains("missingValue"))
    p.schema.timestamp.missing_value = ts.at("missingValue").get<std::string>();
  const Json& format = question.at("valueFormat");
  const std::string type = format.at("type");
  p.stream.input_format.kind = type == "json"  ? InputFormatKind::json
                               : type == "csv" ? InputFormatKind::csv
                                               : InputFormatKind::tsv;
  p.stream.input_format.spec.text = format.dump();
  if (question.contains("rule")) p.rule = rule_of(question.at("rule"));
  if (question.contains("filter")) p.schema.filter.text = question.at("filter").dump();
  return p;
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

// As the oracle prints it: the rows' event times, those that pass the filter, those that come on
// time, and how many are unparseable.
Json answer_of(RowReader& reader, const Json& question, const Json& record) {
  const bool is_hex = question.contains("recordsHex");
  const bool has_filter = question.contains("filter");
  const bool has_rule = question.contains("rule");
  Json answer = {{"rows", Json::array()}, {"unparseable", 0}, {"thrown", 0}};
  if (has_filter) answer["passed"] = Json::array();
  if (has_rule) answer["onTime"] = Json::array();
  if (record.is_null()) {
    answer["thrown"] = 1;
    return answer;
  }
  const std::string value =
      is_hex ? from_hex(record.get<std::string>()) : record.get<std::string>();
  std::vector<Row> rows;
  reader.read(value, rows);
  for (const Row& row : rows) {
    EXPECT_GE(row.bytes.data(), value.data());
    EXPECT_LE(row.bytes.data() + row.bytes.size(), value.data() + value.size());
    if (!row.event) {
      answer["unparseable"] = answer["unparseable"].get<int>() + 1;
      continue;
    }
    answer["rows"].push_back(to_ms(*row.event));
    if (has_filter && row.passes) answer["passed"].push_back(to_ms(*row.event));
    if (!has_rule) continue;
    const LatenessRule rule = rule_of(question.at("rule"));
    const Door door = row.door ? *row.door : door_of(rule, *row.event, instant_of_ms(arrival_ms));
    if (door == Door::on_time) answer["onTime"].push_back(to_ms(*row.event));
  }
  return answer;
}

void replay(const std::filesystem::path& path) {
  std::ifstream in(path);
  ASSERT_TRUE(in) << path;
  std::string line;
  int compared = 0;
  for (int number = 1; std::getline(in, line); ++number) {
    const Json entry = Json::parse(line);
    const Json& question = entry.at("question");
    auto choice = make_row_reader(pipeline_of(question));
    if (entry.value("refused", false)) {
      EXPECT_FALSE(choice) << path << ":" << number << " should be refused: " << question.dump();
      continue;
    }
    ASSERT_TRUE(choice) << path << ":" << number << ": " << choice.error().message;
    if (entry.value("left_to_druid", false)) {
      EXPECT_EQ(choice->proof, Proof::reported) << path << ":" << number;
      continue;
    }
    EXPECT_EQ(choice->proof, Proof::counted) << path << ":" << number;
    const bool is_hex = question.contains("recordsHex");
    const Json& records = question.at(is_hex ? "recordsHex" : "records");
    for (std::size_t i = 0; i < records.size(); ++i) {
      EXPECT_EQ(answer_of(*choice->reader, question, records[i]).dump(),
                entry.at("answers")[i].dump())
          << path << ":" << number << "\n  record " << records[i].dump() << "\n  of "
          << question.at("timestampSpec").dump() << question.at("valueFormat").dump()
          << (question.contains("filter") ? question.at("filter").dump() : "");
      ++compared;
    }
  }
  EXPECT_GT(compared, 0) << path;
}

TEST(GoldenRows, read_as_druid_reads_them) {
  for (const auto& file :
       std::filesystem::directory_iterator(HENGE_SOURCE_DIR "/tests/golden/scan"))
    replay(file.path());
}

TEST(GoldenRows, further_file) {
  const char* path = std::getenv("HENGE_ROWS_GOLDEN");
  if (path == nullptr) GTEST_SKIP() << "HENGE_ROWS_GOLDEN is not set";
  replay(path);
}

}  // namespace
}  // namespace henge::scan
