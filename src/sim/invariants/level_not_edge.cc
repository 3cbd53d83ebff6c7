// Law 8: what henge believes is the fold of what is durable, at any time; so whoever starts from
// the ledger alone goes on where the last one stood.
#include <fmt/format.h>

#include "sim/law.h"

namespace henge::sim {
namespace {

class LevelNotEdge final : public Law {
 public:
  [[nodiscard]] std::string_view name() const override { return "level, not edge"; }

  Finding on_minute(const Witness& w) override {
    return ++minutes_ % 5 == 0 ? compare(w) : std::nullopt;
  }
  Finding at_end(const Witness& w) override { return compare(w); }

 private:
  static Finding compare(const Witness& w) {
    const ledger::Journal* journal = w.journal();
    // After an append whose outcome is unknown, henge has to start again to know.
    if (journal == nullptr || journal->sequence() != w.ledger.events) return {};
    if (journal->state() == w.ledger) return {};
    for (const auto& [name, state] : w.ledger.pipelines) {
      const auto* believed = journal->find(name);
      if (believed == nullptr || !(*believed == state))
        return fmt::format("henge's state of {} is not what its ledger adds up to", name);
    }
    return "henge's state is not what its ledger adds up to";
  }

  std::int64_t minutes_ = 0;
};

}  // namespace

std::unique_ptr<Law> level_not_edge() {
  return std::make_unique<LevelNotEdge>();
}

}  // namespace henge::sim
