// Law 7: no task drops what a chunk holds without rows to put there. A task that appends drops
// nothing.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/law.h"

namespace henge::sim {
namespace {

class NeverAnEmptyReplace final : public Law {
 public:
  [[nodiscard]] std::string_view name() const override { return "never an empty replace"; }

  Finding on_sent(const Witness&, const Call& call) override {
    if (call.name != "submit_task") return {};
    const auto task = nlohmann::json::parse(call.bytes, nullptr, false);
    const auto at = nlohmann::json::json_pointer("/spec/ioConfig");
    if (!task.is_object() || !task.contains(at)) return {};
    const auto& io = task.at(at);
    if (io.value("appendToExisting", false)) return {};
    const auto input = io.value("inputSource", nlohmann::json::object());
    if (input.value("type", "") != "inline" || !input.value("data", "").empty()) return {};
    return fmt::format("task '{}' replaces with nothing", call.about);
  }
};

}  // namespace

std::unique_ptr<Law> never_an_empty_replace() {
  return std::make_unique<NeverAnEmptyReplace>();
}

}  // namespace henge::sim
