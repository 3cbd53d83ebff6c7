// What a person froze or released is left alone: nothing is sent for it any more, but for what was
// on its way when the word came.
#include <fmt/format.h>

#include "sim/law.h"

namespace henge::sim {
namespace {

class HandsOff final : public Law {
 public:
  [[nodiscard]] std::string_view name() const override { return "hands off"; }

  Finding on_event(const Witness& w, const ledger::Event& event) override {
    for (const auto& subject : w.scenario.subjects) {
      const std::string& name = subject.pipeline.name;
      const auto* state = w.find(name);
      const bool alone =
          state != nullptr && (state->released || ledger::freeze_of(w.ledger, *state) != nullptr);
      if (!alone)
        since_.erase(name);
      else
        since_.try_emplace(name, w.time.now());
    }
    if (!std::holds_alternative<ledger::HealIntended>(event.body)) return {};
    if (!since_.contains(event.pipeline)) return {};
    return fmt::format("a heal of {} was decided while it was to be left alone", event.pipeline);
  }

  Finding on_sent(const Witness& w, const Call& call) override {
    if (!call.effect) return {};
    for (const auto& subject : w.scenario.subjects) {
      const Pipeline& p = subject.pipeline;
      const bool its_own = call.about == supervisor_id(p) || call.about == p.datasource ||
                           call.about.starts_with(fmt::format("henge_{}_", p.name));
      const auto since = since_.find(p.name);
      if (its_own && since != since_.end() && w.time.now() - since->second > under_way)
        return fmt::format("{} of '{}' was sent, but {} is to be left alone for {}", call.name,
                           call.about, p.name, humanize(w.time.now() - since->second));
    }
    return {};
  }

 private:
  // An apply asks some questions before it posts.
  static constexpr Millis under_way = std::chrono::seconds(90);
  std::map<std::string, Instant> since_;  // by pipeline
};

}  // namespace

std::unique_ptr<Law> hands_off() {
  return std::make_unique<HandsOff>();
}

}  // namespace henge::sim
