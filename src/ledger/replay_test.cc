// However many records there are, and on however many threads they are folded: the same state, and
// of two mistakes the first.
#include "ledger/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace henge::ledger {
namespace {

using testing::HasSubstr;

const Instant now = instant_of_ms(1'764'000'000'000);
const Instant chunk = instant_of_ms(1'763'996'400'000);

Record record_of(std::int64_t sequence, const Body& body) {
  return {sequence, 1, now, "clicks", kind_of(body), to_json(body), ""};
}

Body scanned(std::int64_t from) {
  ScanAdvanced e;
  scan::PartitionProgress p;
  p.from = from;
  p.to = from + 1;
  p.records = 1;
  e.batch.partitions = {p};
  e.batch.chunks[chunk][0] = {1, 0, 0, 0, from};
  return e;
}

// A declaration, then scans of one record each.
std::vector<Record> history(std::int64_t records) {
  std::vector<Record> out = {record_of(1, PipelineDeclared{1, "doc", "f", "", "c0ffee00"})};
  while (std::ssize(out) < records)
    out.push_back(record_of(std::ssize(out) + 1, scanned(std::ssize(out))));
  return out;
}

struct Outcome {
  State state;
  std::int64_t sequence = 0;
  Result<void> result;
};

void replay(const std::vector<Record>& records, Outcome& out) {
  Replay replay(out.state, out.sequence);
  Result<void> taken;
  for (const Record& record : records) {
    taken = replay.take(record);
    if (!taken) break;
  }
  out.result = replay.finish();
  if (out.result) out.result = taken;
}

TEST(Replay, AnyNumberOfRecordsAddsUp) {
  for (const std::int64_t count : {1, 4095, 4096, 4097, 8192, 9001}) {
    Outcome out;
    replay(history(count), out);
    ASSERT_TRUE(out.result) << count << ": " << out.result.error().message;
    EXPECT_EQ(out.sequence, count);
    EXPECT_EQ(out.state.events, count);
    if (count == 1) continue;
    const PipelineState& clicks = out.state.pipelines.at("clicks");
    EXPECT_EQ(clicks.partitions.at(0).records, count - 1);
    EXPECT_EQ(clicks.chunks.at(chunk).on_time(), count - 1);
  }
}

TEST(Replay, NothingIsNothing) {
  Outcome out;
  replay({}, out);
  EXPECT_TRUE(out.result);
  EXPECT_EQ(out.state, State{});
}

TEST(Replay, WhatCanNotFollowIsSaidWithItsNumber) {
  const auto good = history(9'500);
  for (const std::int64_t bad : {2, 4096, 4097, 9000}) {
    auto records = good;
    records[static_cast<std::size_t>(bad - 1)] = record_of(bad, scanned(77'777));
    Outcome out;
    replay(records, out);
    ASSERT_FALSE(out.result) << bad;
    EXPECT_EQ(out.result.error().kind, ErrorKind::corrupt);
    // The second scan begins where it likes: nothing was scanned before.
    const std::int64_t named = bad == 2 ? 3 : bad;
    EXPECT_THAT(out.result.error().message, HasSubstr(fmt::format("record {}:", named)));
    EXPECT_EQ(out.sequence, named - 1);
  }
}

TEST(Replay, WhatCanNotBeReadIsSaidWithItsNumber) {
  const auto good = history(9'500);
  for (const std::size_t bad : {2, 4096, 9000}) {
    auto records = good;
    records[bad - 1].body = "{";
    Outcome out;
    replay(records, out);
    ASSERT_FALSE(out.result);
    EXPECT_EQ(out.result.error().kind, ErrorKind::corrupt);
    EXPECT_THAT(out.result.error().message, HasSubstr(fmt::format("record {}:", bad)));
    EXPECT_EQ(out.sequence, static_cast<std::int64_t>(bad) - 1);
  }
}

TEST(Replay, OfTwoMistakesTheFirstIsSaid) {
  auto records = history(5'500);
  records[4999] = record_of(5000, scanned(77'777));
  records[5009].body = "{";
  Outcome out;
  replay(records, out);
  ASSERT_FALSE(out.result);
  EXPECT_THAT(out.result.error().message, HasSubstr("record 5000:"));
}

}  // namespace
}  // namespace henge::ledger
