// The way a load takes: lane, engine and split.
#include "route/route_table.h"

namespace henge::route {
namespace {

using std::chrono::hours;

TEST(RouteTable, TheLane) {
  check({
      {"exclusive locks, append", [](S& s) { s.exclusive_locks(); },
       "now, window, 1 single: locks_unproven input_small"},
      {"exclusive locks, replace",
       [](S& s) {
         s.replace();
         s.exclusive_locks();
       },
       "now, window, 1 single: locks_unproven input_small"},
      {"exclusive locks and Druid's own rejection period",
       [](S& s) {
         s.exclusive_locks();
         s.view.stream.late_rejection_period = hours(1);
       },
       "refused, refuse: locks_unproven !window_rejects_backlog input_small"},
      {"exclusive locks and a rejection period at the other end",
       [](S& s) {
         s.exclusive_locks();
         s.view.stream.early_rejection_period = hours(1);
       },
       "refused, refuse: locks_unproven !window_rejects_backlog input_small"},
      {"exclusive locks, and another supervisor that nobody suspends",
       [](S& s) {
         s.exclusive_locks();
         s.view.stream.supervisors = 2;
       },
       "refused, refuse: locks_unproven !several_supervisors input_small"},
      {"exclusive locks, ahead of the watermark: streaming would have to close it",
       [](S& s) {
         s.exclusive_locks();
         s.ask.may.force_open = true;
         s.view.watermark = hour(7);
       },
       "refused, refuse: ahead_of_watermark locks_unproven !ahead_of_watermark input_small"},
      {"concurrent locks and a rejection period: no suspension",
       [](S& s) { s.view.stream.late_rejection_period = hours(1); },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"suspended by a person",
       [](S& s) {
         s.exclusive_locks();
         s.view.stream.suspended = true;
       },
       "now, window, 1 single: locks_unproven window_suspended_already input_small"},
      {"suspended by a person, concurrent locks", [](S& s) { s.view.stream.suspended = true; },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"a planned window that is open",
       [](S& s) {
         s.exclusive_locks();
         s.view.windows = {.planned = true, .open = true};
       },
       "now, window, 1 single: locks_unproven input_small"},
      {"a planned window that opens tonight",
       [](S& s) {
         s.exclusive_locks();
         s.view.windows = {.planned = true, .open = false, .opens_next = hour(22)};
       },
       "later, window, 1 single: locks_unproven ~window_not_open input_small"},
      {"windows that never open",
       [](S& s) {
         s.exclusive_locks();
         s.view.windows = {.planned = true, .open = false};
       },
       "later, window, 1 single: locks_unproven ~window_not_open input_small"},
      {"planned windows do not hold what needs none",
       [](S& s) { s.view.windows = {.planned = true, .open = false, .opens_next = hour(22)}; },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"a window with one chunk that waits: all wait",
       [](S& s) {
         s.exclusive_locks();
         s.view.chunks[0].work = ChunkWork::repair;
       },
       "later, window, 2 single: ~chunk_busy locks_unproven input_small"},
      {"a window of many hours",
       [](S& s) {
         s.exclusive_locks();
         s.give(hours_of(8, 12), 200 * M);
       },
       "refused, refuse: locks_unproven split_by_size slots_few !window_too_long"},
      {"two supervisors, replace, Druid 33",
       [](S& s) {
         s.replace();
         s.view.stream.supervisors = 2;
       },
       "refused, refuse: several_supervisors !several_supervisors input_small"},
      {"two supervisors, replace, Druid not known",
       [](S& s) {
         s.replace();
         s.view.stream.supervisors = 2;
         s.view.druid_major = 0;
       },
       "refused, refuse: several_supervisors !several_supervisors input_small"},
      {"two supervisors, replace, Druid 38",
       [](S& s) {
         s.replace();
         s.view.stream.supervisors = 2;
         s.view.druid_major = 38;
       },
       "now, concurrent_replace, 1 single: concurrent_locks input_small"},
      {"two supervisors, append", [](S& s) { s.view.stream.supervisors = 2; },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"only unused segments there, append, Druid 33",
       [](S& s) { s.view.chunks[1].unused_only = true; },
       "now, window, 1 single: unused_segments_only input_small"},
      {"only unused segments there, append, Druid 34",
       [](S& s) {
         s.view.chunks[1].unused_only = true;
         s.view.druid_major = 34;
       },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"only unused segments there, replace",
       [](S& s) {
         s.replace();
         s.view.chunks[1].unused_only = true;
       },
       "now, concurrent_replace, 1 single: concurrent_locks input_small"},
  });
}

TEST(RouteTable, TheEngineAndTheSplit) {
  check({
      {"20 million rows in four files", [](S& s) { s.give(hours_of(8, 12), 5 * M); },
       "now, concurrent_append, 1 parallel(4): concurrent_locks"},
      {"20 million rows in 100 files", [](S& s) { s.whole(20 * M, 100); },
       "now, concurrent_append, 1 parallel(7): concurrent_locks slots_few"},
      {"20 million rows in one file", [](S& s) { s.whole(20 * M, 1); },
       "now, concurrent_append, 1 single: concurrent_locks input_one_piece"},
      {"20 million rows in the task itself",
       [](S& s) {
         s.whole(20 * M, 10);
         s.ask.input.splittable = false;
       },
       "now, concurrent_append, 1 single: concurrent_locks input_one_piece"},
      {"just small enough", [](S& s) { s.whole(5 * M, 10); },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"just too large", [](S& s) { s.whole(5 * M + 1, 10); },
       "now, concurrent_append, 1 parallel(3): concurrent_locks"},
      {"size not known",
       [](S& s) {
         s.whole(0, 10);
         s.ask.input.rows.reset();
         s.ask.input.bytes.reset();
       },
       "now, concurrent_append, 1 single: input_not_counted concurrent_locks size_unknown"},
      {"rows not known, 2 GB",
       [](S& s) {
         s.whole(10 * M, 10);
         s.ask.input.rows.reset();
       },
       "now, concurrent_append, 1 parallel(4): input_not_counted concurrent_locks"},
      {"hashed partitions, small",
       [](S& s) {
         s.rewrite(1000);
         s.ask.partitioning = Partitioning::hashed;
       },
       "now, concurrent_replace, 1 single: concurrent_locks input_small"},
      {"hashed partitions, large",
       [](S& s) {
         s.rewrite(5 * M);
         s.ask.partitioning = Partitioning::hashed;
       },
       "now, concurrent_replace, 1 parallel(4): concurrent_locks perfect_rollup"},
      {"range partitions, small",
       [](S& s) {
         s.rewrite(1000);
         s.ask.partitioning = Partitioning::range;
       },
       "now, concurrent_replace, 1 parallel(1): concurrent_locks range_partitions perfect_rollup"},
      {"range partitions, one file",
       [](S& s) {
         s.replace();
         s.whole(10 * M, 1);
         s.ask.partitioning = Partitioning::range;
       },
       "now, concurrent_replace, 1 parallel(1): concurrent_locks range_partitions perfect_rollup"},
      {"range partitions, large: what MSQ is for, and it is off",
       [](S& s) {
         s.rewrite(5 * M);
         s.ask.partitioning = Partitioning::range;
       },
       "now, concurrent_replace, 1 parallel(4): concurrent_locks msq_off range_partitions "
       "perfect_rollup"},
      {"the same, not in this cluster",
       [](S& s) {
         s.rewrite(5 * M);
         s.ask.partitioning = Partitioning::range;
         s.limits.msq = true;
       },
       "now, concurrent_replace, 1 parallel(4): concurrent_locks msq_absent range_partitions "
       "perfect_rollup"},
      {"the same, of a schema that SQL can't say",
       [](S& s) {
         s.rewrite(5 * M);
         s.ask.partitioning = Partitioning::range;
         s.limits.msq = s.view.has_msq = true;
         s.ask.msq_unfit = "metric users: thetaSketch";
       },
       "now, concurrent_replace, 1 parallel(4): concurrent_locks msq_unfit range_partitions "
       "perfect_rollup"},
      {"the same, by MSQ",
       [](S& s) {
         s.rewrite(5 * M);
         s.ask.partitioning = Partitioning::range;
         s.limits.msq = s.view.has_msq = true;
       },
       "now, concurrent_replace, 1 msq(4): concurrent_locks msq_shuffles"},
      {"by MSQ with few slots: fewer workers",
       [](S& s) {
         s.rewrite(5 * M);
         s.ask.partitioning = Partitioning::range;
         s.limits.msq = s.view.has_msq = true;
         s.limits.budget.slots_max = 3;
       },
       "now, concurrent_replace, 1 msq(2): concurrent_locks msq_shuffles slots_few"},
      {"by MSQ with no slot for a worker beside the one that leads",
       [](S& s) {
         s.rewrite(5 * M);
         s.ask.partitioning = Partitioning::range;
         s.limits.msq = s.view.has_msq = true;
         s.limits.budget.slots_max = 1;
       },
       "refused, refuse: concurrent_locks msq_shuffles slots_few !slots_never_enough "
       "~slots_busy"},
      {"by MSQ in a window",
       [](S& s) {
         s.rewrite(5 * M);
         s.ask.partitioning = Partitioning::range;
         s.limits.msq = s.view.has_msq = true;
         s.exclusive_locks();
       },
       "now, window, 1 msq(4): locks_unproven msq_shuffles"},
      {"an append by MSQ: it is never quicker",
       [](S& s) {
         s.give(s.ask.interval, 5 * M);
         s.ask.partitioning = Partitioning::range;
         s.limits.msq = s.view.has_msq = true;
       },
       "now, concurrent_append, 1 parallel(4): concurrent_locks append_is_dynamic"},
      {"range partitions, not so large",
       [](S& s) {
         s.rewrite(M);
         s.ask.partitioning = Partitioning::range;
       },
       "now, concurrent_replace, 1 parallel(2): concurrent_locks range_partitions perfect_rollup"},
      {"dynamic partitions, large: no shuffle needed", [](S& s) { s.rewrite(5 * M); },
       "now, concurrent_replace, 1 parallel(4): concurrent_locks"},
      {"append where replaces make hashed partitions",
       [](S& s) { s.ask.partitioning = Partitioning::hashed; },
       "now, concurrent_append, 1 single: concurrent_locks append_is_dynamic input_small"},
      {"append where replaces make range partitions: one slot will do",
       [](S& s) { s.ask.partitioning = Partitioning::range; },
       "now, concurrent_append, 1 single: concurrent_locks append_is_dynamic input_small"},
      {"single is asked for",
       [](S& s) {
         s.whole(20 * M, 10);
         s.ask.engine = Engine::single;
       },
       "now, concurrent_append, 1 single: concurrent_locks engine_wanted"},
      {"parallel is asked for, though it is small", [](S& s) { s.ask.engine = Engine::parallel; },
       "now, concurrent_append, 1 parallel(2): concurrent_locks engine_wanted"},
      {"single is asked for, with range partitions",
       [](S& s) {
         s.rewrite(1000);
         s.ask.partitioning = Partitioning::range;
         s.ask.engine = Engine::single;
       },
       "refused, refuse: concurrent_locks engine_wanted !engine_unavailable"},
      {"80 million rows by chunk", [](S& s) { s.give(hours_of(8, 12), 20 * M); },
       "now, concurrent_append, 2 parallel(2): concurrent_locks split_by_size"},
      {"a chunk of 80 million rows stays whole",
       [](S& s) {
         s.ask.interval = hours_of(8, 9);
         s.give(s.ask.interval, 80 * M);
         s.ask.input.files = 50;
       },
       "now, concurrent_append, 1 parallel(7): concurrent_locks slots_few"},
      {"80 million rows of which nobody knows the chunk", [](S& s) { s.whole(80 * M, 50); },
       "now, concurrent_append, 1 parallel(7): concurrent_locks split_impossible slots_few"},
      {"a week by hour",
       [](S& s) {
         s.now = at("2026-03-10");
         s.view.watermark = s.now;
         s.ask.interval = span("2026-03-01", "2026-03-08");
         s.view.chunks.clear();
         s.give(s.ask.interval, 1000);
       },
       "now, concurrent_append, 2 single: concurrent_locks split_by_chunk_count input_small"},
      {"a week by hour in one file",
       [](S& s) {
         s.now = at("2026-03-10");
         s.view.watermark = s.now;
         s.ask.interval = span("2026-03-01", "2026-03-08");
         s.view.chunks.clear();
         s.whole(168'000, 1);
       },
       "now, concurrent_append, 1 single: concurrent_locks split_impossible input_small"},
  });
}

}  // namespace
}  // namespace henge::route
