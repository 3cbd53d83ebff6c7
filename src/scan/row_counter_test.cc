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

Pipeline of_csv(const std::string& options) {
  Pipeline p = by_the_hour();
  p.stream.input_format = {InputFormatKind::csv, {R"({"type":"csv",)" + options + "}"}};
  p.schema.filter = {R"({"type":"selector","dimension":"page","value":"a"})"};
  return p;
}

TEST(RowCounter, reads_no_row_from_header_lines) {
  const std::string body = "2026-03-01T08:00Z,a\r\n2026-03-01T09:00Z,b\r\n";
  const std::string turned = "a,2026-03-01T08:00Z\nb,2026-03-01T09:00Z\n";
  const std::string columns = R"("columns":["ts","page"],)";
  const std::vector<std::pair<std::string, std::string>> files{
      {columns + R"("skipHeaderRows":0)", body},
      {columns + R"("skipHeaderRows":2)", "by hand\n\n" + body},
      {R"("findColumnsFromHeader":true)", "ts,page\r\n" + body},
      {R"("findColumnsFromHeader":true)", "\"page\",ts\n" + turned},
      {R"("hasHeaderRow":true,"columns":[])", "page,ts\n" + turned},
      {R"("findColumnsFromHeader":true,"skipHeaderRows":1)", "2026-03-01\npage,ts\n" + turned},
  };
  for (const auto& [options, text] : files) {
    for (std::size_t step = 1; step <= text.size(); step += 7) {
      const FileCounts counts = count(of_csv(options), text, step);
      EXPECT_EQ(counts.header, "") << options;
      EXPECT_EQ(counts.accepted(), 1) << options << " in steps of " << step;
      EXPECT_EQ(counts.filtered, 1) << options;
      EXPECT_EQ(counts.unparseable, 0) << options;
      EXPECT_EQ(counts.lines, 2) << options;
    }
  }
}

TEST(RowCounter, reads_the_header_of_each_file) {
  auto counter = RowCounter::compile(of_csv(R"("findColumnsFromHeader":true)"), two_hours);
  ASSERT_TRUE(counter);
  for (const char* text : {"ts,page\n2026-03-01T08:00Z,a\n", "page,ts\na,2026-03-01T08:00Z\n"}) {
    ASSERT_TRUE(counter->put(text));
    EXPECT_EQ(counter->finish().accepted(), 1) << text;
  }
  ASSERT_TRUE(counter->put("ts,page"));
  EXPECT_EQ(counter->finish(), FileCounts{}) << "no row, and nothing wrong";
}

TEST(RowCounter, says_what_is_wrong_with_a_header) {
  const std::vector<std::pair<std::string, std::string>> headers{
      {"page,time\n", "does not name the timestamp column 'ts'"},
      {"ts,page,ts\n", "names the column 'ts' twice"},
      {"ts,,page\n", "has no name"},
      {"\xef\xbb\xbfts,page\n", "byte order mark"},
      {"ts,__henge_arrival\n", "henge's own"},
  };
  for (const auto& [text, why] : headers) {
    const FileCounts counts = count(of_csv(R"("findColumnsFromHeader":true)"), text + "x,y\n", 99);
    EXPECT_NE(counts.header.find(why), std::string::npos) << text << counts.header;
  }
  for (const char* options :
       {R"("skipHeaderRows":"two","columns":["ts"])", R"("skipHeaderRows":-1,"columns":["ts"])",
        R"("findColumnsFromHeader":true,"columns":["ts"])", R"("skipHeaderRows":1)",
        R"("columns":["ts"],"tryParseNumbers":true)"})
    EXPECT_FALSE(RowCounter::compile(of_csv(options), two_hours)) << options;
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
