// When a load goes: slots, other loads, health, deadlines.
#include "route/route_table.h"

namespace henge::route {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(RouteTable, WorkersAndTheirSlots) {
  check({
      {"no workers", [](S& s) { s.view.capacity = {}; },
       "later, concurrent_append, 1 single: ~no_workers concurrent_locks input_small"},
      {"all slots in use by others", [](S& s) { s.view.capacity.used = 12; },
       "later, concurrent_append, 1 single: concurrent_locks input_small ~slots_busy"},
      {"all slots in use by loads that end",
       [](S& s) {
         s.view.capacity = {.total = 4, .used = 4};
         for (int i = 0; i < 4; ++i)
           s.view.running.push_back({fmt::format("r{}", i), "other", 1, hour(15)});
       },
       "later, concurrent_append, 1 single: concurrent_locks input_small ~slots_busy"},
      {"queued tasks take the rest", [](S& s) { s.view.capacity.queued = 10; },
       "later, concurrent_append, 1 single: concurrent_locks input_small ~slots_busy"},
      {"one slot besides what streaming needs",
       [](S& s) { s.view.capacity = {.total = 4, .used = 1, .kept_for_stream = 2}; },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"none besides what streaming needs: one is lent",
       [](S& s) { s.view.capacity = {.total = 3, .used = 1, .kept_for_stream = 2}; },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"much to do, one slot free: single rather than never",
       [](S& s) {
         s.whole(20 * M, 100);
         s.view.capacity.used = 9;
       },
       "now, concurrent_append, 1 single: concurrent_locks slots_few"},
      {"much to do, five slots free",
       [](S& s) {
         s.whole(20 * M, 100);
         s.view.capacity.used = 5;
       },
       "now, concurrent_append, 1 parallel(3): concurrent_locks slots_few"},
      {"much to do, and soon all slots are free: it waits for them",
       [](S& s) {
         s.whole(40 * M, 100);
         s.view.capacity.used = 9;
         s.view.running.push_back({"r", "other", 7, hour(14) + seconds(60)});
       },
       "later, concurrent_append, 1 parallel(7): concurrent_locks slots_few ~slots_busy"},
      {"the datasource's budget is two slots",
       [](S& s) {
         s.whole(20 * M, 100);
         s.limits.budget.datasources["clicks"] = 2;
       },
       "now, concurrent_append, 1 single: concurrent_locks slots_few"},
      {"the datasource's budget is in use",
       [](S& s) {
         s.limits.budget.datasource_max = 1;
         s.view.running.push_back({"r", "clicks", 1, hour(15)});
         s.view.capacity.used = 3;
       },
       "later, concurrent_append, 1 single: concurrent_locks input_small ~slots_busy"},
      {"range partitions in a cluster of one slot",
       [](S& s) {
         s.rewrite(1000);
         s.ask.partitioning = Partitioning::range;
         s.view.capacity = {.total = 1};
       },
       "refused, refuse: concurrent_locks range_partitions perfect_rollup !slots_never_enough "
       "~slots_busy"},
      {"range partitions and a budget of one slot",
       [](S& s) {
         s.rewrite(1000);
         s.ask.partitioning = Partitioning::range;
         s.limits.budget.datasource_max = 1;
       },
       "refused, refuse: concurrent_locks range_partitions perfect_rollup !slots_never_enough "
       "~slots_busy"},
      {"others wait, and there is room for all", [](S& s) { s.others_wait(3, minutes(10)); },
       "now, concurrent_append, 1 single: concurrent_locks input_small"},
      {"others wait, and were here first", [](S& s) { s.others_wait(8, minutes(10)); },
       "later, concurrent_append, 1 single: concurrent_locks input_small ~others_first"},
      {"others wait, but with time; this one is short and has none",
       [](S& s) {
         s.others_wait(8, minutes(10));
         s.ask.deadline = s.now + minutes(2);
       },
       "now, concurrent_append, 1 single: concurrent_locks input_small deadline_met"},
      {"others have starved",
       [](S& s) {
         s.others_wait(8, minutes(10));
         for (auto& w : s.view.waiting) w.submitted_at = w.ready_at = s.now - hours(7);
         s.ask.deadline = s.now + minutes(2);
       },
       "later, concurrent_append, 1 single: concurrent_locks input_small ~others_first "
       "deadline_missed"},
  });
}

TEST(RouteTable, HealthAndDeadlines) {
  check({
      {"deep storage is slow",
       [](S& s) { s.view.deep_storage = {Health::State::slow, "put took 9 s"}; },
       "now, concurrent_append, 1 single: deep_storage_slow concurrent_locks input_small"},
      {"deep storage fails",
       [](S& s) { s.view.deep_storage = {Health::State::failing, "disk full"}; },
       "later, concurrent_append, 1 single: ~deep_storage_failing concurrent_locks input_small"},
      {"deep storage can't be seen",
       [](S& s) { s.view.deep_storage = {Health::State::unknown, "hdfs"}; },
       "now, concurrent_append, 1 single: deep_storage_unknown concurrent_locks input_small"},
      {"the Overlord's queue is full",
       [](S& s) { s.view.overlord = {Health::State::failing, "429"}; },
       "later, concurrent_append, 1 single: ~overlord_refusing concurrent_locks input_small"},
      {"the Overlord is slow", [](S& s) { s.view.overlord = {Health::State::slow, "4 s"}; },
       "now, concurrent_append, 1 single: overlord_slow concurrent_locks input_small"},
      {"nothing was measured yet", [](S& s) { s.view.rows_per_slot_second.reset(); },
       "now, concurrent_append, 1 single: concurrent_locks input_small rate_assumed"},
      {"a deadline with time to spare", [](S& s) { s.ask.deadline = s.now + hours(1); },
       "now, concurrent_append, 1 single: concurrent_locks input_small deadline_met"},
      {"a deadline that can't be kept", [](S& s) { s.ask.deadline = s.now + seconds(10); },
       "now, concurrent_append, 1 single: concurrent_locks input_small deadline_missed"},
      {"a deadline in the past", [](S& s) { s.ask.deadline = s.now - hours(1); },
       "now, concurrent_append, 1 single: concurrent_locks input_small deadline_missed"},
      {"a deadline before the next window",
       [](S& s) {
         s.exclusive_locks();
         s.view.windows = {.planned = true, .open = false, .opens_next = hour(22)};
         s.ask.deadline = hour(20);
       },
       "later, window, 1 single: locks_unproven ~window_not_open input_small deadline_missed"},
      {"a deadline that only slow deep storage breaks",
       [](S& s) {
         s.whole(4 * M, 1);  // 200 s, and 30
         s.ask.deadline = s.now + seconds(300);
         s.view.deep_storage = {Health::State::slow, "put took 9 s"};
       },
       "now, concurrent_append, 1 single: deep_storage_slow concurrent_locks input_small "
       "deadline_missed"},
      {"the same with deep storage well",
       [](S& s) {
         s.whole(4 * M, 1);
         s.ask.deadline = s.now + seconds(300);
       },
       "now, concurrent_append, 1 single: concurrent_locks input_small deadline_met"},
      {"a deadline that a window's own time breaks",
       [](S& s) {
         s.exclusive_locks();
         s.ask.deadline = s.now + seconds(120);
       },
       "now, window, 1 single: locks_unproven input_small deadline_missed"},
      {"a deadline and no workers",
       [](S& s) {
         s.view.capacity = {};
         s.ask.deadline = s.now + hours(1);
       },
       "later, concurrent_append, 1 single: ~no_workers concurrent_locks input_small "
       "deadline_missed"},
      {"it takes the slot that others were promised",
       [](S& s) {
         s.limits.budget.slots_max = 1;
         s.others_wait(1, minutes(10), s.now + seconds(610));
         s.ask.deadline = s.now + minutes(2);
         s.ask.priority = 1;
       },
       "now, concurrent_append, 1 single: concurrent_locks input_small deadline_met "
       "makes_others_late"},
      {"others were promised the slot, and it is not more important",
       [](S& s) {
         s.limits.budget.slots_max = 1;
         s.others_wait(1, minutes(10), s.now + seconds(610));
         s.ask.deadline = s.now + minutes(2);
       },
       "later, concurrent_append, 1 single: concurrent_locks input_small ~others_first "
       "deadline_missed"},
      {"everything at once that refuses",
       [](S& s) {
         s.replace();
         s.view.frozen = "x";
         s.view.watermark = hour(9);
         s.give(hours_of(8, 12), 1);
         s.lock(LockOwner::foreign, LockType::exclusive, hours_of(8, 9));
       },
       "refused, refuse: !frozen !ahead_of_watermark !shrinks !foreign_writer concurrent_locks "
       "input_small"},
  });
}

}  // namespace
}  // namespace henge::route
