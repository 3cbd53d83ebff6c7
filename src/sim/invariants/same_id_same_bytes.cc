// Law 3: a task's id stands for one payload, for ever; and no two intents share an id.
#include <fmt/format.h>

#include "sim/law.h"

namespace henge::sim {
namespace {

class SameIdSameBytes final : public Law {
 public:
  [[nodiscard]] std::string_view name() const override { return "same id, same bytes"; }

  Finding on_event(const Witness&, const ledger::Event& event) override {
    const auto* intended = std::get_if<ledger::RepairIntended>(&event.body);
    if (intended == nullptr) return {};
    const auto attempt = std::pair(intended->repair, intended->attempt);
    const auto [known, fresh] = intents_.try_emplace(intended->task_id, attempt);
    if (fresh || known->second == attempt) return {};
    return fmt::format("{} and {} share the task id {}", known->second.first, intended->repair,
                       intended->task_id);
  }

  Finding on_sent(const Witness&, const Call& call) override {
    if (call.name != "submit_task") return {};
    const auto [known, fresh] = payloads_.try_emplace(call.about, call.bytes);
    if (fresh || known->second == call.bytes) return {};
    return fmt::format("task '{}' was sent with other bytes than before", call.about);
  }

 private:
  std::map<std::string, std::pair<std::string, std::int64_t>> intents_;
  std::map<std::string, std::string> payloads_;
};

}  // namespace

std::unique_ptr<Law> same_id_same_bytes() {
  return std::make_unique<SameIdSameBytes>();
}

}  // namespace henge::sim
