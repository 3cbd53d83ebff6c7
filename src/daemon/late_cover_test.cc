// Which late rows a replacement holds: row by row, by arrival.
#include "daemon/late_cover.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace henge::daemon {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

const Instant hour = instant_of_ms(3'600'000);

class Cover : public testing::Test {
 protected:
  Cover() {
    std::string made = (fs::temp_directory_path() / "henge-cover-XXXXXX").string();
    folder = {mkdtemp(made.data()), "clicks"};
  }
  ~Cover() override { fs::remove_all(folder.path); }

  // One extent whose rows arrived at these milliseconds; their texts are the same numbers.
  scan::Extent keep(const std::vector<std::int64_t>& arrivals) {
    auto writer = scan::DeltaWriter::open(folder, ends, scan::delta_file_bytes_max);
    EXPECT_TRUE(writer) << writer.error().message;
    scan::Findings findings;
    for (const std::int64_t ms : arrivals) {
      const std::string text = std::to_string(ms);
      findings.kept.push_back({scan::DeltaKind::late, hour, 0, next++, 0, instant_of_ms(ms), hour,
                               findings.text.size(), text.size()});
      findings.text += text;
    }
    auto extents = writer->append({&findings});
    EXPECT_TRUE(extents);
    ends[extents->front().file] = extents->front().offset + extents->front().bytes;
    return extents->front();
  }
  std::vector<std::string> lines(const std::vector<scan::Extent>& extents) {
    scan::DeltaLines reader(folder, extents);
    std::vector<std::string> out;
    for (;;) {
      auto part = reader.next();
      EXPECT_TRUE(part) << part.error().message;
      if (!part || !*part) return out;
      std::string_view rest = **part;
      for (std::size_t end = rest.find('\n'); end != std::string_view::npos;
           end = rest.find('\n')) {
        out.emplace_back(rest.substr(0, end));
        rest.remove_prefix(end + 1);
      }
    }
  }
  ledger::LoadTarget cover(std::int64_t as_of) {
    ledger::LoadTarget target;
    target.chunk = hour;
    auto done = cover_late_rows(folder, state, instant_of_ms(as_of), target);
    EXPECT_TRUE(done) << done.error().message;
    return target;
  }
  void repaired(const scan::Extent& extent) {
    ledger::RepairState& repair = state.repairs["repair-000001"];
    repair.phase = ledger::RepairPhase::confirmed;
    repair.intent.extents.push_back(extent);
    state.chunks[hour].repaired_rows += extent.rows;
  }

  scan::DeltaFolder folder;
  scan::DeltaEnds ends;
  ledger::PipelineState state;
  std::int64_t next = 0;
};

TEST_F(Cover, RowsUpToTheMomentAreCoveredTheMomentIncluded) {
  const auto early = keep({10, 20});
  const auto late = keep({30, 40});
  state.chunks[hour].waiting = {early, late};
  const auto target = cover(20);
  EXPECT_THAT(target.dropped, ElementsAre(early));
  EXPECT_THAT(lines(target.covered), ElementsAre("10", "20"));
  EXPECT_THAT(target.returned, IsEmpty()) << "the other one goes on waiting as it is";
}

TEST_F(Cover, AnExtentOnBothSidesIsCutBetweenRows) {
  const auto both = keep({10, 50, 20, 60, 70});
  state.chunks[hour].waiting = {both};
  const auto target = cover(30);
  EXPECT_THAT(target.dropped, ElementsAre(both));
  EXPECT_THAT(lines(target.covered), ElementsAre("10", "20"));
  EXPECT_THAT(lines(target.returned), ElementsAre("50", "60", "70"));
  std::int64_t rows = 0, bytes = 0;
  for (const auto& pieces : {target.covered, target.returned})
    for (const auto& x : pieces) {
      rows += x.rows;
      bytes += x.bytes;
    }
  EXPECT_EQ(rows, both.rows);
  EXPECT_EQ(bytes, both.bytes);
}

TEST_F(Cover, WhatWasRepairedAndArrivedLaterComesBack) {
  repaired(keep({10, 50}));
  repaired(keep({60}));
  const auto target = cover(30);
  EXPECT_THAT(target.dropped, IsEmpty());
  EXPECT_THAT(lines(target.covered), ElementsAre("10"));
  EXPECT_THAT(lines(target.returned), ElementsAre("50", "60"));
}

TEST_F(Cover, WhatIsStillUnderWayOrOfAnotherChunkIsLeftAlone) {
  auto other = keep({50});
  other.chunk = hour + std::chrono::hours(1);
  repaired(other);
  state.repairs["repair-000002"].phase = ledger::RepairPhase::absent;
  state.repairs["repair-000002"].intent.extents = {keep({60})};
  const auto target = cover(30);
  EXPECT_THAT(target.returned, IsEmpty());
  EXPECT_THAT(target.covered, IsEmpty());
}

TEST_F(Cover, AFileThatIsGoneIsAnError) {
  const auto extent = keep({10, 50});
  state.chunks[hour].waiting = {extent};
  fs::remove(folder.path / extent.file);
  ledger::LoadTarget target;
  target.chunk = hour;
  auto done = cover_late_rows(folder, state, instant_of_ms(30), target);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace henge::daemon
