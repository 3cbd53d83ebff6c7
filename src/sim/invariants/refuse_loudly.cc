// Law 9: what can't be done is refused with an error, and nothing of it is half-applied.
#include "sim/law.h"

namespace henge::sim {
namespace {

class RefuseLoudly final : public Law {
 public:
  [[nodiscard]] std::string_view name() const override { return "refuse loudly"; }

  Finding on_wrong_apply(const Witness&, bool refused, bool changed) override {
    if (!refused) return "a change that can't be made under a running count was accepted";
    if (changed) return "a change was refused, but something of it was declared";
    return {};
  }
};

}  // namespace

std::unique_ptr<Law> refuse_loudly() {
  return std::make_unique<RefuseLoudly>();
}

}  // namespace henge::sim
