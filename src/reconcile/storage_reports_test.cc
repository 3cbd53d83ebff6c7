// Tasks' failures as news of deep storage.
#include "reconcile/storage_reports.h"

#include "reconcile/loads_fixture.h"

namespace henge::reconcile {
namespace {

using std::chrono::minutes;

class Reports : public Loads {
 protected:
  void fail_one(Instant chunk, const std::string& key, const std::string& error) {
    read(chunk, 0, "none");
    ask(LoadMode::append, {{chunk, 5}}, {{{chunk}, {}, 5}}, key);
    run(ledger::TaskEnd::failed, error);
  }
};

TEST(StorageError, ByItsWords) {
  for (const char* error :
       {"java.io.IOException: No space left on device", "Failed to publish segments[...]",
        "com.amazonaws.services.s3.model.AmazonS3Exception: Access Denied",
        "Exception while pushing segments"})
    EXPECT_TRUE(is_storage_error(error)) << error;
  for (const char* error : {"", "Could not parse row", "Canceled as requested", "OutOfMemory"})
    EXPECT_FALSE(is_storage_error(error)) << error;
}

TEST_F(Reports, FailuresOfLatelyAreCountedAndTheLastIsQuoted) {
  fail_one(hour_1, "a", "No space left on device");
  fail_one(hour_2, "b", "Could not parse row");
  fail_one(hour_3, "c", "Failed to publish segments");
  const auto reports = storage_reports(all, now);
  EXPECT_EQ(reports.failures, 2);
  EXPECT_EQ(reports.failure, "Failed to publish segments");
  EXPECT_EQ(reports.failed_at, load("load-000003").parts[0].changed_at);
  EXPECT_EQ(storage_reports(all, now + minutes(11)).failures, 0);
}

TEST_F(Reports, WhatWasPublishedAndIsNotThereAfterTenMinutes) {
  read(hour_1, 0, "none");
  ask_one(LoadMode::append, 5);
  run(ledger::TaskEnd::success);
  add({ledger::LoadTaskSeen{"load-000001", load().parts[0].task_id, "published"}});
  EXPECT_EQ(storage_reports(all, now).unavailable, 0);
  EXPECT_EQ(storage_reports(all, now + minutes(10)).unavailable, 1);
  add({ledger::LoadTaskSeen{"load-000001", load().parts[0].task_id, "available"}});
  EXPECT_EQ(storage_reports(all, now + minutes(10)).unavailable, 0);
}

}  // namespace
}  // namespace henge::reconcile
