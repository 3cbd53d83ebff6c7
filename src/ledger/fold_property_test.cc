// Laws of the fold over random histories: whatever is offered, what it accepts keeps the books
// balanced, and replaying the stored form gives the same state.
#include <gtest/gtest.h>

#include <random>

#include "ledger/state.h"

namespace henge::ledger {
namespace {

class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed) {
    offer(PipelineDeclared{1, "doc", "f", "", "c0ffee00"});
  }

  // One event of any kind, sensible or not. True if the fold took it.
  bool step() {
    switch (below(11)) {
      case 0:
      case 1:
      case 2:
        return offer(scan());
      case 3:
        return offer(ChunkClosed{chunk(), "committed_offsets"});
      case 4:
        return offer(ChunkSealed{chunk(), below(50), 1, "counted"});
      case 5:
        return offer(ChunkUncertain{chunk(), below(9), below(9), "why"});
      case 6:
        return offer(intent());
      case 7:
        return offer(outcome());
      case 8:
      case 9:
        return offer(drift_event());
      default:
        return offer(DeltaExpired{{file(below(3))}});
    }
  }

  State state;
  std::vector<Event> accepted;
  int refused = 0;

 private:
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n));
  }
  Instant chunk() { return instant_of_ms(3'600'000 * below(4)); }
  static std::string file(std::int64_t n) { return "delta-" + std::to_string(n); }

  bool offer(Body body) {
    Event event{instant_of_ms(++clock_), "p", std::move(body)};
    State before = state;
    auto done = apply(state, event);
    if (done) {
      accepted.push_back(std::move(event));
      return true;
    }
    ++refused;
    EXPECT_EQ(done.error().kind, ErrorKind::corrupt);
    EXPECT_EQ(state, before) << "a refused event leaves no trace";
    return false;
  }

  // Of two kinds and four objects, so that events meet each other.
  Body drift_event() {
    const DriftKind kind = below(2) == 0 ? DriftKind::count_mismatch : DriftKind::supervisor_edited;
    const std::string object = to_iso(chunk());
    Drift found;
    found.kind = kind;
    found.object = object;
    found.value = std::to_string(below(2));
    const std::int64_t attempt = 1 + below(3);
    switch (below(8)) {
      case 0:
      case 1:
        return DriftFound{found, below(2)};
      case 2:
        return HealIntended{kind, object, "put right", attempt};
      case 3:
        return HealEnded{kind, object, attempt, ""};
      case 4:
        return DriftGivenUp{kind, object, attempt, "why"};
      case 5:
        return DriftAdopted{kind, object, found.value, below(5) - 2};
      case 6:
        return below(4) == 0 ? Body(Frozen{"why", "who"}) : Body(Unfrozen{"why", "who"});
      default:
        return DriftCleared{kind, object, below(2) == 0 ? DriftEnd::gone : DriftEnd::healed};
    }
  }

  ScanAdvanced scan() {
    ScanAdvanced e;
    scan::PartitionProgress p;
    p.partition = static_cast<std::int32_t>(below(2));
    const auto& known = state.pipelines["p"].partitions;
    auto at = known.find(p.partition);
    std::int64_t next = at == known.end() ? 0 : at->second.next;
    p.from = below(8) == 0 ? next + below(3) - 1 : next;  // now and then a gap or an overlap
    p.to = p.from + below(20);
    p.records = p.to - p.from;
    p.arrival_floor = instant_of_ms(clock_);
    e.batch.partitions = {p};
    Instant start = chunk();
    scan::RowCounts counts{below(5), 0, 0, 0, p.to - 1};
    if (below(2) == 0) {
      scan::Extent x;
      x.file = file(clock_ / 60);
      x.offset = clock_ * 100;
      x.rows = 1 + below(9);
      x.bytes = x.rows * 10;
      x.chunk = start;
      counts.late = x.rows;
      e.batch.extents = {x};
    }
    e.batch.chunks[start][p.partition] = counts;
    return e;
  }

  RepairIntended intent() {
    const PipelineState& p = state.pipelines["p"];
    RepairIntended e;
    for (const auto& [id, repair] : p.repairs)
      if (repair.phase == RepairPhase::absent && below(2) == 0) {
        e = repair.intent;
        ++e.attempt;
        e.task_id = id + "-" + std::to_string(e.attempt);
        return e;
      }
    e.number = p.repairs_planned + 1;
    e.repair = "repair-" + std::to_string(e.number);
    e.task_id = e.repair + "-1";
    for (const auto& [start, c] : p.chunks) {
      if (c.waiting.empty() || below(2) == 0) continue;
      e.chunks.push_back({start, c.waiting_rows(), 0});
      for (const auto& x : c.waiting) e.extents.push_back(x);
      e.rows += c.waiting_rows();
    }
    return e;
  }

  Body outcome() {
    const auto& repairs = state.pipelines["p"].repairs;
    if (repairs.empty()) return RepairAccepted{"none", "none", false};
    auto it = std::next(repairs.begin(), below(static_cast<std::int64_t>(repairs.size())));
    const RepairIntended& intent = it->second.intent;
    switch (below(4)) {
      case 0:
        return RepairAccepted{it->first, intent.task_id, false};
      case 1:
        return RepairTaskEnded{it->first, intent.task_id, TaskEnd::failed, "e"};
      case 2:
        return RepairAbsent{it->first, intent.task_id, "e"};
      default:
        return RepairConfirmed{it->first, intent.task_id, intent.chunks};
    }
  }

  std::mt19937_64 random_;
  std::int64_t clock_ = 0;
};

void expect_balanced(const PipelineState& p) {
  std::map<Instant, std::int64_t> under_way;
  std::map<std::string, std::int64_t> open;
  for (const auto& [id, repair] : p.repairs) {
    if (repair.phase == RepairPhase::confirmed) continue;
    for (const auto& c : repair.intent.chunks) {
      under_way[c.chunk] += c.rows;
      EXPECT_EQ(p.chunks.at(c.chunk).repair, id)
          << "a chunk's repair is the one that holds its rows";
    }
    for (const auto& x : repair.intent.extents) open[x.file] += x.rows;
  }
  for (const auto& [start, c] : p.chunks) {
    EXPECT_EQ(c.late(), c.waiting_rows() + under_way[start] + c.repaired_rows)
        << "every late row waits, is under way, or is counted: never two of them, never none";
    EXPECT_EQ(c.expected(), c.on_time() + c.repaired_rows + c.adopted_rows);
    for (const auto& x : c.waiting) open[x.file] += x.rows;
  }
  for (const auto& [file, rows] : p.delta.rows_open) EXPECT_EQ(rows, open[file]) << file;
}

TEST(FoldProperty, BooksStayBalancedAndReplayIsTheSame) {
  std::int64_t accepted = 0, refused = 0, confirmed = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    History history(seed);
    for (int i = 0; i < 120; ++i) {
      history.step();
      expect_balanced(history.state.pipelines.at("p"));
      ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed << " step " << i;
    }
    State replayed;
    for (const Event& event : history.accepted) {
      auto body = from_json(kind_of(event.body), to_json(event.body));
      ASSERT_TRUE(body) << body.error().message;
      auto done = apply(replayed, Event{event.at, event.pipeline, std::move(*body)});
      ASSERT_TRUE(done) << done.error().message;
    }
    EXPECT_EQ(replayed, history.state) << "seed " << seed;
    accepted += static_cast<std::int64_t>(history.accepted.size());
    refused += history.refused;
    for (const auto& [id, r] : history.state.pipelines.at("p").repairs)
      confirmed += r.phase == RepairPhase::confirmed;
  }
  // The histories must have gone somewhere, or the laws were tested on nothing.
  EXPECT_GT(accepted, 3000);
  EXPECT_GT(refused, 1000);
  EXPECT_GT(confirmed, 50);
}

}  // namespace
}  // namespace henge::ledger
