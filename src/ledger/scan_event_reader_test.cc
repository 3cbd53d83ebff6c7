#include "ledger/scan_event_reader.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace henge::ledger {
namespace {

scan::PartitionProgress progress(std::int32_t partition, std::int64_t n) {
  scan::PartitionProgress p;
  p.partition = partition;
  p.from = n;
  p.to = n + 10;
  p.records = 9;
  p.unparseable = n % 3;
  p.null_values = n % 2;
  p.without_timestamp = 1;
  p.lost = n % 5;
  p.arrival_max = instant_of_ms(1'767'225'600'000 + n);
  p.arrival_floor = instant_of_ms(-n);
  return p;
}

ScanAdvanced a_scan() {
  ScanAdvanced e;
  const Instant first = instant_of_ms(3'600'000);
  const Instant second = instant_of_ms(7'200'000);
  e.batch.partitions = {progress(3, 10), progress(12, 0)};
  e.batch.partitions[0].witness = Witness{19, instant_of_ms(1'767'225'600'000), "00ff00ff00ff00ff"};
  e.batch.chunks[first][3] = {6, 2, 1, 0, 19};
  e.batch.chunks[first][12] = {0, 0, 0, 7, -1};
  e.batch.chunks[second][2] = {std::numeric_limits<std::int64_t>::max(), 0, 0, 0, 5};
  scan::Extent extent;
  extent.file = "delta-000001.log";
  extent.offset = 16;
  extent.bytes = 100;
  extent.rows = 2;
  extent.payload_bytes = 80;
  extent.kind = scan::DeltaKind::early;
  extent.chunk = first;
  extent.arrival_first = second;
  extent.checksum = "0123456789abcdef";
  e.batch.extents = {extent, extent};
  e.batch.extents[1].kind = scan::DeltaKind::unparseable;
  return e;
}

TEST(ScanEventReader, ReadsWhatIsWritten) {
  ScanAdvanced empty;
  ScanAdvanced no_extent = a_scan();
  no_extent.batch.extents.clear();
  for (const ScanAdvanced& e : {a_scan(), empty, no_extent}) {
    const auto read = read_scan_as_written(to_json(e));
    ASSERT_TRUE(read) << to_json(e);
    EXPECT_EQ(*read, e);
  }
}

TEST(ScanEventReader, LeavesAllElseToTheGeneralReader) {
  ScanAdvanced quoted = a_scan();
  quoted.batch.extents[0].file = "a\"b";
  ScanAdvanced accented = a_scan();
  accented.batch.extents[0].file = "\xc3\xa9";
  auto older = nlohmann::json::parse(to_json(a_scan()));
  older["partitions"][0].erase("lost");
  auto newer = nlohmann::json::parse(to_json(a_scan()));
  newer["partitions"][0]["zone"] = 1;
  for (const std::string& text :
       {to_json(quoted), to_json(accented), older.dump(), newer.dump(), newer.dump(1),
        std::string(), std::string("{}"), std::string("[]"), to_json(a_scan()) + " "}) {
    EXPECT_FALSE(read_scan_as_written(text)) << text;
  }
  EXPECT_EQ(from_json("scan_advanced", to_json(quoted)), Body(quoted));
  EXPECT_EQ(from_json("scan_advanced", to_json(accented)), Body(accented));
}

// What the general reader makes of the same text: its tree, read by from_json under white space
// that the quick one does not take.
TEST(ScanEventReader, NeverReadsAnythingElseThanTheGeneralReader) {
  const std::string good = to_json(a_scan());
  const std::string letters = "0179-,:{}[]\"ae .\\";
  std::size_t read = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char c : letters) {
      std::string text = good;
      text[at] = c;
      const auto quick = read_scan_as_written(text);
      if (!quick) continue;
      ++read;
      const auto general = from_json("scan_advanced", " " + text);
      ASSERT_TRUE(general) << text;
      ASSERT_EQ(*general, Body(*quick)) << text;
    }
    EXPECT_FALSE(read_scan_as_written(good.substr(0, at))) << at;
  }
  EXPECT_GT(read, 100U);
}

}  // namespace
}  // namespace henge::ledger
