// Law 6: what henge suspends is running again in the end; what a person suspended, henge does not
// touch unasked.
#include <fmt/format.h>

#include "sim/law.h"

namespace henge::sim {
namespace {

class SuspendedGetsResumed final : public Law {
 public:
  [[nodiscard]] std::string_view name() const override { return "suspended gets resumed"; }

  Finding on_sent(const Witness&, const Call& call) override {
    if (call.name == "suspend_supervisor") ours_.insert(call.about);
    return {};
  }

  Finding at_end(const Witness& w) override {
    for (const auto& id : ours_) {
      const auto status = w.druid.supervisor_status(id);
      if (status && status->suspended)
        return fmt::format("henge has suspended '{}', and nobody resumed it", id);
    }
    return {};
  }

 private:
  std::set<std::string> ours_;
};

}  // namespace

std::unique_ptr<Law> suspended_gets_resumed() {
  return std::make_unique<SuspendedGetsResumed>();
}

}  // namespace henge::sim
