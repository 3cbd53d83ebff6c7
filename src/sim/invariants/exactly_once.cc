// Law 1: every parseable row is in Druid once at the most, and a sealed chunk holds exactly the
// rows that belong there: all on-time rows that were scanned, all late rows whose repair is
// confirmed, none else.
#include <fmt/format.h>

#include <algorithm>

#include "sim/law.h"

namespace henge::sim {
namespace {

class ExactlyOnce final : public Law {
 public:
  [[nodiscard]] std::string_view name() const override { return "exactly once"; }

  // Nothing is ever there twice, and nothing that nobody produced.
  Finding on_step(const Witness& w) override {
    revisions_.resize(w.scenario.subjects.size());
    for (std::size_t i = 0; i < revisions_.size(); ++i) {
      const std::uint64_t now = w.druid.stored_revision(w.scenario.subjects[i].pipeline.datasource);
      if (std::exchange(revisions_[i], now) == now) continue;
      if (auto found = check_rows(w, i)) return found;
    }
    return {};
  }

  Finding on_event(const Witness& w, const ledger::Event& event) override {
    const auto* sealed = std::get_if<ledger::ChunkSealed>(&event.body);
    if (sealed == nullptr) return {};
    return check_sealed(w, event.pipeline, *sealed);
  }

 private:
  static Finding check_rows(const Witness& w, std::size_t subject) {
    const std::string& datasource = w.scenario.subjects[subject].pipeline.datasource;
    const Truth& truth = w.producers.truth(subject);
    const auto rows = w.druid.stored_rows(datasource);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto known = truth.by_id.find(rows[i].id);
      if (known == truth.by_id.end())
        return fmt::format("{} holds a row that nobody produced", datasource);
      if (i > 0 && rows[i].id == rows[i - 1].id)
        return fmt::format("{} holds the row of partition {} at offset {} (event {}, {}) twice",
                           datasource, known->second.partition, known->second.offset,
                           to_iso(known->second.event),
                           known->second.door == Door::late ? "late" : "on time");
    }
    return {};
  }

  static Finding check_sealed(const Witness& w, const std::string& pipeline,
                              const ledger::ChunkSealed& sealed) {
    const std::size_t subject = w.subject_of(pipeline);
    const Pipeline& p = w.scenario.subjects[subject].pipeline;
    const auto& state = *w.find(pipeline);
    const Interval chunk = bucket(p.schema.segment_granularity, sealed.chunk);
    std::vector<RowId> stored;
    for (const auto& row : w.druid.stored_rows(p.datasource))
      if (chunk.contains(row.event)) stored.push_back(row.id);
    if (static_cast<std::int64_t>(stored.size()) != sealed.rows)
      return fmt::format("chunk {} of {} is sealed with {} rows, but Druid stores {}",
                         to_iso(sealed.chunk), pipeline, sealed.rows, stored.size());
    // Where henge and Druid have lost different rows, as many may come out equal.
    if (w.producers.truth(subject).spoilt) return {};
    const auto& truth = w.producers.truth(subject).by_chunk;
    const auto rows = truth.find(sealed.chunk);
    if (rows == truth.end()) return {};
    for (const Produced& row : rows->second) {
      const auto scanned = state.partitions.find(row.partition);
      if (row.door != Door::on_time || scanned == state.partitions.end() ||
          row.offset >= scanned->second.next)
        continue;
      if (!std::ranges::binary_search(stored, row.id))
        return fmt::format(
            "chunk {} of {} is sealed without its on-time row of partition {} at "
            "offset {}",
            to_iso(sealed.chunk), pipeline, row.partition, row.offset);
    }
    return {};
  }

  std::vector<std::uint64_t> revisions_;  // of each subject's datasource, as last checked
};

}  // namespace

std::unique_ptr<Law> exactly_once() {
  return std::make_unique<ExactlyOnce>();
}

}  // namespace henge::sim
