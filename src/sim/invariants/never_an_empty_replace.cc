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
    if (input.value("type", "") != "inline") return {};
    // Druid takes no empty source: what is to read nothing gets a header line.
    const auto format = io.value("inputFormat", nlohmann::json::object());
    const bool nothing = input.value("data", "").empty() || format.contains("skipHeaderRows");
    if (!nothing) return {};
    return fmt::format("task '{}' replaces with nothing", call.about);
  }
};

}  // namespace

std::unique_ptr<Law> never_an_empty_replace() {
  return std::make_unique<NeverAnEmptyReplace>();
}

}  // namespace henge::sim
