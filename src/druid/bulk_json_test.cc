// Answers recorded from Druid 33, and what must not be taken for one.
#include "druid/bulk_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "druid/dom_shape.h"
#include "druid/segment_stream.h"

namespace henge::druid {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string recorded(const std::string& name) {
  std::ifstream file(std::string(HENGE_SOURCE_DIR) + "/tests/golden/druid/" + name);
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(BulkJson, SupervisorsComeWithSpecStateAndDatasource) {
  const auto all = parse_supervisors(recorded("supervisors.json"));
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ(all->at(0).id, "henge_obs_rec");
  EXPECT_EQ(all->at(0).datasource, "henge_obs_rec");
  EXPECT_FALSE(all->at(0).suspended);
  EXPECT_TRUE(all->at(0).healthy);
  EXPECT_FALSE(all->at(0).state.empty());
  const json spec = json::parse(all->at(0).spec.text);
  EXPECT_EQ(spec["type"], "kafka");
  EXPECT_EQ(spec.dump(), all->at(0).spec.text) << "canonical";
}

TEST(BulkJson, EveryKindOfSupervisorIsListed) {
  const auto all = parse_supervisors(R"([
    {"id":"a","state":"SUSPENDED","healthy":false,"spec":{"dataSchema":{"dataSource":"d1"},
     "suspended":true}},
    {"id":"autocompact__x","state":"RUNNING","spec":{"type":"autocompact","spec":{"dataSource":"x"},
     "suspended":false}},
    {"id":"scheduled","spec":{"type":"scheduled_batch"},"dataSource":"s"},
    {"id":"odd","spec":{}}])");
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->at(0).datasource, "d1");
  EXPECT_TRUE(all->at(0).suspended);
  EXPECT_FALSE(all->at(0).healthy);
  EXPECT_EQ(all->at(0).detailed_state, "SUSPENDED");
  EXPECT_EQ(all->at(1).datasource, "x");
  EXPECT_EQ(all->at(2).datasource, "s");
  EXPECT_EQ(all->at(3).datasource, "");
}

TEST(BulkJson, AHistoryEndsWithATombstone) {
  const auto history = parse_history(recorded("supervisor_history.json"));
  ASSERT_TRUE(history) << history.error().message;
  ASSERT_EQ(history->size(), 2U);
  EXPECT_TRUE(history->at(0).tombstone);
  EXPECT_FALSE(history->at(1).tombstone);
  EXPECT_GT(history->at(0).version, history->at(1).version);
  EXPECT_EQ(json::parse(history->at(1).spec.text)["type"], "kafka");
  const auto bare = parse_history(R"([{"version":"v","spec":null}])");
  ASSERT_TRUE(bare);
  EXPECT_TRUE(bare->at(0).tombstone);
}

TEST(BulkJson, LocksKeepTypeIntervalAndGroup) {
  const auto locks = parse_locks(recorded("active_locks.json"));
  ASSERT_TRUE(locks) << locks.error().message;
  ASSERT_EQ(locks->size(), 1U);
  const TaskLock& lock = locks->at(0);
  EXPECT_EQ(lock.datasource, "henge_obs_rec");
  EXPECT_EQ(lock.type, LockType::append);
  EXPECT_TRUE(lock.group_id.starts_with("henge_obs_rec_"));
  EXPECT_EQ(to_iso(lock.interval), "2026-01-05T01:00:00.000Z/2026-01-05T03:00:00.000Z");
  EXPECT_EQ(lock.version, "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(lock.priority, 50);
  EXPECT_FALSE(lock.revoked);
}

TEST(BulkJson, EveryLockTypeIsKnownAndNoOtherIsGuessed) {
  const auto with = [](const std::string& type) {
    return parse_locks(R"({"datasourceToLocks":{"d":[{"type":")" + type +
                       R"(","groupId":"g","interval":"2026-01-01/2026-01-02","revoked":true}]}})");
  };
  EXPECT_EQ(with("EXCLUSIVE")->at(0).type, LockType::exclusive);
  EXPECT_EQ(with("SHARED")->at(0).type, LockType::shared);
  EXPECT_EQ(with("REPLACE")->at(0).type, LockType::replace);
  EXPECT_EQ(with("append")->at(0).type, LockType::append);
  EXPECT_EQ(with("append")->at(0).datasource, "d");
  EXPECT_TRUE(with("append")->at(0).revoked);
  EXPECT_THAT(with("LEASE").error().message, HasSubstr("lease"));
  EXPECT_TRUE(parse_locks(R"({"datasourceToLocks":{}})")->empty());
}

TEST(BulkJson, DigestsAreByDatasource) {
  const auto digests = parse_digests(recorded("segment_digests.json"));
  ASSERT_TRUE(digests) << digests.error().message;
  ASSERT_EQ(digests->size(), 2U);
  for (const auto& [datasource, digest] : *digests) {
    EXPECT_GT(digest.published, 0) << datasource;
    EXPECT_GT(digest.size_bytes, 0) << datasource;
    EXPECT_GT(digest.rows, 0) << datasource;
    EXPECT_EQ(digest.realtime, 0) << datasource;
    EXPECT_TRUE(parse_instant(digest.version_max)) << digest.version_max;
  }
}

TEST(BulkJson, VersionsThatAreNoInstantsCountAsNone) {
  const auto digests = parse_digests(
      R"([{"datasource":"a","published":1,"version_digits":20260102030405678,"realtime":2},
          {"datasource":"b","published":1,"version_digits":0,"size_bytes":null}])");
  ASSERT_TRUE(digests);
  EXPECT_EQ(digests->at("a").version_max, "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(digests->at("a").realtime, 2);
  EXPECT_EQ(digests->at("b").version_max, "");
}

TEST(BulkJson, TheDigestAsksOnlyWhatOldPlannersCanDo) {
  const std::string query = digest_query();
  for (const char* unknown : {"FILTER", "SUBSTRING", "MAX(\"version\")", "TIME_PARSE"}) {
    EXPECT_EQ(query.find(unknown), std::string::npos) << unknown;
  }
  EXPECT_THAT(query, testing::EndsWith(R"(FROM sys.segments GROUP BY "datasource")"));
}

TEST(BulkJson, OwnRulesAreByDatasourceAndNoneIsNone) {
  const auto rules = parse_all_rules(recorded("all_rules.json"));
  ASSERT_TRUE(rules) << rules.error().message;
  ASSERT_TRUE(rules->contains("_default"));
  ASSERT_TRUE(rules->contains("henge_obs_rec"));
  const auto& own = rules->at("henge_obs_rec");
  ASSERT_EQ(own.size(), 2U);
  EXPECT_EQ(own[0].type, "loadByPeriod");
  EXPECT_EQ(own[0].period, "P1M");
  EXPECT_EQ(own[0].replicants.at("_default_tier"), 1);
  EXPECT_EQ(own[1].type, "dropForever");
  EXPECT_TRUE(parse_all_rules(R"({"d":[]})")->empty());
}

TEST(BulkJson, RulesGoOutAsTheyCameIn) {
  const std::string body = recorded("rules_of_every_kind.json");
  const auto read = parse_all_rules(R"({"d":)" + body + "}");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_FALSE(read->at("d").empty());
  const auto again = parse_all_rules(R"({"d":)" + render_rules(read->at("d")) + "}");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->at("d"), read->at("d"));
  EXPECT_EQ(render_rules({}), "[]");
}

// To keep data on no tier is a choice; Druid must not put its default tier there.
TEST(BulkJson, ARuleWithoutTiersSaysSo) {
  Rule rule;
  rule.type = "loadForever";
  EXPECT_EQ(render_rules({rule}),
            R"([{"tieredReplicants":{},"type":"loadForever","useDefaultTierForNull":false}])");
}

TEST(BulkJson, CompactionConfigurationsAreCanonicalTexts) {
  const auto configs = parse_compaction_configs(recorded("compaction_configs.json"));
  ASSERT_TRUE(configs) << configs.error().message;
  ASSERT_EQ(configs->size(), 1U);
  const std::string& text = configs->at("henge_obs_rec").text;
  EXPECT_EQ(json::parse(text)["skipOffsetFromLatest"], "P30D");
  EXPECT_EQ(json::parse(text).dump(), text);
}

TEST(BulkJson, TheLeaderIsAnAddress) {
  EXPECT_EQ(*parse_leader("http://10.0.0.1:8090"), "http://10.0.0.1:8090");
  EXPECT_EQ(*parse_leader("\"https://o:8290\"\n"), "https://o:8290");
  for (const char* bad : {"", "\"\"", "<html>", "null"}) EXPECT_FALSE(parse_leader(bad)) << bad;
}

TEST(BulkJson, UnusedSegmentsComeWithOrWithoutTheirWrapping) {
  const auto wrapped = parse_unused_segments(recorded("unused_segments.json"));
  ASSERT_TRUE(wrapped) << wrapped.error().message;
  ASSERT_EQ(wrapped->size(), 2U);
  EXPECT_TRUE(wrapped->at(0).id.starts_with("henge_obs_rec_2026-01-05T01"));
  EXPECT_GT(wrapped->at(0).size_bytes, 0);
  const json inner = json::parse(recorded("unused_segments.json"))[0]["dataSegment"];
  const auto bare = parse_unused_segments(json::array({inner}).dump());
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->at(0).id, wrapped->at(0).id);
}

TEST(BulkJson, ASampleKeepsCountsAndAFewErrors) {
  const auto sample = parse_sample(recorded("sample.json"));
  ASSERT_TRUE(sample) << sample.error().message;
  EXPECT_EQ(sample->rows_read, 3);
  EXPECT_EQ(sample->rows_indexed, 1);
  ASSERT_EQ(sample->errors.size(), 2U);
  EXPECT_THAT(sample->errors[0], HasSubstr("unparseable"));
  json many = {{"numRowsRead", 100}, {"numRowsIndexed", 0}, {"data", json::array()}};
  for (int n = 0; n < 100; ++n) {
    many["data"].push_back({{"unparseable", true}, {"error", std::string(5000, 'e')}});
  }
  const auto bounded = parse_sample(many.dump());
  ASSERT_TRUE(bounded);
  EXPECT_EQ(bounded->errors.size(), 5U);
  EXPECT_LT(bounded->errors[0].size(), 400U);
}

TEST(BulkJson, TheRecordedListOfSegmentsIsReadAsAStream) {
  SegmentTable table;
  SegmentStream stream(table);
  ASSERT_TRUE(stream.put(recorded("segments_with_status.json")));
  ASSERT_TRUE(stream.finish());
  table.finish();
  const json listed = json::parse(recorded("segments_with_status.json"));
  const auto rows = table.find("henge_obs_rec");
  ASSERT_EQ(rows.size(), listed.size());
  std::int64_t bytes = 0;
  for (const json& segment : listed) bytes += segment["size"].get<std::int64_t>();
  int not_evaluated = 0;  // by rules: null
  for (const SegmentRow& row : rows) {
    bytes -= row.size_bytes;
    EXPECT_TRUE(row.replication == 1 || row.replication == -1);
    not_evaluated += row.replication == -1 ? 1 : 0;
    EXPECT_EQ(row.rows, -1);
    EXPECT_EQ(table.shape(row.shape), (SegmentShape{{"user"}, {"count"}}));
  }
  EXPECT_EQ(bytes, 0);
  EXPECT_EQ(not_evaluated, 2);
}

// Both readers are in use; the texts they make are compared with each other.
TEST(BulkJson, CanonicalTextIsTheSameFromBothReaders) {
  const auto canonical = [](const std::string& body) {
    return dom::guarded(body, [](const dom::Element& any) { return dom::canonical(any).text; });
  };
  for (const char* name : {"supervisors.json", "supervisor_history.json", "all_rules.json",
                           "segments_with_status.json", "compaction_configs.json", "tasks.json"}) {
    const std::string body = recorded(name);
    EXPECT_EQ(*canonical(body), json::parse(body).dump()) << name;
  }
  for (const char* body : {"null",
                           "true",
                           "[]",
                           "{}",
                           "[[],{}]",
                           "-0",
                           "0",
                           "-1",
                           "9223372036854775807",
                           "18446744073709551615",
                           "-9223372036854775808",
                           "0.1",
                           "1.0",
                           "1e3",
                           "-1.5e-7",
                           "1e300",
                           "123456789.125",
                           "100000000000000000000.0",
                           R"("\u0000\u001f\u007f\u0080\u20ac\ud83d\ude00")",
                           R"("\"\\\/\b\f\n\r\t")",
                           R"({"b":1,"a":2,"":3,"b":4,"B":5,"aa":6})",
                           R"({"\u00e9":1,"z":{"y":[1,{"x":null}]}})"}) {
    EXPECT_EQ(*canonical(body), json::parse(body).dump()) << body;
  }
}

TEST(BulkJson, AnythingElseIsNoAnswer) {
  for (const char* body : {"", "<html></html>", "[1]", "{\"a\":", "7", "[{}]", "[null]"}) {
    EXPECT_EQ(parse_supervisors(body).error().kind, ErrorKind::unavailable) << body;
    EXPECT_EQ(parse_history(body).error().kind, ErrorKind::unavailable) << body;
    EXPECT_EQ(parse_locks(body).error().kind, ErrorKind::unavailable) << body;
    EXPECT_EQ(parse_digests(body).error().kind, ErrorKind::unavailable) << body;
    EXPECT_EQ(parse_all_rules(body).error().kind, ErrorKind::unavailable) << body;
    EXPECT_EQ(parse_compaction_configs(body).error().kind, ErrorKind::unavailable) << body;
    EXPECT_EQ(parse_unused_segments(body).error().kind, ErrorKind::unavailable) << body;
    EXPECT_EQ(parse_sample(body).error().kind, ErrorKind::unavailable) << body;
    EXPECT_EQ(parse_leader(body).error().kind, ErrorKind::unavailable) << body;
  }
}

TEST(BulkJson, WhatIsAskedForIsJson) {
  EXPECT_EQ(render_lock_filter({"a", "q\""}),
            R"([{"datasource":"a","priority":0},{"datasource":"q\"","priority":0}])");
  const Interval day{*parse_instant("2026-01-01"), *parse_instant("2026-01-02")};
  EXPECT_EQ(render_interval_body(day),
            R"({"interval":"2026-01-01T00:00:00.000Z/2026-01-02T00:00:00.000Z"})");
}

}  // namespace
}  // namespace henge::druid
