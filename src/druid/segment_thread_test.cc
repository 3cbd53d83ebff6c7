#include "druid/segment_thread.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace henge::druid {
namespace {

std::string element(int n) {
  return fmt::format(
      R"({{"overshadowed":false,"replicationFactor":2,"numRows":{},"dataSource":"web",)"
      R"("interval":"2026-03-01T00:00:00.000Z/2026-03-01T01:00:00.000Z",)"
      R"("version":"2026-03-02T00:00:00.000Z","loadSpec":{{"type":"local","path":"{:0300}"}},)"
      R"("dimensions":"page,user","metrics":"count",)"
      R"("shardSpec":{{"type":"numbered","partitionNum":{},"partitions":0}},)"
      R"("binaryVersion":9,"size":{},"identifier":"web_{}"}})",
      n + 1, n, n, n + 10, n);
}

std::string list_of(int count) {
  std::string body = "[";
  for (int n = 0; n < count; ++n) body += (n == 0 ? "" : ",") + element(n);
  return body + "]";
}

Result<void> read_all(std::string_view body, std::size_t block, SegmentTable& table) {
  SegmentThread reader(table);
  for (std::size_t at = 0; at < body.size(); at += block)
    TRY_VOID(reader.put(body.substr(at, block)));
  TRY_VOID(reader.finish());
  table.finish();
  return {};
}

// Twice what is read at once, and then some blocks more than may wait.
constexpr int many = 20'000;

TEST(SegmentThread, ReadsWhatTheStreamReadsHoweverItIsCut) {
  const std::string body = list_of(many);
  ASSERT_GT(body.size(), 2 * SegmentThread::short_bytes);
  SegmentTable expected;
  SegmentStream stream(expected);
  ASSERT_TRUE(stream.put(body));
  ASSERT_TRUE(stream.finish());
  expected.finish();
  ASSERT_EQ(expected.size(), many);
  for (const std::size_t block : {std::size_t{1'000}, std::size_t{32'768}, body.size()}) {
    SegmentTable table;
    const auto read = read_all(body, block, table);
    ASSERT_TRUE(read) << read.error().message;
    const auto rows = table.find("web");
    EXPECT_TRUE(std::ranges::equal(rows, expected.find("web"))) << block;
  }
}

TEST(SegmentThread, AShortListToo) {
  SegmentTable table;
  ASSERT_TRUE(read_all(list_of(3), 100, table));
  EXPECT_EQ(table.size(), 3);
  SegmentTable none;
  ASSERT_TRUE(read_all("[]", 1, none));
  EXPECT_EQ(none.size(), 0);
}

TEST(SegmentThread, WhatIsCutOffIsNoList) {
  const std::string body = list_of(many);
  SegmentTable table;
  const auto read = read_all(std::string_view(body).substr(0, body.size() - 1), 32'768, table);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::unavailable);
  EXPECT_NE(read.error().message.find("cut off"), std::string::npos) << read.error().message;
}

TEST(SegmentThread, WhatIsNoSegmentIsToldWhileReceivingOrAtTheEnd) {
  std::string body = list_of(many);
  const std::string good = R"("partitionNum":15000)";
  body.replace(body.find(good), good.size(), R"("partitionNum":"odd")");
  SegmentTable table;
  const auto read = read_all(body, 32'768, table);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("segment 15000"), std::string::npos) << read.error().message;
}

TEST(SegmentThread, MayBeGivenUpAtAnyTime) {
  const std::string body = list_of(many);
  for (const std::size_t size : {std::size_t{0}, std::size_t{100}, body.size() / 2, body.size()}) {
    SegmentTable table;
    {
      SegmentThread reader(table);
      ASSERT_TRUE(reader.put(std::string_view(body).substr(0, size)));
    }
    EXPECT_LE(table.size(), many);
  }
}

}  // namespace
}  // namespace henge::druid
