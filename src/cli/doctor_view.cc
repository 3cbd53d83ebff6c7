#include "cli/doctor_view.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/text_width.h"

namespace henge::cli {

const char* to_string(Health health) {
  switch (health) {
    case Health::good:
      return "ok";
    case Health::warning:
      return "warning";
    case Health::bad:
      return "failed";
  }
  return "failed";
}

namespace {

Tone tone_of(Health health) {
  switch (health) {
    case Health::good:
      return Tone::good;
    case Health::warning:
      return Tone::warn;
    case Health::bad:
      return Tone::bad;
  }
  return Tone::bad;
}

}  // namespace

std::string show_checks(const std::vector<Check>& checks, const Console& console) {
  if (console.json()) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const auto& c : checks)
      list.push_back({{"subject", c.subject},
                      {"check", c.name},
                      {"health", to_string(c.health)},
                      {"message", c.message},
                      {"advice", c.advice}});
    return nlohmann::ordered_json{{"checks", list}}.dump(2, ' ', false,
                                                         nlohmann::json::error_handler_t::replace) +
           "\n";
  }
  std::string text, subject;
  std::int64_t bad = 0, warnings = 0;
  for (const auto& c : checks) {
    if (c.subject != subject) text += console.style.paint(Tone::strong, c.subject) + "\n";
    subject = c.subject;
    const std::string mark = pad_right(to_string(c.health), 7);
    text += fmt::format("  {}  {}: {}\n", console.style.paint(tone_of(c.health), mark), c.name,
                        printable(c.message));
    if (!c.advice.empty())
      text += console.style.paint(Tone::faint, "           " + c.advice) + "\n";
    bad += c.health == Health::bad;
    warnings += c.health == Health::warning;
  }
  return text + fmt::format("\n{}, {}, {}\n",
                            counted(static_cast<std::int64_t>(checks.size()), "check"),
                            counted(warnings, "warning"), counted(bad, "failure"));
}

}  // namespace henge::cli
