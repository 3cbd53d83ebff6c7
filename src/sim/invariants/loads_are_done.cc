// Loads: one that is called counted holds all its rows, one that is called cancelled or failed none
// or all of them; and in the end each that somebody asked for is counted, once.
#include <fmt/format.h>

#include <algorithm>

#include "sim/law.h"

namespace henge::sim {
namespace {

class LoadsAreDone final : public Law {
 public:
  [[nodiscard]] std::string_view name() const override { return "loads are done"; }

  Finding on_event(const Witness& w, const ledger::Event& event) override {
    const auto* ended = std::get_if<ledger::LoadEnded>(&event.body);
    if (ended == nullptr) return {};
    const std::string& key = w.find(event.pipeline)->loads.at(ended->load).intent.key;
    for (const HandLoad& load : w.loads)
      if (load.request.key == key) return check(w, load, *ended);
    return {};
  }

  Finding at_end(const Witness& w) override {
    for (const HandLoad& load : w.loads) {
      if (load.counted || w.producers.truth(load.subject).spoilt) continue;
      const auto* state = w.find(load.request.pipeline);
      std::string how = "never accepted";
      if (state != nullptr)
        for (const auto& [name, known] : state->loads)
          if (known.intent.key == load.request.key)
            how = fmt::format("{}, {}", name,
                              known.end ? ledger::to_string(*known.end) : "still under way");
      return fmt::format("the load {} of {} is {}", load.request.key, load.request.pipeline, how);
    }
    return {};
  }

 private:
  static Finding check(const Witness& w, const HandLoad& load, const ledger::LoadEnded& ended) {
    const Pipeline& p = w.scenario.subjects[load.subject].pipeline;
    const auto stored = w.druid.stored_rows(p.datasource);
    const auto there = std::ranges::count_if(load.rows, [&](const Produced& row) {
      return std::ranges::binary_search(stored, row.id, {}, &SegmentRow64::id);
    });
    if (there == std::ssize(load.rows)) return {};
    if (ended.end != ledger::LoadEnd::counted && there == 0) return {};
    return fmt::format("{} of {} ended as {}, and {} of its {} rows are in Druid", ended.load,
                       p.name, ledger::to_string(ended.end), there, load.rows.size());
  }
};

}  // namespace

std::unique_ptr<Law> loads_are_done() {
  return std::make_unique<LoadsAreDone>();
}

}  // namespace henge::sim
