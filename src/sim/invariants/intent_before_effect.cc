// Law 2: nothing leaves henge that the ledger does not hold: a task without its intent, a
// supervisor without its declaration.
#include <fmt/format.h>

#include <set>

#include "sim/law.h"

namespace henge::sim {
namespace {

class IntentBeforeEffect final : public Law {
 public:
  [[nodiscard]] std::string_view name() const override { return "intent before effect"; }

  Finding on_event(const Witness&, const ledger::Event& event) override {
    if (const auto* intended = std::get_if<ledger::RepairIntended>(&event.body))
      tasks_.insert(intended->task_id);
    if (const auto* intended = std::get_if<ledger::LoadTaskIntended>(&event.body))
      tasks_.insert(intended->task_id);
    return {};
  }

  Finding on_sent(const Witness& w, const Call& call) override {
    if (call.name == "submit_task" && !tasks_.contains(call.about))
      return fmt::format("task '{}' was sent without an intent in the ledger", call.about);
    if (call.name != "post_supervisor") return {};
    for (const auto& subject : w.scenario.subjects) {
      const auto* state = w.find(subject.pipeline.name);
      if (supervisor_id(subject.pipeline) == call.about && state != nullptr && state->version > 0)
        return {};
    }
    return fmt::format("supervisor '{}' was sent, but never declared", call.about);
  }

 private:
  std::set<std::string> tasks_;
};

}  // namespace

std::unique_ptr<Law> intent_before_effect() {
  return std::make_unique<IntentBeforeEffect>();
}

}  // namespace henge::sim
