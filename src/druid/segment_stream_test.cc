#include "druid/segment_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "druid/list_scan.h"

namespace henge::druid {
namespace {

using testing::HasSubstr;

// As Druid 33 lists them: an appended one, a tombstone, a realtime one of which little is known, an
// unknown kind of shard, one bucket of granularity ALL.
const std::string five = R"([
{"dataSource":"web","interval":"2026-01-02T03:00:00.000Z/2026-01-02T04:00:00.000Z",
 "version":"2026-01-02T03:00:11.222Z","loadSpec":{"type":"local","path":"/a/}]\"[{/index.zip"},
 "dimensions":"page,user","metrics":"count,bytes","shardSpec":{"type":"numbered","partitionNum":3,
 "partitions":1},"lastCompactionState":null,"binaryVersion":9,"size":4711,
 "identifier":"web_2026-01-02T03:00:00.000Z_2026-01-02T04:00:00.000Z_2026-01-02T03:00:11.222Z_3",
 "overshadowed":true,"replicationFactor":2,"numRows":1000,"realtime":false},
{"dataSource":"web","interval":"2026-01-02T03:00:00.000Z/2026-01-02T04:00:00.000Z",
 "version":"2026-01-03T00:00:00.000Z","loadSpec":{"type":"tombstone","path":null},"dimensions":"",
 "metrics":"","shardSpec":{"type":"tombstone","partitionNum":0,"partitions":1},"binaryVersion":9,
 "size":1,"identifier":"t","overshadowed":false,"replicationFactor":0,"numRows":0,
 "realtime":false},
{"dataSource":"q\"u\\o\u0074\u00e9","interval":"2026-01-02T04:00:00.000Z/2026-01-02T05:00:00.000Z",
 "version":"v","loadSpec":null,"dimensions":null,"metrics":null,"shardSpec":null,"size":0,
 "identifier":"r","overshadowed":false,"replicationFactor":null,"numRows":null,"realtime":true},
{"realtime":false,"numRows":5,"overshadowed":false,"replicationFactor":1,"identifier":"s",
 "size":77,"shardSpec":{"dimensions":["a"],"partitionDimensions":[{"x":[1,2,{"y":"]"}]}],
 "partitionNum":12,"type":"dim_value_set"},"metrics":"m","dimensions":"d","version":"w",
 "interval":"2026-01-02T04:00:00.000Z/2026-01-02T05:00:00.000Z","dataSource":"web"},
{"dataSource":"all","interval":"-146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z",
 "version":"v","dimensions":"d","metrics":"m","size":9223372036854775807}
])";

Result<SegmentTable> read(const std::vector<std::string_view>& blocks) {
  SegmentTable table;
  SegmentStream stream(table);
  for (const std::string_view block : blocks) TRY_VOID(stream.put(block));
  TRY_VOID(stream.finish());
  table.finish();
  return table;
}

std::string describe(const SegmentTable& table) {
  std::string out;
  for (const std::string& name : table.datasources()) {
    for (const SegmentRow& row : table.find(name)) {
      const SegmentShape& shape = table.shape(row.shape);
      out += fmt::format("{} {} {} p{} {}B {}rows r{} {}{}{} [{}] [{}]\n", name,
                         to_iso(row.interval), table.version(row.version), row.partition,
                         row.size_bytes, row.rows, row.replication, row.overshadowed ? "O" : "-",
                         row.tombstone ? "T" : "-", row.realtime ? "R" : "-",
                         fmt::join(shape.dimensions, ","), fmt::join(shape.metrics, ","));
    }
  }
  return out;
}

TEST(SegmentStream, ReadsWhatDruidSaysOfASegment) {
  const auto table = read({five});
  ASSERT_TRUE(table) << table.error().message;
  ASSERT_EQ(table->size(), 5);
  const auto web = table->find("web");
  ASSERT_EQ(web.size(), 3U);
  EXPECT_EQ(to_iso(web[0].interval), "2026-01-02T03:00:00.000Z/2026-01-02T04:00:00.000Z");
  EXPECT_EQ(table->version(web[0].version), "2026-01-02T03:00:11.222Z");
  EXPECT_EQ(table->shape(web[0].shape), (SegmentShape{{"page", "user"}, {"bytes", "count"}}));
  EXPECT_EQ(web[0].partition, 3);
  EXPECT_EQ(web[0].size_bytes, 4711);
  EXPECT_EQ(web[0].rows, 1000);
  EXPECT_EQ(web[0].replication, 2);
  EXPECT_TRUE(web[0].overshadowed);
  EXPECT_FALSE(web[0].tombstone);
  EXPECT_TRUE(web[1].tombstone);
  EXPECT_EQ(web[1].replication, 0);
}

TEST(SegmentStream, WhatIsNotKnownIsNotZero) {
  const auto table = read({five});
  ASSERT_TRUE(table) << table.error().message;
  const auto realtime = table->find("q\"u\\ot\u00e9");
  ASSERT_EQ(realtime.size(), 1U) << describe(*table);
  EXPECT_EQ(realtime[0].rows, -1);
  EXPECT_EQ(realtime[0].replication, -1);
  EXPECT_TRUE(realtime[0].realtime);
  EXPECT_EQ(realtime[0].partition, 0);
  EXPECT_EQ(table->find("all")[0].rows, -1);
  EXPECT_EQ(table->find("all")[0].size_bytes, std::numeric_limits<std::int64_t>::max());
}

TEST(SegmentStream, FieldsMayStandInAnyOrderAndShardsBeOfAnyKind) {
  const auto table = read({five});
  ASSERT_TRUE(table);
  const auto web = table->find("web");
  EXPECT_EQ(web[2].partition, 12);
  EXPECT_EQ(web[2].rows, 5);
  EXPECT_EQ(web[2].size_bytes, 77);
  EXPECT_EQ(table->shape(web[2].shape), (SegmentShape{{"d"}, {"m"}}));
}

TEST(SegmentStream, WhereTheBodyIsCutDoesNotMatter) {
  const std::string whole = describe(*read({five}));
  const std::string_view body = five;
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    const auto table = read({body.substr(0, cut), body.substr(cut)});
    ASSERT_TRUE(table) << cut << ": " << table.error().message;
    ASSERT_EQ(describe(*table), whole) << cut;
  }
  std::vector<std::string_view> bytes;
  for (std::size_t at = 0; at < body.size(); ++at) bytes.push_back(body.substr(at, 1));
  EXPECT_EQ(describe(*read(bytes)), whole);
}

std::string listed(int n) {
  return fmt::format(
      R"({{"dataSource":"d{}","interval":"2026-01-02T03:00:00.000Z/2026-01-02T04:00:00.000Z",)"
      R"("version":"v\\{}","dimensions":"a,\"b\"","metrics":"m","shardSpec":{{"type":"numbered",)"
      R"("partitionNum":{}}},"size":{},"overshadowed":false,"replicationFactor":1,"numRows":2}})",
      n % 7, n % 13, n, n);
}

// Longer than a block, so that elements lie over the blocks' borders.
TEST(SegmentStream, ALongListIsReadInBlocks) {
  constexpr int count = 5000;
  std::string body = "[ ";
  for (int n = 0; n < count; ++n) body += (n == 0 ? "" : n % 3 == 0 ? " ,\n " : ",") + listed(n);
  body += " ]\n";
  std::string expected;
  for (const std::size_t size : {body.size(), std::size_t{1000}, std::size_t{131'072}}) {
    std::vector<std::string_view> blocks;
    for (std::size_t at = 0; at < body.size(); at += size) {
      blocks.push_back(std::string_view(body).substr(at, size));
    }
    const auto table = read(blocks);
    ASSERT_TRUE(table) << table.error().message;
    EXPECT_EQ(table->size(), count);
    if (expected.empty()) expected = describe(*table);
    EXPECT_EQ(describe(*table), expected);
    EXPECT_EQ(table->version(table->find("d3")[0].version), "v\\0");
  }
}

TEST(SegmentStream, AnEmptyListIsNoSegments) {
  for (const std::string_view body : {"[]", " [ ] ", "\n[\n]\r\n\t"}) {
    const auto table = read({body});
    ASSERT_TRUE(table) << body << ": " << table.error().message;
    EXPECT_EQ(table->size(), 0);
  }
}

TEST(SegmentStream, EveryCutOffBodyIsAnError) {
  const std::string_view body = five;
  for (std::size_t size = 0; size < body.size(); ++size) {
    const auto table = read({body.substr(0, size)});
    ASSERT_FALSE(table) << size;
    ASSERT_EQ(table.error().kind, ErrorKind::unavailable) << size;
    ASSERT_THAT(table.error().message, HasSubstr("cut off")) << size;
  }
}

TEST(SegmentStream, WhatIsNoListOfSegmentsIsAnErrorThatNamesThePlace) {
  struct Case {
    const char* body;
    const char* says;
  };
  const std::string good = listed(1);
  const std::string after = "[" + good + ",";
  for (const Case& c : std::vector<Case>{
           {"<html><title>Error</title></html>", "expected the [ of a list"},
           {R"({"error":"x"})", "expected the [ of a list"},
           {R"({"a":{"b":[]}})", "expected the [ of a list"},
           {"null", "expected the [ of a list"},
           {"[1]", "expected , or ]"},
           {"[[]]", "segment 0"},
           {"[{}}", "dataSource"},
           {"[{}]", "segment 0: dataSource"},
           {"[]]", "more follows"},
           {"[][]", "more follows"},
           {R"([{"dataSource":1}])", "segment 0: dataSource"},
           {R"([{"dataSource":"d"}])", "interval"},
           {R"([{"dataSource":"d","interval":"yesterday"}])", "version"},
           {R"([{"dataSource":"d","interval":"yesterday","version":"v"}])", "yesterday"},
           {R"([{"dataSource":"d","interval":null,"version":"v"}])", "interval"}}) {
    const auto table = read({c.body});
    ASSERT_FALSE(table) << c.body;
    EXPECT_EQ(table.error().kind, ErrorKind::unavailable) << c.body;
    EXPECT_THAT(table.error().message, HasSubstr(c.says)) << c.body;
  }
}

TEST(SegmentStream, AMistakeBehindGoodSegmentsNamesItsNumber) {
  const std::string good = listed(1);
  struct Case {
    std::string tail;
    const char* says;
  };
  for (const Case& c : std::vector<Case>{
           {",]", "segment 2: expected , or ]"},
           {",,]", "segment 2: expected , or ]"},
           {",7]", "segment 2: expected , or ]"},
           {good + "]", "segment 2"},
           {",{}]", "segment 2: dataSource"},
           {",[]]", "segment 2"},
           {"}", "segment 2: expected , or ]"},
           {R"(,{"dataSource":"d","interval":7}])", "segment 2: interval"},
           {R"(,{"dataSource":"d","interval":"2026-01-02/2026-01-03","version":"v","size":"big"}])",
            "segment 2: size"},
           {R"(,{"dataSource":"d","interval":"2026-01-02/2026-01-03","version":"v",)"
            R"("shardSpec":"numbered"}])",
            "segment 2: shardSpec"},
           {R"(,{"dataSource":"d","interval":"2026-01-02/2026-01-03","version":"v",)"
            R"("shardSpec":{"partitionNum":-1}}])",
            "segment 2: shardSpec.partitionNum"},
           {R"(,{"dataSource":"d","interval":"2026-01-02/2026-01-03","version":"v",)"
            R"("overshadowed":"no"}])",
            "segment 2: overshadowed"}}) {
    const std::string body = "[" + good + "," + good + c.tail;
    const auto table = read({body});
    ASSERT_FALSE(table) << c.tail;
    EXPECT_THAT(table.error().message, HasSubstr(c.says)) << c.tail;
  }
}

TEST(SegmentStream, BytesThatAreNoTextAreRefused) {
  std::string body = five;
  body[body.find("page")] = '\xff';
  EXPECT_FALSE(read({body}));
}

// A million brackets are no list; the memory they may take is bounded.
TEST(SegmentStream, ASegmentWithoutAnEndIsGivenUp) {
  SegmentTable table;
  SegmentStream stream(table);
  ASSERT_TRUE(stream.put("[{\"dataSource\":\""));
  const std::string block(1UL << 20U, 'x');
  Result<void> put;
  for (int n = 0; n < 20 && put; ++n) put = stream.put(block);
  ASSERT_FALSE(put);
  EXPECT_THAT(put.error().message, HasSubstr("16 MB"));
}

struct Ends {
  std::uint64_t element = 0;
  std::optional<std::uint64_t> list;
  bool operator==(const Ends&) const = default;
};

// The same question asked of one character after the other.
Ends slow_scan(std::string_view text) {
  Ends out;
  int depth = 0;
  bool in_text = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_text && c == '\\') {
      ++at;
    } else if (c == '"') {
      in_text = !in_text;
    } else if (!in_text && (c == '{' || c == '[')) {
      ++depth;
    } else if (!in_text && (c == '}' || c == ']')) {
      --depth;
      if (depth == 1 && !out.list) out.element = at + 1;
      if (depth == 0 && !out.list) out.list = at + 1;
    }
  }
  return out;
}

TEST(ListScan, FindsTheEndsThatAPlainReaderFinds) {
  std::uint64_t state = 88172645463325252ULL;
  const auto random = [&state] {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    return state;
  };
  constexpr std::string_view letters = R"([{]}"\ ,:ax)";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = "[";
    // A backslash outside of texts is no JSON; what it means there need not be the same.
    bool in_text = false;
    const std::size_t size = random() % 300;
    while (text.size() < size) {
      const char c = letters[random() % letters.size()];
      if (c == '\\' && !in_text) continue;
      text += c;
      if (c == '\\') text += letters[random() % letters.size()];
      if (c == '"') in_text = !in_text;
    }
    ListScan scan;
    for (std::string_view rest = text; !rest.empty();) {
      const std::size_t piece = 1 + random() % 150;
      scan.put(rest.substr(0, piece));
      rest.remove_prefix(std::min(piece, rest.size()));
    }
    ASSERT_EQ((Ends{scan.element_end(), scan.list_end()}), slow_scan(text)) << text;
    ASSERT_EQ(scan.scanned(), text.size());
  }
}

}  // namespace
}  // namespace henge::druid
