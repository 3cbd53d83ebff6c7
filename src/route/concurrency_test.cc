// What proves that every writer uses concurrent locks, and what is not enough.
#include "route/concurrency.h"

#include <gtest/gtest.h>

#include <functional>

#include "route/route_fixture.h"

namespace henge::route {
namespace {

using std::chrono::minutes;

// One supervisor with concurrent locks, its task made after the spec was stored.
Writers quiet() {
  Writers w;
  w.supervisors = {{.id = "clicks", .concurrent = true, .stored_at = hour(8)}};
  w.tasks = {{.id = "t1", .owner = LockOwner::stream, .created_at = hour(9)}};
  return w;
}

LockView lock(LockType type, const char* group, LockOwner owner = LockOwner::stream) {
  return {{.datasource = "clicks",
           .type = type,
           .group_id = group,
           .interval = hours_of(8, 9),
           .version = "v"},
          owner};
}

TEST(ProveConcurrent, Cases) {
  const struct {
    const char* what;
    std::function<void(Writers&)> change;
    const char* against;  // empty: proven
  } cases[] = {
      {"made after the spec was stored", [](Writers&) {}, ""},
      {"nobody writes", [](Writers& w) { w = {}; }, ""},
      {"the spec does not say so", [](Writers& w) { w.supervisors[0].concurrent = false; },
       "supervisor clicks has no useConcurrentLocks in its context"},
      {"older than the spec, no lock yet",
       [](Writers& w) { w.tasks[0].created_at = hour(8) - Millis(1); },
       "task t1 may be older than its supervisor's context and holds no lock yet"},
      {"just as old as the spec", [](Writers& w) { w.tasks[0].created_at = hour(8); },
       "task t1 may be older than its supervisor's context and holds no lock yet"},
      {"older than the spec, but it holds an APPEND lock",
       [](Writers& w) {
         w.tasks[0].created_at = hour(7);
         w.locks = {lock(LockType::append, "t1")};
       },
       ""},
      {"its lock is known by its group",
       [](Writers& w) {
         w.tasks[0].created_at = hour(7);
         w.tasks[0].group_id = "index_kafka_clicks";
         w.locks = {lock(LockType::append, "index_kafka_clicks")};
       },
       ""},
      {"a lock that was revoked proves nothing",
       [](Writers& w) {
         w.tasks[0].created_at = hour(7);
         w.locks = {lock(LockType::append, "t1")};
         w.locks[0].lock.revoked = true;
       },
       "task t1 may be older than its supervisor's context and holds no lock yet"},
      {"when it was made is not known", [](Writers& w) { w.tasks[0].created_at.reset(); },
       "task t1 may be older than its supervisor's context and holds no lock yet"},
      {"when the spec was stored is not known",
       [](Writers& w) { w.supervisors[0].stored_at.reset(); },
       "task t1 may be older than its supervisor's context and holds no lock yet"},
      {"its own context says so",
       [](Writers& w) {
         w.tasks[0].created_at.reset();
         w.tasks[0].concurrent = true;
       },
       ""},
      {"its own context says no, whatever the supervisor's says",
       [](Writers& w) { w.tasks[0].concurrent = false; },
       "task t1 has no useConcurrentLocks in its context"},
      {"an EXCLUSIVE lock speaks louder than any context",
       [](Writers& w) { w.locks = {lock(LockType::exclusive, "t1")}; },
       "t1 holds an EXCLUSIVE lock of 2026-03-01T08:00:00.000Z/2026-03-01T09:00:00.000Z"},
      {"a SHARED one too", [](Writers& w) { w.locks = {lock(LockType::shared, "t1")}; },
       "t1 holds a SHARED lock of 2026-03-01T08:00:00.000Z/2026-03-01T09:00:00.000Z"},
      {"an EXCLUSIVE lock that was revoked",
       [](Writers& w) {
         w.locks = {lock(LockType::exclusive, "x", LockOwner::foreign)};
         w.locks[0].lock.revoked = true;
       },
       ""},
      {"a foreign task of which nothing is known",
       [](Writers& w) { w.tasks.push_back({.id = "x", .created_at = hour(10)}); },
       "task x may be older than its supervisor's context and holds no lock yet"},
      {"a second supervisor without",
       [](Writers& w) { w.supervisors.push_back({.id = "second", .stored_at = hour(8)}); },
       "supervisor second has no useConcurrentLocks in its context"},
      {"a second supervisor that was stored after the task was made",
       [](Writers& w) {
         w.supervisors.push_back({.id = "second", .concurrent = true, .stored_at = hour(10)});
       },
       "task t1 may be older than its supervisor's context and holds no lock yet"},
      {"auto-compaction with", [](Writers& w) { w.compaction_concurrent = true; }, ""},
      {"auto-compaction without", [](Writers& w) { w.compaction_concurrent = false; },
       "auto-compaction has no useConcurrentLocks in its task context"},
  };
  for (const auto& c : cases) {
    Writers writers = quiet();
    c.change(writers);
    const ConcurrencyProof proof = prove_concurrent(writers);
    EXPECT_EQ(proof.against, c.against) << c.what;
    EXPECT_EQ(proof.proven, proof.against.empty()) << c.what;
  }
}

TEST(ProveConcurrent, CountsWhoItLookedAt) {
  Writers writers = quiet();
  EXPECT_EQ(prove_concurrent(writers).writers, 2);
  writers.compaction_concurrent = true;
  EXPECT_EQ(prove_concurrent(writers).writers, 3);
  EXPECT_EQ(prove_concurrent({}).writers, 0);
}

TEST(ProveConcurrent, NamesTheFirstThatSpeaksAgainstIt) {
  Writers writers = quiet();
  writers.supervisors[0].concurrent = false;
  writers.locks = {lock(LockType::exclusive, "x")};
  EXPECT_EQ(prove_concurrent(writers).against,
            "supervisor clicks has no useConcurrentLocks in its context");
}

}  // namespace
}  // namespace henge::route
