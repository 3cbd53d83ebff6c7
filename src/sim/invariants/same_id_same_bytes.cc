// Law 3: a task's id stands for one payload, for ever; and no two intents share an id.
#include <fmt/format.h>

#include "sim/law.h"

namespace henge::sim {
namespace {

class SameIdSameBytes final : public Law {
 public:
  [[nodiscard]] std::string_view name() const override { return "same id, same bytes"; }

  Finding on_event(const Witness&, const ledger::Event& event) override {
    if (const auto* repair = std::get_if<ledger::RepairIntended>(&event.body))
      return note(repair->task_id, repair->repair, repair->attempt);
    if (const auto* load = std::get_if<ledger::LoadTaskIntended>(&event.body))
      return note(load->task_id, fmt::format("{} part {}", load->load, load->part), load->attempt);
    return {};
  }

  Finding on_sent(const Witness&, const Call& call) override {
    if (call.name != "submit_task") return {};
    const auto [known, fresh] = payloads_.try_emplace(call.about, call.bytes);
    if (fresh || known->second == call.bytes) return {};
    return fmt::format("task '{}' was sent with other bytes than before", call.about);
  }

 private:
  Finding note(const std::string& task, const std::string& of, std::int64_t number) {
    const auto attempt = std::pair(of, number);
    const auto [known, fresh] = intents_.try_emplace(task, attempt);
    if (fresh || known->second == attempt) return {};
    return fmt::format("{} and {} share the task id {}", known->second.first, of, task);
  }

  std::map<std::string, std::pair<std::string, std::int64_t>> intents_;
  std::map<std::string, std::string> payloads_;
};

}  // namespace

std::unique_ptr<Law> same_id_same_bytes() {
  return std::make_unique<SameIdSameBytes>();
}

}  // namespace henge::sim
