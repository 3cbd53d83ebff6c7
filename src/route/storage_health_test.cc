// Deep storage: what was seen and what Druid said on one side, its health on the other.
#include "route/storage_health.h"

#include <gtest/gtest.h>

namespace henge::route {
namespace {

using State = Health::State;
using std::chrono::minutes;
using std::chrono::seconds;

const Instant now = parse_instant("2026-03-01T12:00Z").value();

StorageReports failed(int times, Millis ago) {
  return {times, "No space left on device", now - ago, 0};
}

TEST(StorageHealth, Table) {
  struct Row {
    const char* situation;
    std::optional<StorageSight> sight;
    StorageReports reports;
    State state;
    const char* why;
  };
  const StorageSight fine{"/deep"};
  const std::vector<Row> rows = {
      {"nobody looks and nobody complains",
       {},
       {},
       State::unknown,
       "the configuration names no place to look at (loads.deepStorage)"},
      {"it is there", fine, {}, State::ok, ""},
      {"with room", StorageSight{"/deep", "", {}, 256'000'000}, {}, State::ok, ""},
      {"without",
       StorageSight{"/deep", "", {}, 255'999'999},
       {},
       State::failing,
       "/deep has 255 MB left"},
      {"it is not there",
       StorageSight{"/deep", "can't be written"},
       {},
       State::failing,
       "/deep: can't be written"},
      {"it takes its time",
       StorageSight{"http://s", "", seconds(4)},
       {},
       State::slow,
       "http://s took 4s to answer"},
      {"one task failed", fine, failed(1, seconds(1)), State::slow,
       "1 tasks could not publish, the last one: No space left on device"},
      {"several did, just now", fine, failed(2, seconds(119)), State::failing,
       "2 tasks could not publish, the last one: No space left on device"},
      {"several did, and nobody tried for a while", fine, failed(2, minutes(2)), State::slow,
       "2 tasks could not publish, the last one: No space left on device"},
      {"also where nobody looks",
       {},
       failed(3, seconds(5)),
       State::failing,
       "3 tasks could not publish, the last one: No space left on device"},
      {"segments that nobody loads",
       fine,
       {0, "", {}, 2},
       State::slow,
       "what 2 tasks published does not become available"},
  };
  for (const Row& row : rows) {
    const Health health = judge_storage(row.sight, row.reports, now);
    EXPECT_EQ(to_string(health.state), std::string(to_string(row.state))) << row.situation;
    EXPECT_EQ(health.why, row.why) << row.situation;
  }
}

}  // namespace
}  // namespace henge::route
