// What is refused and what waits: watermark, chunks, interval, input, other writers.
#include "route/route_table.h"

namespace henge::route {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(RouteTable, TheWatermarkAndTheChunks) {
  check({
      {"sealed chunks behind the watermark", [](S&) {},
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"the same, to be replaced", [](S& s) { s.replace(); },
       "now, concurrent_replace, 1 single: concurrent_locks input_small"},
      {"the watermark is in the last chunk", [](S& s) { s.view.watermark = hour(12) - seconds(1); },
       "refused, refuse: !ahead_of_watermark concurrent_locks input_small"},
      {"the watermark is just at its end", [](S& s) { s.view.watermark = hour(12); },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"ahead of the watermark, forced",
       [](S& s) {
         s.view.watermark = hour(10);
         s.ask.may.force_open = true;
       },
       "now, concurrent_append, 1 single: ahead_of_watermark concurrent_locks input_small"},
      {"behind the watermark, but opened again",
       [](S& s) { s.view.chunks[2].standing = ChunkStanding::open; },
       "refused, refuse: !ahead_of_watermark concurrent_locks input_small"},
      {"no watermark yet", [](S& s) { s.view.watermark.reset(); },
       "refused, refuse: !watermark_unknown concurrent_locks input_small"},
      {"no watermark yet, forced",
       [](S& s) {
         s.view.watermark.reset();
         s.ask.may.force_open = true;
       },
       "now, concurrent_append, 1 single: watermark_unknown concurrent_locks input_small"},
      {"nothing streams, no watermark",
       [](S& s) {
         s.view.watermark.reset();
         s.view.stream.supervisors = 0;
       },
       "now, concurrent_append, 1 single: no_other_writer input_small"},
      {"nothing streams, and compaction uses exclusive locks",
       [](S& s) {
         s.view.stream.supervisors = 0;
         s.exclusive_locks();
       },
       "now, concurrent_append, 1 single: no_other_writer input_small"},
      {"history that the ledger knows nothing of, append", [](S& s) { s.view.chunks.clear(); },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"history, replace, not counted yet",
       [](S& s) {
         s.replace();
         s.view.chunks.clear();
       },
       "later, concurrent_replace, 1 single: ~rows_held_unknown concurrent_locks input_small"},
      {"history, replace, one chunk not counted: the others go",
       [](S& s) {
         s.replace();
         s.view.chunks[1].rows.reset();
       },
       "now, concurrent_replace, 3 single: ~rows_held_unknown concurrent_locks input_small"},
      {"history, replace, counted as empty",
       [](S& s) {
         s.replace();
         s.chunks_are(ChunkStanding::unknown);
         for (auto& c : s.view.chunks) c.rows = 0;
       },
       "now, concurrent_replace, 1 single: concurrent_locks input_small"},
      {"complete, not yet counted", [](S& s) { s.chunks_are(ChunkStanding::closed); },
       "later, concurrent_append, 1 single: ~chunk_settling concurrent_locks input_small"},
      {"complete, not yet counted, replace",
       [](S& s) {
         s.replace();
         s.chunks_are(ChunkStanding::closed);
       },
       "later, concurrent_replace, 1 single: ~chunk_settling concurrent_locks input_small"},
      {"one of four not yet counted: the others go",
       [](S& s) { s.view.chunks[3].standing = ChunkStanding::closed; },
       "now, concurrent_append, 2 single: ~chunk_settling concurrent_locks input_small"},
      {"late rows wait, append", [](S& s) { s.chunks_are(ChunkStanding::dirty); },
       "now, concurrent_append, 1 single: late_rows_waiting concurrent_locks input_small"},
      {"late rows wait, replace",
       [](S& s) {
         s.replace();
         s.chunks_are(ChunkStanding::dirty);
       },
       "now, concurrent_replace, 1 single: late_rows_waiting concurrent_locks input_small"},
      {"the count is in doubt, append",
       [](S& s) { s.view.chunks[0].standing = ChunkStanding::uncertain; },
       "now, concurrent_append, 2 single: ~chunk_uncertain concurrent_locks input_small"},
      {"the count is in doubt, replace",
       [](S& s) {
         s.replace();
         s.view.chunks[0].standing = ChunkStanding::uncertain;
       },
       "now, concurrent_replace, 1 single: chunk_uncertain concurrent_locks input_small"},
      {"a repair is under way in the middle: both sides go",
       [](S& s) { s.view.chunks[1].work = ChunkWork::repair; },
       "now, concurrent_append, 3 single: ~chunk_busy concurrent_locks input_small"},
      {"another load is under way everywhere",
       [](S& s) {
         for (auto& c : s.view.chunks) c.work = ChunkWork::load;
       },
       "later, concurrent_append, 1 single: ~chunk_busy concurrent_locks input_small"},
      {"a compaction is under way, and the input can't be divided",
       [](S& s) {
         s.whole(4000, 1);
         s.view.chunks[3].work = ChunkWork::compaction;
       },
       "later, concurrent_append, 1 single: ~chunk_busy concurrent_locks split_impossible "
       "input_small"},
      {"a repair outside of the interval",
       [](S& s) {
         s.view.chunks.push_back({.interval = hours_of(12, 13), .work = ChunkWork::repair});
       },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"retention rules drop the first chunk", [](S& s) { s.view.chunks[0].retained = false; },
       "refused, refuse: !rules_drop concurrent_locks input_small"},
      {"frozen", [](S& s) { s.view.frozen = "migration"; },
       "refused, refuse: !frozen concurrent_locks input_small"},
  });
}

TEST(RouteTable, TheIntervalAndTheInput) {
  check({
      {"no interval", [](S& s) { s.ask.interval = hours_of(8, 8); },
       "refused, refuse: !interval_empty"},
      {"backwards", [](S& s) { s.ask.interval = hours_of(9, 8); },
       "refused, refuse: !interval_empty"},
      {"starts within a chunk", [](S& s) { s.ask.interval.start += minutes(1); },
       "refused, refuse: !interval_misaligned"},
      {"ends a millisecond early", [](S& s) { s.ask.interval.end -= Millis(1); },
       "refused, refuse: !interval_misaligned"},
      {"hours of a datasource by day", [](S& s) { s.ask.granularity = Granularity::day; },
       "refused, refuse: !interval_misaligned"},
      {"all of history by hour", [](S& s) { s.ask.interval = span("1990-01-01", "2026-01-01"); },
       "refused, refuse: !too_many_chunks"},
      {"nothing inside, append", [](S& s) { s.give(hours_of(8, 12), 0); },
       "refused, refuse: !input_empty concurrent_locks"},
      {"nothing inside, replace",
       [](S& s) {
         s.replace();
         s.give(hours_of(8, 12), 0);
       },
       "refused, refuse: !input_empty concurrent_locks input_small"},
      {"nothing inside, replace, allowed",
       [](S& s) {
         s.replace();
         s.give(hours_of(8, 12), 0);
         s.ask.may.allow_empty = true;
       },
       "now, concurrent_replace, 1 single: input_empty concurrent_locks input_small"},
      {"nothing inside, replace, only shrinking allowed",
       [](S& s) {
         s.replace();
         s.give(hours_of(8, 12), 0);
         s.ask.may.allow_shrink = true;
       },
       "refused, refuse: !input_empty concurrent_locks input_small"},
      {"not counted, append", [](S& s) { s.ask.input.rows_counted = false; },
       "now, concurrent_append, 1 single: input_not_counted concurrent_locks input_small"},
      {"not counted, replace",
       [](S& s) {
         s.replace();
         s.ask.input.rows_counted = false;
       },
       "later, concurrent_replace, 1 single: ~input_not_counted concurrent_locks input_small"},
      {"not counted, replace, even empty is allowed",
       [](S& s) {
         s.replace();
         s.ask.input.rows_counted = false;
         s.ask.may.allow_empty = true;
       },
       "now, concurrent_replace, 1 single: input_not_counted concurrent_locks input_small"},
      {"just half of the rows held",
       [](S& s) {
         s.replace();
         s.give(hours_of(8, 12), 500);
       },
       "now, concurrent_replace, 1 single: concurrent_locks input_small"},
      {"less than half of the rows held",
       [](S& s) {
         s.replace();
         s.give(hours_of(8, 12), 499);
       },
       "refused, refuse: !shrinks concurrent_locks input_small"},
      {"less than half, allowed",
       [](S& s) {
         s.replace();
         s.give(hours_of(8, 12), 499);
         s.ask.may.allow_shrink = true;
       },
       "now, concurrent_replace, 1 single: shrinks concurrent_locks input_small"},
      {"enough in all, but an hour is missing",
       [](S& s) {
         s.replace();
         s.give(hours_of(8, 11), 2000);
       },
       "refused, refuse: !shrinks concurrent_locks input_small"},
      {"less than half in all, by chunk not known",
       [](S& s) {
         s.replace();
         s.whole(1999, 1);
       },
       "refused, refuse: !shrinks concurrent_locks input_small"},
      {"fewer rows than are held, append", [](S& s) { s.give(hours_of(8, 12), 1); },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"nothing inside, append, allowed: nothing is done",
       [](S& s) {
         s.give(hours_of(8, 12), 0);
         s.ask.may.allow_empty = true;
       },
       "now, concurrent_append: input_empty concurrent_locks"},
      {"rows outside", [](S& s) { s.ask.input.rows_outside = 7; },
       "now, concurrent_append, 1 single: rows_outside concurrent_locks input_small"},
      {"only rows outside",
       [](S& s) {
         s.give(hours_of(8, 12), 0);
         s.ask.input.rows_outside = 7;
       },
       "refused, refuse: rows_outside !input_empty concurrent_locks"},
      {"append to two of four chunks", [](S& s) { s.give(hours_of(9, 11), 1000); },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"append to the first and the last",
       [](S& s) {
         s.ask.input.by_chunk = {{.chunk = hour(8), .rows = 10}, {.chunk = hour(11), .rows = 10}};
         s.ask.input.rows = 20;
       },
       "now, concurrent_append, 2 single: concurrent_locks input_small"},
  });
}

TEST(RouteTable, OtherWriters) {
  check({
      {"a foreign task holds a lock there",
       [](S& s) { s.lock(LockOwner::foreign, LockType::exclusive, hours_of(9, 10)); },
       "refused, refuse: !foreign_writer concurrent_locks input_small"},
      {"a foreign append lock there",
       [](S& s) { s.lock(LockOwner::foreign, LockType::append, hours_of(0, 24)); },
       "refused, refuse: !foreign_writer concurrent_locks input_small"},
      {"a foreign lock elsewhere",
       [](S& s) { s.lock(LockOwner::foreign, LockType::exclusive, hours_of(12, 13)); },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"a foreign lock that was revoked",
       [](S& s) {
         s.lock(LockOwner::foreign, LockType::exclusive, hours_of(9, 10));
         s.view.locks.back().lock.revoked = true;
       },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"streaming's own append lock there",
       [](S& s) { s.lock(LockOwner::stream, LockType::append, hours_of(8, 9), 75); },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"henge's own lock there",
       [](S& s) { s.lock(LockOwner::henge, LockType::append, hours_of(8, 9)); },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"a foreign task without a lock, anywhere",
       [](S& s) { s.view.foreign_tasks.push_back({.id = "theirs", .type = "index"}); },
       "refused, refuse: !foreign_writer concurrent_locks input_small"},
      {"a foreign task of another interval",
       [](S& s) {
         s.view.foreign_tasks.push_back(
             {.id = "theirs", .type = "index", .interval = hours_of(0, 8)});
       },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"a foreign task of this interval",
       [](S& s) {
         s.view.foreign_tasks.push_back(
             {.id = "theirs", .type = "kill", .interval = hours_of(11, 20)});
       },
       "refused, refuse: !foreign_writer concurrent_locks input_small"},
      {"a foreign task that holds its lock elsewhere",
       [](S& s) {
         s.lock(LockOwner::foreign, LockType::exclusive, hours_of(0, 8));
         s.view.foreign_tasks.push_back({.id = "g0", .type = "index"});
       },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"a foreign writer, even when forced",
       [](S& s) {
         s.ask.may = {.force_open = true, .allow_empty = true, .allow_shrink = true};
         s.lock(LockOwner::foreign, LockType::replace, hours_of(9, 10));
       },
       "refused, refuse: !foreign_writer concurrent_locks input_small"},
  });
}

}  // namespace
}  // namespace henge::route
