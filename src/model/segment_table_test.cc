#include "model/segment_table.h"

#include <gtest/gtest.h>

namespace henge {
namespace {

Interval hour(int n) {
  constexpr std::int64_t hour_ms = 3'600'000;
  return {instant_of_ms(n * hour_ms), instant_of_ms((n + 1) * hour_ms)};
}

struct Spec {
  const char* datasource;
  int hour;
  const char* version;
  int partition;
  const char* dimensions = "a,b";
  const char* metrics = "count";
};

SegmentTable table_of(const std::vector<Spec>& specs) {
  SegmentTable table;
  for (const Spec& spec : specs) {
    ListedSegment segment{spec.datasource, spec.version, spec.dimensions, spec.metrics, {}};
    segment.row.interval = hour(spec.hour);
    segment.row.partition = spec.partition;
    segment.row.size_bytes = 100;
    table.add(segment);
  }
  table.finish();
  return table;
}

// "hour version partition" of each row, in order.
std::vector<std::string> rows_of(const SegmentTable& table, std::string_view datasource) {
  std::vector<std::string> out;
  for (const SegmentRow& row : table.find(datasource)) {
    out.push_back(fmt::format("{} {} {}", to_ms(row.interval.start) / 3'600'000,
                              table.version(row.version), row.partition));
  }
  return out;
}

using Texts = std::vector<std::string>;

TEST(SegmentTable, RowsComeOutByIntervalVersionAndPartitionHoweverTheyWentIn) {
  std::vector<Spec> specs = {
      {"d", 1, "v1", 0}, {"d", 1, "v1", 1}, {"d", 1, "v2", 0}, {"d", 2, "v1", 0}};
  const Texts expected = {"1 v1 0", "1 v1 1", "1 v2 0", "2 v1 0"};
  std::vector<std::size_t> order = {0, 1, 2, 3};
  do {
    std::vector<Spec> shuffled;
    for (const std::size_t at : order) shuffled.push_back(specs[at]);
    EXPECT_EQ(rows_of(table_of(shuffled), "d"), expected);
  } while (std::ranges::next_permutation(order).found);
}

TEST(SegmentTable, VersionsSortAsTextAndNotByWhenTheyWereSeen) {
  EXPECT_EQ(rows_of(table_of({{"d", 0, "z", 0}, {"d", 0, "a", 5}}), "d"),
            (Texts{"0 a 5", "0 z 0"}));
}

TEST(SegmentTable, DatasourcesAreApartAndListedInOrder) {
  const SegmentTable table =
      table_of({{"b", 0, "v", 0}, {"a", 0, "v", 1}, {"b", 1, "w", 2}, {"a", 2, "v", 3}});
  EXPECT_EQ(table.datasources(), (Texts{"a", "b"}));
  EXPECT_EQ(rows_of(table, "a"), (Texts{"0 v 1", "2 v 3"}));
  EXPECT_EQ(rows_of(table, "b"), (Texts{"0 v 0", "1 w 2"}));
  EXPECT_TRUE(table.find("c").empty());
  EXPECT_TRUE(table.find("").empty());
  EXPECT_EQ(table.size(), 4);
}

TEST(SegmentTable, AnEmptyOneHasNothing) {
  SegmentTable table;
  table.finish();
  EXPECT_EQ(table.size(), 0);
  EXPECT_TRUE(table.datasources().empty());
}

TEST(SegmentTable, TheSameColumnsAreOneShapeInWhateverOrderTheyAreListed) {
  const SegmentTable table = table_of({{"d", 0, "v", 0, "b,a", "y,x"},
                                       {"d", 1, "v", 0, "a,b", "x,y"},
                                       {"e", 0, "v", 0, "a,b", "x"},
                                       {"e", 1, "v", 0, "", ""},
                                       {"e", 2, "v", 0, ",a,,b,", "x"}});
  const auto d = table.find("d");
  const auto e = table.find("e");
  EXPECT_EQ(d[0].shape, d[1].shape);
  EXPECT_EQ(table.shape(d[0].shape), (SegmentShape{{"a", "b"}, {"x", "y"}}));
  EXPECT_EQ(table.shape(e[0].shape), (SegmentShape{{"a", "b"}, {"x"}}));
  EXPECT_EQ(table.shape(e[1].shape), (SegmentShape{}));
  EXPECT_EQ(e[2].shape, e[0].shape);
}

TEST(SegmentTable, ANameMayBeACommaAwayFromAnother) {
  // dimensions "a" and metrics "b,c" are not dimensions "a,b" and metrics "c".
  const SegmentTable table = table_of({{"d", 0, "v", 0, "a", "b,c"}, {"d", 1, "v", 0, "a,b", "c"}});
  EXPECT_NE(table.find("d")[0].shape, table.find("d")[1].shape);
}

TEST(SegmentTable, ManyVersionsKeepTheirTexts) {
  SegmentTable table;
  std::vector<std::string> versions;
  for (int n = 0; n < 5000; ++n) versions.push_back(fmt::format("2026-01-01T00:00:{:05}Z", n));
  for (const std::string& version : versions) {
    ListedSegment segment{"d", version, "", "", {}};
    segment.row.interval = hour(0);
    table.add(segment);
    table.add(segment);
  }
  table.finish();
  const auto rows = table.find("d");
  ASSERT_EQ(rows.size(), 10'000U);
  for (std::size_t n = 0; n < rows.size(); ++n) {
    EXPECT_EQ(table.version(rows[n].version), versions[n / 2]);
  }
}

TEST(SegmentTable, ReplacingTakesWhatIsNamedAndKeepsTheRest) {
  SegmentTable table = table_of({{"a", 0, "v1", 0}, {"b", 0, "v1", 0}, {"c", 0, "v1", 0}});
  const SegmentTable other = table_of(
      {{"x", 0, "v7", 0}, {"a", 3, "v9", 0, "n", "m"}, {"a", 4, "v1", 0}, {"d", 0, "v8", 1}});
  table.replace(other, {"a", "b", "d", "nowhere"});
  EXPECT_EQ(table.datasources(), (Texts{"a", "c", "d"}));
  EXPECT_EQ(rows_of(table, "a"), (Texts{"3 v9 0", "4 v1 0"}));
  EXPECT_EQ(rows_of(table, "c"), (Texts{"0 v1 0"}));
  EXPECT_EQ(rows_of(table, "d"), (Texts{"0 v8 1"}));
  EXPECT_EQ(table.size(), 4);
  EXPECT_EQ(table.shape(table.find("a")[0].shape), (SegmentShape{{"n"}, {"m"}}));
  EXPECT_EQ(table.shape(table.find("c")[0].shape), (SegmentShape{{"a", "b"}, {"count"}}));
}

TEST(SegmentTable, ReplacingForEverDoesNotGrow) {
  SegmentTable table = table_of({{"keep", 0, "v0", 0, "k", "l"}});
  std::uint32_t version_max = 0;
  std::uint32_t shape_max = 0;
  for (int round = 0; round < 1000; ++round) {
    const std::string version = fmt::format("v{}", round);
    const std::string column = fmt::format("c{}", round);
    table.replace(table_of({{"d", 0, version.c_str(), 0, column.c_str(), "m"}}), {"d"});
    const SegmentRow& row = table.find("d")[0];
    ASSERT_EQ(table.version(row.version), version);
    ASSERT_EQ(table.shape(row.shape), (SegmentShape{{column}, {"m"}}));
    version_max = std::max(version_max, row.version);
    shape_max = std::max(shape_max, row.shape);
  }
  EXPECT_LT(version_max, 64U);
  EXPECT_LT(shape_max, 64U);
  EXPECT_EQ(rows_of(table, "keep"), (Texts{"0 v0 0"}));
  EXPECT_EQ(table.shape(table.find("keep")[0].shape), (SegmentShape{{"k"}, {"l"}}));
}

TEST(SegmentTable, ACopyIsAWholeOfItsOwn) {
  SegmentTable first = table_of({{"d", 0, "v1", 0}});
  const SegmentTable copy = first;
  first.replace(table_of({{"d", 5, "v2", 0}}), {"d"});
  EXPECT_EQ(rows_of(copy, "d"), (Texts{"0 v1 0"}));
  EXPECT_EQ(rows_of(first, "d"), (Texts{"5 v2 0"}));
}

TEST(SegmentTable, ARowIsSmall) {
  EXPECT_LE(sizeof(SegmentRow), 56U);
}

}  // namespace
}  // namespace henge
