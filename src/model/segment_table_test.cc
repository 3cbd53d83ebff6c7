#include "model/segment_table.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

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

TEST(SegmentTable, ReplacingEverythingLeavesNothingOfBefore) {
  SegmentTable table;
  table.replace(table_of({{"a", 0, "v1", 0}, {"b", 0, "v1", 0}}), {"a", "b"});
  EXPECT_EQ(table.datasources(), (Texts{"a", "b"}));
  table.replace(table_of({{"a", 1, "v2", 0, "n", "m"}}), {"b", "a", "nowhere"});
  EXPECT_EQ(table.datasources(), (Texts{"a"}));
  EXPECT_EQ(rows_of(table, "a"), (Texts{"1 v2 0"}));
  EXPECT_EQ(table.size(), 1);
  EXPECT_EQ(table.shape(table.find("a")[0].shape), (SegmentShape{{"n"}, {"m"}}));
  table.replace(table_of({{"c", 0, "v3", 0}}), {"c"});
  EXPECT_EQ(table.datasources(), (Texts{"a", "c"}));
  EXPECT_EQ(rows_of(table, "c"), (Texts{"0 v3 0"}));
  table.replace(SegmentTable(), {"a", "c"});
  EXPECT_EQ(table.size(), 0);
  EXPECT_EQ(table.datasources(), Texts{});
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

TEST(SegmentTable, OneMoreAfterItWasFinishedIsSortedInByTheNextFinish) {
  SegmentTable table = table_of({{"d", 1, "b", 0}, {"e", 1, "b", 0}});
  const std::uint32_t before = table.find("d")[0].version;
  for (const char* version : {"a", "b"}) {
    ListedSegment segment{"d", version, "a,b", "count", {}};
    segment.row.interval = hour(1);
    segment.row.partition = 9;
    table.add(segment);
  }
  table.finish();
  EXPECT_EQ(rows_of(table, "d"), (Texts{"1 a 9", "1 b 0", "1 b 9"}));
  EXPECT_EQ(table.find("d")[2].version, before) << "the text is known, and kept once";
  EXPECT_EQ(rows_of(table, "e"), (Texts{"1 b 0"}));
  EXPECT_EQ(table.size(), 4);
}

TEST(SegmentTable, ShorterIntervalsFirstWhereTheyBeginTogether) {
  SegmentTable table;
  for (int hours : {24, 1, 6}) {
    ListedSegment segment{"d", "v", "", "", {}};
    segment.row.interval = {hour(0).start, hour(hours).start};
    table.add(segment);
  }
  table.finish();
  std::vector<Instant> ends;
  for (const SegmentRow& row : table.find("d")) ends.push_back(row.interval.end);
  EXPECT_EQ(ends, (std::vector<Instant>{hour(1).start, hour(6).start, hour(24).start}));
}

TEST(SegmentTable, EveryFieldOfARowIsKeptAndEqualRowsAreKeptTwice) {
  SegmentTable table;
  SegmentRow row;
  row.interval = hour(3);
  row.size_bytes = INT64_MAX;
  row.rows = 1'234'567'890'123;
  row.partition = 32'767;
  row.replication = 2;
  row.overshadowed = row.tombstone = row.realtime = true;
  row.version = row.shape = 99;  // not the caller's to say
  table.add({"d", "v", "a", "m", row});
  table.add({"d", "v", "a", "m", row});
  table.finish();
  ASSERT_EQ(table.size(), 2);
  SegmentRow held = table.find("d")[0];
  EXPECT_EQ(held, table.find("d")[1]);
  EXPECT_EQ(table.version(held.version), "v");
  EXPECT_EQ(table.shape(held.shape), (SegmentShape{{"a"}, {"m"}}));
  held.version = held.shape = 99;
  EXPECT_EQ(held, row);
}

TEST(SegmentTable, TextsAreKeptOnceOverAllDatasources) {
  std::vector<Spec> specs;
  const Texts names = {"a", "b", "c", "d", "e"};
  for (const std::string& name : names)
    for (int n = 0; n < 8; ++n)
      specs.push_back({name.c_str(), n, n % 2 == 0 ? "v1" : "v2", n, n % 3 == 0 ? "x" : "y", "m"});
  const SegmentTable table = table_of(specs);
  std::set<std::uint32_t> versions, shapes;
  for (const std::string& name : names)
    for (const SegmentRow& row : table.find(name)) {
      versions.insert(row.version);
      shapes.insert(row.shape);
    }
  EXPECT_EQ(versions, (std::set<std::uint32_t>{0, 1}));
  EXPECT_EQ(shapes, (std::set<std::uint32_t>{0, 1}));
}

TEST(TextIds, NumbersCountUpAndSurviveShrinking) {
  TextIds ids;
  EXPECT_EQ(ids.size(), 0u);
  EXPECT_EQ(ids.id(""), 0u) << "no text is a text, too";
  for (std::uint32_t n = 1; n < 500; ++n) {
    ASSERT_EQ(ids.id(std::to_string(n)), n);
    if (n % 7 == 0) ids.shrink();
    ASSERT_EQ(ids.id(std::to_string(n / 2 + 1)), n / 2 + 1) << "known already";
  }
  ids.shrink();
  EXPECT_EQ(ids.size(), 500u);
  for (std::uint32_t n = 1; n < 500; ++n) ASSERT_EQ(ids.text(n), std::to_string(n));
  EXPECT_EQ(ids.id(std::string("0\0", 2)), 500u) << "a zero byte is a byte";
  EXPECT_EQ(ids.id("0"), 501u);
}

// A table beside which everything is held as plain texts.
struct Plain {
  int hour = 0;
  std::string version;
  int partition = 0;
  std::string dimensions;
  auto operator<=>(const Plain&) const = default;
};
using Listed = std::map<std::string, std::vector<Plain>>;

Listed any_listing() {
  Listed out;
  for (int n = *rc::gen::inRange(0, 30); n > 0; --n) {
    const auto name = *rc::gen::element<std::string>("a", "b", "c", "ab");
    out[name].push_back({*rc::gen::inRange(0, 4), "v" + std::to_string(*rc::gen::inRange(0, 40)),
                         *rc::gen::inRange(0, 3), *rc::gen::element<std::string>("", "x", "x,y")});
  }
  return out;
}

SegmentTable table_of(const Listed& listed) {
  SegmentTable table;
  for (const auto& [name, rows] : listed)
    for (const Plain& plain : rows) {
      ListedSegment segment{name, plain.version, plain.dimensions, "m", {}};
      segment.row.interval = hour(plain.hour);
      segment.row.partition = plain.partition;
      table.add(segment);
    }
  table.finish();
  return table;
}

// What a table holds, read back; rows that differ in their columns only may stand in any order.
Listed read_back(const SegmentTable& table) {
  Listed out;
  for (const std::string& name : table.datasources())
    for (const SegmentRow& row : table.find(name)) {
      std::string dimensions;
      for (const std::string& column : table.shape(row.shape).dimensions)
        dimensions += (dimensions.empty() ? "" : ",") + column;
      out[name].push_back({static_cast<int>(to_ms(row.interval.start) / 3'600'000),
                           table.version(row.version), row.partition, dimensions});
    }
  return out;
}

Listed sorted(Listed listed) {
  for (auto& [name, rows] : listed) std::ranges::sort(rows);
  std::erase_if(listed, [](const auto& item) { return item.second.empty(); });
  return listed;
}

RC_GTEST_PROP(SegmentTableLaw, holds_what_was_listed_in_order, ()) {
  const Listed listed = any_listing();
  const SegmentTable table = table_of(listed);
  const Listed held = read_back(table);
  RC_ASSERT(sorted(held) == sorted(listed));
  std::int64_t rows = 0;
  for (const auto& [name, all] : held) {
    rows += std::ssize(all);
    RC_ASSERT(std::ranges::is_sorted(
        all, {}, [](const Plain& p) { return std::tuple(p.hour, p.version, p.partition); }));
  }
  RC_ASSERT(table.size() == rows);
}

// Over many rounds, as a process does it: the table is always what plain texts would be.
RC_GTEST_PROP(SegmentTableLaw, replacing_is_replacing_each_named_one_and_nothing_else, ()) {
  Listed plain = any_listing();
  SegmentTable table = table_of(plain);
  for (int round = *rc::gen::inRange(1, 12); round > 0; --round) {
    Listed fresh = any_listing();
    for (auto& [name, rows] : fresh)  // versions come and go
      for (Plain& row : rows) row.version += "-" + std::to_string(round);
    const auto named =
        *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>("a", "b", "z"));
    table.replace(table_of(fresh), named);
    for (const std::string& name : named) plain[name] = fresh[name];
    RC_ASSERT(sorted(read_back(table)) == sorted(plain));
    std::int64_t rows = 0;
    for (const auto& [name, all] : plain) rows += std::ssize(all);
    RC_ASSERT(table.size() == rows);
  }
}

}  // namespace
}  // namespace henge
