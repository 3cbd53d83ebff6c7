#include "cli/style.h"

#include <fmt/format.h>

namespace henge::cli {

namespace {

// The terminal's own palette, so that a person's theme decides how it looks.
const char* code_of(Tone tone) {
  switch (tone) {
    case Tone::plain:
      return "";
    case Tone::strong:
      return "1";
    case Tone::faint:
      return "2";
    case Tone::good:
      return "32";
    case Tone::warn:
      return "33";
    case Tone::bad:
      return "31";
    case Tone::info:
      return "36";
  }
  return "";
}

bool set(const std::optional<std::string>& value) {
  return value && !value->empty();
}

}  // namespace

bool colour_wanted(ColourFlag flag, const Terminal& terminal, const Environment& environment) {
  if (flag == ColourFlag::never || set(environment("NO_COLOR"))) return false;
  const std::optional<std::string> forced = environment("CLICOLOR_FORCE");
  if (set(forced) && *forced != "0") return true;
  return terminal.interactive && environment("TERM").value_or("") != "dumb";
}

std::string Style::paint(Tone tone, std::string_view text) const {
  if (!colour_ || tone == Tone::plain || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code_of(tone), text);
}

const char* symbol(Change change) {
  switch (change) {
    case Change::create:
      return "+";
    case Change::update:
      return "~";
    case Change::remove:
      return "-";
    case Change::none:
      return " ";
  }
  return " ";
}

Tone tone_of(Change change) {
  switch (change) {
    case Change::create:
      return Tone::good;
    case Change::update:
      return Tone::warn;
    case Change::remove:
      return Tone::bad;
    case Change::none:
      return Tone::faint;
  }
  return Tone::plain;
}

}  // namespace henge::cli
