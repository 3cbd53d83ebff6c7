// The decisions against a small world that lies, loses and repeats: rows of a topic, a Druid whose
// tasks fail after they have published, answers that get lost, segments that load late. Whatever
// happens on the way, every row is in Druid once when it is quiet again.
#include <gtest/gtest.h>

#include <random>

#include "reconcile/decide.h"

namespace henge::reconcile {
namespace {

using ledger::Body;
using ledger::ChunkStatus;
using ledger::RepairPhase;
using ledger::TaskEnd;
using std::chrono::seconds;

// What Druid holds of one task: its rows, published or not, loaded or not.
struct Task {
  std::map<Instant, std::int64_t> rows;
  bool published = false;
  int loaded_in = 0;  // rounds until its segments answer
  TaskState state = TaskState::running;
  bool forgotten = false;
};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {
    pipeline_.name = "p";
    pipeline_.rule.lateness = seconds(60);
    pipeline_.late = {seconds(below(600)), 1 + below(20), 5 + below(40), seconds(1)};
    append({ledger::PipelineDeclared{1, "doc", "f", "", "c0ffee00"}});
  }

  // One round as a server runs it, after the world has moved.
  void round() {
    now_ += seconds(20);
    tick();
    look();
    append(judge_tasks(pipeline(), seen_, patience_));
    submit();
    count();
    append(judge_repairs(pipeline_, pipeline(), seen_, patience_));
    append(judge_chunks(pipeline_, pipeline(), seen_, patience_));
    append(plan_repairs(pipeline_, pipeline(), {}, limits_, patience_, now_));
    submit();
    check();
  }
  void produce() {
    ledger::ScanAdvanced e;
    scan::PartitionProgress p;
    p.from = offset_;
    const Instant start = chunk(below(3));
    scan::RowCounts counts;
    counts.on_time = below(3) == 0 ? below(5) : 0;
    counts.late = below(8);
    offset_ += counts.on_time + counts.late;
    p.to = offset_;
    p.records = p.to - p.from;
    p.arrival_floor = now_;
    if (counts.on_time > 0) counts.on_time_offset_last = p.to - 1;
    e.batch.partitions = {p};
    e.batch.chunks[start][0] = counts;
    if (counts.late > 0) {
      scan::Extent x;
      x.file = "delta-000001.log";
      x.offset = delta_end_;
      x.rows = counts.late;
      x.bytes = x.payload_bytes = counts.late * 10;
      x.chunk = start;
      x.arrival_first = now_;
      delta_end_ += x.bytes;
      e.batch.extents = {x};
    }
    produced_[start] += counts.on_time + counts.late;
    reading_[start] += counts.on_time;  // streaming takes them, and publishes later
    append({e});
  }
  void be_kind() { faults_ = false; }

  void expect_quiet() const {
    for (const auto& [start, c] : pipeline().chunks) {
      EXPECT_EQ(c.status, ChunkStatus::sealed) << to_iso(start);
      EXPECT_TRUE(c.waiting.empty()) << "all late rows were taken";
      EXPECT_TRUE(c.repair.empty());
      EXPECT_EQ(in_druid(start), produced_.at(start)) << "each row is there, once";
      EXPECT_EQ(c.seal->rows, produced_.at(start)) << "and the proof says so";
    }
  }
  [[nodiscard]] const ledger::PipelineState& pipeline() const {
    static const ledger::PipelineState nothing;
    auto known = state_.pipelines.find("p");
    return known == state_.pipelines.end() ? nothing : known->second;
  }
  std::int64_t second_attempts = 0, adopted = 0, doubts = 0, reopened = 0;

 private:
  static Instant chunk(std::int64_t n) { return instant_of_ms(3'600'000 * n); }
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n));
  }
  bool now_and_then(int one_in) { return faults_ && below(one_in) == 0; }

  // The fold has to take everything that is decided.
  void append(const std::vector<Body>& events) {
    for (const Body& body : events) {
      if (const auto* e = std::get_if<ledger::RepairAccepted>(&body)) adopted += e->adopted;
      if (const auto* e = std::get_if<ledger::RepairIntended>(&body))
        second_attempts += e->attempt > 1;
      doubts += std::holds_alternative<ledger::ChunkUncertain>(body);
      auto done = ledger::apply(state_, {now_, "p", body});
      ASSERT_TRUE(done) << done.error().message;
    }
  }

  // Streaming publishes, tasks end in all the ways there are.
  void tick() {
    for (auto& [start, rows] : reading_)
      if (!faults_ || below(3) == 0) {
        streamed_[start] += rows;
        rows = 0;
      }
    if (std::ranges::all_of(reading_, [](const auto& r) { return r.second == 0; }))
      committed_ = offset_;
    for (auto& [id, task] : tasks_) {
      if (task.loaded_in > 0) --task.loaded_in;
      if (task.state != TaskState::running || (faults_ && below(3) != 0)) continue;
      const bool fails = now_and_then(2);
      task.published = !fails || now_and_then(2);
      // Historicals may be full for longer than anyone's patience.
      if (task.published && faults_)
        task.loaded_in = now_and_then(6) ? 35 : static_cast<int>(below(4));
      task.state = fails ? TaskState::failed : TaskState::success;
      task.forgotten = now_and_then(5);
    }
  }
  void look() {
    seen_.now = now_;
    seen_.partitions = 1;
    seen_.supervisor.reset();
    if (!now_and_then(5)) {
      SupervisorTask reader;
      reader.starting_offsets[0] = committed_;
      seen_.supervisor.emplace().active = {reader};
    }
    seen_.tasks_known = !now_and_then(4);
    seen_.tasks.clear();
    std::map<std::string, Instant> missing;
    for (const auto& [id, repair] : pipeline().repairs) {
      const std::string& task = repair.intent.task_id;
      auto known = tasks_.find(task);
      if (!seen_.tasks_known) continue;
      if (known != tasks_.end() && !known->second.forgotten)
        seen_.tasks[task] = {task, "", "index_parallel", "p", known->second.state, "", {}};
      else
        missing[task] = seen_.missing_since.contains(task) ? seen_.missing_since[task] : now_;
    }
    seen_.missing_since = std::move(missing);
  }
  // Sends what is intended and not yet known to be there; the answer may get lost.
  void submit() {
    std::vector<Body> events;
    for (const auto& [id, repair] : pipeline().repairs) {
      if (repair.phase != RepairPhase::intended || now_and_then(4)) continue;
      const std::string& task = repair.intent.task_id;
      if (now_and_then(6)) {
        if (!tasks_.contains(task))
          events.emplace_back(ledger::RepairTaskEnded{id, task, TaskEnd::refused, "bad request"});
        continue;
      }
      auto [known, fresh] = tasks_.try_emplace(task);
      if (fresh)
        for (const auto& x : repair.intent.extents) known->second.rows[x.chunk] += x.rows;
      if (!now_and_then(3)) events.emplace_back(ledger::RepairAccepted{id, task, !fresh});
    }
    append(events);
  }
  void count() {
    std::map<Instant, late::Reading> look;
    for (Instant start : chunks_in_transition(pipeline_, pipeline(), 1)) {
      late::Reading& r = look[start];
      r.at = now_;
      r.rows = streamed_[start];
      r.identity = std::to_string(r.rows);
      if (auto unread = reading_.find(start); unread != reading_.end())
        r.unpublished = unread->second;
      for (const auto& [id, task] : tasks_) {
        if (!task.published || !task.rows.contains(start)) continue;
        ++r.segments;
        r.identity += id;
        (task.loaded_in > 0 ? r.unavailable : r.rows) +=
            task.loaded_in > 0 ? 1 : task.rows.at(start);
      }
    }
    seen_.readings = late::settle(seen_.readings, look);
  }

  [[nodiscard]] std::int64_t in_druid(Instant start) const {
    auto streamed = streamed_.find(start);
    std::int64_t rows = streamed == streamed_.end() ? 0 : streamed->second;
    for (const auto& [id, task] : tasks_)
      if (auto own = task.rows.find(start); task.published && own != task.rows.end())
        rows += own->second;
    return rows;
  }
  // At every moment: no repair's rows twice in Druid, by whichever attempts.
  void check() {
    reopened = 0;
    for (const auto& [start, c] : pipeline().chunks) {
      reopened += c.reopened;
      ASSERT_LE(in_druid(start), produced_.at(start)) << "doubled in " << to_iso(start);
    }
    int under_way = 0;
    for (const auto& [id, repair] : pipeline().repairs)
      under_way += repair.phase != RepairPhase::confirmed;
    ASSERT_LE(under_way, limits_.repairs_max);
  }

  std::mt19937_64 random_;
  bool faults_ = true;
  Pipeline pipeline_;
  ledger::State state_;
  Observation seen_;
  Patience patience_;
  RepairLimits limits_;
  Instant now_ = instant_of_ms(100'000'000);
  std::int64_t offset_ = 0, committed_ = 0, delta_end_ = 0;
  std::map<Instant, std::int64_t> produced_, reading_, streamed_;
  std::map<std::string, Task> tasks_;
};

TEST(World, EveryRowIsInDruidOnceWhateverHappens) {
  std::int64_t repairs = 0, second_attempts = 0, adopted = 0, doubts = 0, reopened = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    World world(seed);
    for (int i = 0; i < 60; ++i) {
      if (i < 40 && i % 2 == 0) world.produce();
      world.round();
      ASSERT_FALSE(HasFailure()) << "seed " << seed << " round " << i;
    }
    world.be_kind();
    for (int i = 0; i < 150; ++i) world.round();
    world.expect_quiet();
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
    repairs += std::ssize(world.pipeline().repairs);
    second_attempts += world.second_attempts;
    adopted += world.adopted;
    doubts += world.doubts;
    reopened += world.reopened;
  }
  // All of it has to have happened, or nothing was tried.
  EXPECT_GT(repairs, 200);
  EXPECT_GT(second_attempts, 50);
  EXPECT_GT(adopted, 20);
  EXPECT_GT(doubts, 10);
  EXPECT_GT(reopened, 50);
}

}  // namespace
}  // namespace henge::reconcile
