// Law 5: beside streaming, one task writes a chunk at a time, and no repair before the chunk was
// sealed: no batch write ahead of the watermark.
#include <fmt/format.h>

#include "sim/law.h"

namespace henge::sim {
namespace {

class OneWriterPerChunk final : public Law {
 public:
  [[nodiscard]] std::string_view name() const override { return "one writer per chunk"; }

  Finding on_event(const Witness& w, const ledger::Event& event) override {
    if (const auto* load = std::get_if<ledger::LoadTaskIntended>(&event.body))
      for (const auto& target : load->targets)
        chunks_[load->task_id].insert({event.pipeline, target.chunk});
    const auto* intended = std::get_if<ledger::RepairIntended>(&event.body);
    if (intended == nullptr) return {};
    const auto& state = *w.find(event.pipeline);
    for (const auto& c : intended->chunks) {
      chunks_[intended->task_id].insert({event.pipeline, c.chunk});
      if (!state.chunks.at(c.chunk).seal)
        return fmt::format("{} appends to chunk {}, which was never sealed", intended->task_id,
                           to_iso(c.chunk));
    }
    return {};
  }

  // While a task of ours is in Druid, no other one of the same chunk gets there.
  Finding on_arrival(const Witness& w, const Call& call) override {
    if (call.name != "submit_task") return {};
    const auto own = chunks_.find(call.about);
    // A request that comes again, or late, is answered with what became of the first.
    if (own == chunks_.end() || w.druid.task_payload(call.about)) return {};
    auto active = w.druid.active_tasks("");
    if (!active) return {};
    for (const auto& task : *active) {
      const auto other = chunks_.find(task.id);
      if (other == chunks_.end() || task.id == call.about) continue;
      for (const auto& chunk : other->second)
        if (own->second.contains(chunk))
          return fmt::format("{} comes while {} still writes chunk {}", call.about, task.id,
                             to_iso(chunk.second));
    }
    return {};
  }

 private:
  using Chunk = std::pair<std::string, Instant>;
  std::map<std::string, std::set<Chunk>> chunks_;  // by task
};

}  // namespace

std::unique_ptr<Law> one_writer_per_chunk() {
  return std::make_unique<OneWriterPerChunk>();
}

}  // namespace henge::sim
