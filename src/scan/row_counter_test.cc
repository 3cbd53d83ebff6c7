#include "scan/row_counter.h"

#include <gtest/gtest.h>

namespace henge::scan {
namespace {

Instant at(const char* text) {
  return *parse_instant(text);
}

Pipeline by_the_hour() {
  Pipeline p;
  p.name = p.datasource = "clicks";
  p.schema.timestamp = {"ts", "iso", std::nullopt};
  p.schema.segment_granularity = Granularity::hour;
  p.stream.input_format = {InputFormatKind::json, {R"({"type":"json"})"}};
  // A rule under which every one of these rows would be late.
  p.rule.lateness = Millis(1);
  return p;
}

const Interval two_hours{at("2026-03-01T08:00Z"), at("2026-03-01T10:00Z")};

std::string row(const char* time) {
  return std::string(R"({"ts":")") + time + "\",\"page\":\"a\"}\n";
}

FileCounts count(const Pipeline& pipeline, const std::string& text, std::size_t step) {
  auto counter = RowCounter::compile(pipeline, two_hours);
  EXPECT_TRUE(counter);
  for (std::size_t i = 0; i < text.size(); i += step)
    EXPECT_TRUE(counter->put(std::string_view(text).substr(i, step)));
  return counter->finish();
}

TEST(RowCounter, sends_each_row_to_its_chunk_or_says_why_not) {
  const std::string text = row("2026-03-01T08:00:00Z") + row("2026-03-01T08:59:59.999Z") +
                           row("2026-03-01T09:00Z") + row("2026-03-01T10:00Z") +
                           row("2026-03-01T07:59:59.999Z") + "{\"page\":\"b\"}\n" + "nonsense\n" +
                           "\n  \r\n";
  const FileCounts counts = count(by_the_hour(), text, text.size());
  EXPECT_EQ(counts.chunks, (std::map<Instant, std::int64_t>{{at("2026-03-01T08:00Z"), 2},
                                                            {at("2026-03-01T09:00Z"), 1}}));
  EXPECT_EQ(counts.accepted(), 3);
  EXPECT_EQ(counts.outside, 2) << "the interval is half-open";
  EXPECT_EQ(counts.unparseable, 2);
  EXPECT_EQ(counts.lines, 7) << "blank lines are none";
  EXPECT_EQ(counts.bad, (std::vector<BadLine>{{6, "{\"page\":\"b\"}"}, {7, "nonsense"}}));
  EXPECT_FALSE(counts.ends_in_a_row);
}

TEST(RowCounter, does_not_care_how_the_bytes_come) {
  const std::string text = row("2026-03-01T08:00:00Z") + row("2026-03-01T09:30:00Z") +
                           "broken{\r\n" + R"({"ts":"2026-03-01T09:31Z"})";
  const FileCounts whole = count(by_the_hour(), text, text.size());
  EXPECT_EQ(whole.accepted(), 3) << "the last line needs no line's end";
  for (std::size_t step = 1; step < text.size(); ++step)
    EXPECT_EQ(count(by_the_hour(), text, step), whole) << "blocks of " << step;
}

TEST(RowCounter, tells_a_file_that_was_cut) {
  const std::string text = row("2026-03-01T08:00:00Z") + R"({"ts":"2026-03-01T08:0)";
  EXPECT_TRUE(count(by_the_hour(), text, 10).ends_in_a_row);
  EXPECT_FALSE(count(by_the_hour(), text + "\n", 10).ends_in_a_row);
}

TEST(RowCounter, tells_lines_with_several_rows) {
  const std::string one = R"({"ts":"2026-03-01T08:00Z"})";
  const FileCounts counts = count(by_the_hour(), one + "\n" + one + one + "\n", 1000);
  EXPECT_EQ(counts.crowded, 2);
  EXPECT_EQ(count(by_the_hour(), one + "\n", 1000).crowded, 0);
}

TEST(RowCounter, applies_the_pipelines_filter_and_no_arrival_rule) {
  Pipeline p = by_the_hour();
  p.schema.filter = {R"({"type":"selector","dimension":"page","value":"a"})"};
  const std::string text =
      row("2026-03-01T08:00Z") + "{\"ts\":\"2026-03-01T08:01Z\",\"page\":\"b\"}\n";
  const FileCounts counts = count(p, text, 1000);
  EXPECT_EQ(counts.accepted(), 1);
  EXPECT_EQ(counts.filtered, 1);
}

TEST(RowCounter, reads_delimited_lines_without_their_ends) {
  Pipeline p = by_the_hour();
  p.stream.input_format = {InputFormatKind::csv, {R"({"type":"csv","columns":["ts","page"]})"}};
  p.schema.filter = {R"({"type":"selector","dimension":"page","value":"a"})"};
  const FileCounts counts =
      count(p, "2026-03-01T08:00Z,a\r\n2026-03-01T09:00Z,a\nwhen,b\n2026-03-01T09:01Z,b", 1000);
  EXPECT_EQ(counts.accepted(), 2);
  EXPECT_EQ(counts.unparseable, 1);
  EXPECT_EQ(counts.filtered, 1);
}

TEST(RowCounter, starts_from_nothing_with_each_file) {
  auto counter = RowCounter::compile(by_the_hour(), two_hours);
  ASSERT_TRUE(counter);
  ASSERT_TRUE(counter->put(row("2026-03-01T08:00Z") + "bad"));
  EXPECT_EQ(counter->finish().unparseable, 1);
  ASSERT_TRUE(counter->put("bad again\n"));
  const FileCounts second = counter->finish();
  EXPECT_EQ(second.accepted(), 0);
  EXPECT_EQ(second.bad, (std::vector<BadLine>{{1, "bad again"}}));
}

}  // namespace
}  // namespace henge::scan
