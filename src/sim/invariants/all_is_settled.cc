// Liveness: when faults stop, every chunk whose time has come is sealed, no late row waits, and
// what Druid holds is what was produced: nothing missing, nothing twice.
#include <fmt/format.h>

#include <algorithm>

#include "sim/law.h"
#include "spec/promise.h"

namespace henge::sim {
namespace {

using ledger::ChunkStatus;

class AllIsSettled final : public Law {
 public:
  [[nodiscard]] std::string_view name() const override { return "all is settled"; }

  Finding at_end(const Witness& w) override {
    for (std::size_t i = 0; i < w.scenario.subjects.size(); ++i)
      if (auto found = check(w, i)) return found;
    return {};
  }

 private:
  // Beyond the promise: restarts of streaming tasks, second attempts, back-offs.
  static constexpr Millis margin = std::chrono::minutes(6);

  static Finding check(const Witness& w, std::size_t i) {
    // What was lost in Kafka can't come out; that it is said is another law.
    if (w.producers.truth(i).spoilt) return {};
    const Pipeline& p = w.scenario.subjects[i].pipeline;
    const auto* state = w.find(p.name);
    if (state == nullptr) return fmt::format("{} was never declared", p.name);
    const Millis patience = spec::seal_promise(p, {}).after_end + p.stream.task_duration + margin;
    const auto stored = w.druid.stored_rows(p.datasource);
    for (const auto& [start, rows] : w.producers.truth(i).by_chunk) {
      const Interval chunk = bucket(p.schema.segment_granularity, start);
      if (w.time.now() < chunk.end + patience) continue;
      if (auto found = check_chunk(p, *state, start)) return found;
      std::int64_t missing = 0;
      for (const Produced& row : rows)
        missing += std::ranges::binary_search(stored, row.id, {}, &SegmentRow64::id) ? 0 : 1;
      if (missing > 0)
        return fmt::format("chunk {} of {} is sealed, but {} of {} rows are missing", to_iso(start),
                           p.name, missing, rows.size());
    }
    return {};
  }

  static Finding check_chunk(const Pipeline& p, const ledger::PipelineState& state, Instant start) {
    const auto known = state.chunks.find(start);
    if (known == state.chunks.end())
      return fmt::format("chunk {} of {} was not noticed", to_iso(start), p.name);
    const auto& chunk = known->second;
    if (chunk.status != ChunkStatus::sealed)
      return fmt::format("chunk {} of {} is still {}{}", to_iso(start), p.name,
                         to_string(chunk.status),
                         chunk.doubt ? ": " + chunk.doubt->reason : std::string());
    if (!chunk.waiting.empty())
      return fmt::format("{} late rows of chunk {} of {} still wait", chunk.waiting_rows(),
                         to_iso(start), p.name);
    if (!chunk.repair.empty())
      return fmt::format("chunk {} of {} is still being repaired by {}, which is {}", to_iso(start),
                         p.name, chunk.repair, to_string(state.repairs.at(chunk.repair).phase));
    return {};
  }
};

}  // namespace

std::unique_ptr<Law> all_is_settled() {
  return std::make_unique<AllIsSettled>();
}

}  // namespace henge::sim
