// Law 10: Druid is a shared house: a bounded number of calls, one supervisor call at a time, and
// nobody else's tasks are touched.
#include <fmt/format.h>

#include "sim/law.h"

namespace henge::sim {
namespace {

class SharedHouse final : public Law {
 public:
  [[nodiscard]] std::string_view name() const override { return "a shared house"; }

  Finding on_sent(const Witness& w, const Call& call) override {
    ++calls_;
    const bool task_call = call.name == "submit_task" || call.name == "shutdown_task";
    if (task_call && !call.about.starts_with("henge_"))
      return fmt::format("{} of '{}', which is not henge's", call.name, call.about);
    if (!call.name.ends_with("_supervisor")) return {};
    for (const auto& subject : w.scenario.subjects)
      if (supervisor_id(subject.pipeline) == call.about) return {};
    return fmt::format("{} of '{}', which is not henge's", call.name, call.about);
  }

  // A round asks a constant number of questions and a constant number for each pipeline, however
  // many tasks and chunks there are; starts and repairs add a few.
  Finding on_minute(const Witness& w) override {
    const auto rounds =
        static_cast<std::int64_t>(std::chrono::minutes(1) / w.scenario.round_interval + 2);
    const auto pipelines = static_cast<std::int64_t>(w.scenario.subjects.size());
    const std::int64_t bound = rounds * (12 + 8 * pipelines) + 60;
    const std::int64_t calls = std::exchange(calls_, 0);
    if (calls <= bound) return {};
    return fmt::format("{} calls to Druid in a minute, {} are allowed", calls, bound);
  }

 private:
  std::int64_t calls_ = 0;
};

}  // namespace

std::unique_ptr<Law> shared_house() {
  return std::make_unique<SharedHouse>();
}

}  // namespace henge::sim
