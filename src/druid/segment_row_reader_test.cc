// What the quick reader reads is what the general one reads; what it does not know it leaves alone.
#include "druid/segment_row_reader.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "druid/segment_stream.h"

namespace henge::druid {
namespace {

const std::string usual =
    R"({"overshadowed":false,"replicationFactor":2,"numRows":700,"realtime":false,)"
    R"("dataSource":"web","interval":"2026-01-02T03:00:00.000Z/2026-01-02T04:00:00.000Z",)"
    R"("version":"2026-01-02T03:00:11.222Z",)"
    R"("loadSpec":{"type":"s3_zip","key":"a/}]{/b","n":[1,{}]},)"
    R"("dimensions":"page,user","metrics":"count","shardSpec":{"type":"numbered",)"
    R"("partitionNum":3,"partitions":0},"binaryVersion":9,"size":4711,"identifier":"web_3"})";

std::string with(const std::string& from, const std::string& to) {
  std::string out = usual;
  const std::size_t at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return out.replace(at, from.size(), to);
}

std::string describe(const SegmentTable& table) {
  std::string out;
  for (const std::string& name : table.datasources()) {
    for (const SegmentRow& row : table.find(name)) {
      const SegmentShape& shape = table.shape(row.shape);
      out += fmt::format("{} {} {} {} {} {} {} {}{}{} [{}] [{}]\n", name, to_iso(row.interval),
                         table.version(row.version), row.partition, row.size_bytes, row.rows,
                         row.replication, row.overshadowed, row.tombstone, row.realtime,
                         fmt::join(shape.dimensions, ","), fmt::join(shape.metrics, ","));
    }
  }
  return out;
}

// By the general reader alone: the quick one stops at white space.
std::string read_slowly(const std::string& element) {
  SegmentTable table;
  SegmentStream stream(table);
  std::string spaced = element;
  spaced.insert(1, " ");
  EXPECT_TRUE(stream.put("[" + spaced + "]")) << element;
  const auto finished = stream.finish();
  EXPECT_TRUE(finished) << element << (finished ? "" : finished.error().message);
  table.finish();
  return describe(table);
}

std::string read_quickly(SegmentRowReader& reader, const std::string& element) {
  ListedSegment segment;
  if (reader.read(element, segment) != element.size()) return "not read";
  SegmentTable table;
  table.add(segment);
  table.finish();
  return describe(table);
}

const std::vector<std::pair<std::string, std::string>>& harmless() {
  static const std::vector<std::pair<std::string, std::string>> changes = {
      {"\"overshadowed\":false", "\"overshadowed\":true"},
      {"\"realtime\":false", "\"realtime\":true"},
      {"\"replicationFactor\":2", "\"replicationFactor\":null"},
      {"\"replicationFactor\":2", "\"replicationFactor\":0"},
      {"\"numRows\":700", "\"numRows\":null"},
      {"\"numRows\":700", "\"numRows\":0"},
      {"\"web\"", "\"web2\""},
      {"\"web\"", "\"we\""},
      {"T04:00:00.000Z\",\"version", "T05:00:00.000Z\",\"version"},
      {"03:00:11.222Z", "03:00:11.223Z"},
      {"\"page,user\"", "\"\""},
      {"\"count\"", "\"count,bytes\""},
      {"\"numbered\"", "\"tombstone\""},
      {"\"partitionNum\":3", "\"partitionNum\":2147483647"},
      {"\"partitionNum\":3", "\"start\":[\"x\",null],\"partitionNum\":3"},
      {"\"binaryVersion\":9,",
       "\"lastCompactionState\":{\"a\":[{\"b\":\"}\"}]},\"binaryVersion\":9,"},
      {"\"size\":4711", "\"size\":9223372036854775807"},
      {"\"size\":4711", "\"size\":-1"},
      {"\"web_3\"}", "\"web_3\",\"totalRows\":5,\"more\":null}"},
      {"a/}]{/b\",\"n\":[1,{}]}", "flat\"}"},
      {"a/}]{/b\",\"n\":[1,{}]}", "fl}t\"}"},
      {"{\"type\":\"s3_zip\",\"key\":\"a/}]{/b\",\"n\":[1,{}]}", "null"}};
  return changes;
}

TEST(SegmentRowReader, ReadsWhatTheGeneralReaderReads) {
  SegmentRowReader reader;  // one for all: what it keeps of the one before must not show
  EXPECT_EQ(read_quickly(reader, usual), read_slowly(usual));
  for (const auto& [from, to] : harmless()) {
    const std::string element = with(from, to);
    EXPECT_EQ(read_quickly(reader, element), read_slowly(element)) << to;
    EXPECT_EQ(read_quickly(reader, usual), read_slowly(usual)) << "after " << to;
  }
}

TEST(SegmentRowReader, LeavesAloneWhatIsUnlikeDruidsOwn) {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"{\"overshadowed\"", "{ \"overshadowed\""},
           {"\"overshadowed\":false,", ""},
           {"\"overshadowed\":false", "\"overshadowed\":null"},
           {"\"replicationFactor\":2", "\"replicationFactor\":2.5"},
           {"\"replicationFactor\":2", "\"replicationFactor\":40000"},
           {"\"numRows\":700", "\"numRows\":0700"},
           {"\"numRows\":700", "\"numRows\":7e2"},
           {"\"numRows\":700", "\"numRows\":99999999999999999999"},
           {"\"numRows\":700", "\"numRows\":\"700\""},
           {"\"web\"", "\"w\\u0065b\""},
           {"\"web\"", "\"w\\\"b\""},
           {"\"web\"", "\"w\xc3\xa9\""},
           {"\"web\"", "\"w\tb\""},
           {"\"web\"", "null"},
           {"2026-01-02T04", "tomorrow"},
           {"\"page,user\"", "null"},
           {"a/}]{/b", "a\\\"}]{"},
           {"\"partitionNum\":3", "\"partitionNum\":-3"},
           {"\"partitionNum\":3", "\"partitionNum\":2147483648"},
           {"\"partitionNum\":3,", ""},
           {",\"size\":4711", ""},
           {"\"web_3\"}", "\"web_3\"]"}}) {
    SegmentRowReader reader;
    ListedSegment segment;
    const std::string element = with(from, to);
    EXPECT_NE(reader.read(element, segment), element.size()) << to;
    EXPECT_EQ(read_quickly(reader, usual), read_slowly(usual)) << "after " << to;
  }
}

TEST(SegmentRowReader, WhatIsCutOffIsNotRead) {
  SegmentRowReader warm;
  ListedSegment segment;
  ASSERT_EQ(warm.read(usual, segment), usual.size());
  for (std::size_t size = 0; size < usual.size(); ++size) {
    SegmentRowReader cold;
    EXPECT_EQ(cold.read(std::string_view(usual).substr(0, size), segment), 0U) << size;
    EXPECT_EQ(warm.read(std::string_view(usual).substr(0, size), segment), 0U) << size;
  }
}

TEST(SegmentRowReader, NeighboursInTimeAreReadAsStrangersAre) {
  const std::string hours[] = {"2026-01-02T03:00:00.000Z", "2026-01-02T04:00:00.000Z",
                               "2026-01-02T05:00:00.000Z", "2026-01-01T00:00:00.000Z"};
  SegmentRowReader reader;
  for (const auto [from, to] :
       {std::pair(0, 1), {1, 2}, {2, 1}, {1, 2}, {0, 1}, {1, 1}, {1, 2}, {3, 0}, {0, 1}}) {
    const std::string element =
        with("2026-01-02T03:00:00.000Z/2026-01-02T04:00:00.000Z", hours[from] + "/" + hours[to]);
    ListedSegment segment;
    const bool read = reader.read(element, segment) == element.size();
    EXPECT_EQ(read, hours[from] < hours[to]) << element;
    if (!read) continue;
    EXPECT_EQ(to_iso(segment.row.interval), hours[from] + "/" + hours[to]);
  }
}

// What is said to be like the last is what the table was given last, whatever came between.
TEST(SegmentRowReader, LikeTheLastIsSaidOnlyOfWhatWasRead) {
  SegmentRowReader reader;
  ListedSegment segment;
  reader.read(usual, segment);
  EXPECT_FALSE(segment.like_last);
  reader.read(with("\"partitionNum\":3", "\"partitionNum\":4"), segment);
  EXPECT_TRUE(segment.like_last);
  const std::string other = with("\"web\"", "\"shop\"");
  EXPECT_EQ(reader.read(std::string_view(other).substr(0, other.size() - 1), segment), 0U);
  reader.read(other, segment);
  EXPECT_FALSE(segment.like_last);
  reader.read(other, segment);
  EXPECT_TRUE(segment.like_last);
  reader.forget();
  reader.read(other, segment);
  EXPECT_FALSE(segment.like_last);
  reader.read(with("\"page,user\"", "\"page\""), segment);
  EXPECT_FALSE(segment.like_last);
}

TEST(SegmentRowReader, EndsWhereTheObjectEnds) {
  SegmentRowReader reader;
  ListedSegment segment;
  EXPECT_EQ(reader.read(usual + "," + usual + "]", segment), usual.size());
}

// As a Druid 33 wrote them: the quick reader is of use only if it reads these.
TEST(SegmentRowReader, ReadsTheRecordedAnswer) {
  std::ifstream file(HENGE_SOURCE_DIR "/tests/golden/druid/segments_with_status.json");
  const std::string body{std::istreambuf_iterator<char>(file), {}};
  SegmentRowReader reader;
  ListedSegment segment;
  std::size_t at = body.find('{');
  int read = 0;
  while (at < body.size() && body[at] == '{') {
    const std::size_t size = reader.read(std::string_view(body).substr(at), segment);
    ASSERT_GT(size, 0U) << body.substr(at, 200);
    EXPECT_EQ(segment.datasource, "henge_obs_rec");
    at += size + 1;
    ++read;
  }
  EXPECT_EQ(read, 4);
}

TEST(SegmentStream, MixedListsAreReadAsOne) {
  const std::string odd = with("\"dataSource\":\"web\"", "\"dataSource\": \"w\\u0065b\"");
  const std::string other = with("\"web\"", "\"shop\"");
  std::string body = "[";
  constexpr int count = 600;
  for (int n = 0; n < count; ++n) {
    std::string element = n % 7 == 0 ? odd : n % 5 == 0 ? other : usual;
    const std::string from = "\"partitionNum\":3";
    element.replace(element.find(from), from.size(), fmt::format("\"partitionNum\":{}", n));
    body += (n == 0 ? "" : ",") + element;
  }
  body += "]";
  for (const std::size_t block : {std::size_t{1}, std::size_t{700}, std::size_t{4096},
                                  std::size_t{5000}, std::size_t{32'768}, body.size()}) {
    SegmentTable table;
    SegmentStream stream(table);
    for (std::size_t at = 0; at < body.size(); at += block) {
      ASSERT_TRUE(stream.put(std::string_view(body).substr(at, block))) << block;
    }
    ASSERT_TRUE(stream.finish()) << block;
    table.finish();
    ASSERT_EQ(table.size(), count) << block;
    std::set<int> web;
    for (const SegmentRow& row : table.find("web")) web.insert(row.partition);
    for (int n = 0; n < count; ++n) {
      ASSERT_EQ(web.contains(n), n % 7 == 0 || n % 5 != 0) << block << " " << n;
    }
  }
}

}  // namespace
}  // namespace henge::druid
