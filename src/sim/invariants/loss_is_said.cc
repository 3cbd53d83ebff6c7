// What Kafka lost before everybody had read it can't be had again. It is never lost in silence: a
// sealed chunk lacks rows only where the scan's trouble, its count of lost offsets, or a drift says
// so.
#include <fmt/format.h>

#include <algorithm>

#include "sim/law.h"

namespace henge::sim {
namespace {

class LossIsSaid final : public Law {
 public:
  [[nodiscard]] std::string_view name() const override { return "a loss is said"; }

  Finding on_minute(const Witness& w) override {
    const daemon::Troubles* troubles = w.troubles();
    if (troubles == nullptr) return {};
    for (std::size_t i = 0; i < w.scenario.subjects.size(); ++i)
      if (w.producers.truth(i).spoilt &&
          troubles->all().contains(w.scenario.subjects[i].pipeline.name + ": scan"))
        said_.insert(i);
    return {};
  }

  Finding at_end(const Witness& w) override {
    for (std::size_t i = 0; i < w.scenario.subjects.size(); ++i) {
      const Pipeline& p = w.scenario.subjects[i].pipeline;
      const auto* state = w.find(p.name);
      if (!w.producers.truth(i).spoilt || state == nullptr || said_.contains(i)) continue;
      const bool counted = std::ranges::any_of(
          state->partitions, [](const auto& item) { return item.second.lost > 0; });
      if (counted || !state->drifts.empty()) continue;
      if (auto found = check_chunks(w, i, *state)) return found;
    }
    return {};
  }

 private:
  static Finding check_chunks(const Witness& w, std::size_t i, const ledger::PipelineState& state) {
    const Pipeline& p = w.scenario.subjects[i].pipeline;
    const auto stored = w.druid.stored_rows(p.datasource);
    for (const auto& [start, rows] : w.producers.truth(i).by_chunk) {
      const auto chunk = state.chunks.find(start);
      const bool sealed =
          chunk != state.chunks.end() && chunk->second.status == ledger::ChunkStatus::sealed;
      if (!sealed || !chunk->second.waiting.empty()) continue;
      for (const Produced& row : rows)
        if (!std::ranges::binary_search(stored, row.id, {}, &SegmentRow64::id))
          return fmt::format(
              "chunk {} of {} is sealed without the row of partition {} at offset "
              "{}, and nothing says so",
              to_iso(start), p.name, row.partition, row.offset);
    }
    return {};
  }

  std::set<std::size_t> said_;  // subjects whose scan was in trouble once
};

}  // namespace

std::unique_ptr<Law> loss_is_said() {
  return std::make_unique<LossIsSaid>();
}

}  // namespace henge::sim
