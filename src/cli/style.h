// Colours, used only where a person sees them, and the symbols of a plan. Colour never carries
// meaning alone: a symbol or a word always says the same.
#pragma once

#include <string>
#include <string_view>

#include "cli/terminal.h"

namespace henge::cli {

enum class Tone { plain, strong, faint, good, warn, bad, info };

// What a plan does to a thing.
enum class Change { create, update, remove, none };

enum class ColourFlag { automatic, never };  // never: --no-color

// --no-color and NO_COLOR (when not empty) win, then CLICOLOR_FORCE (when not empty nor 0), then
// whether a person looks on, at a terminal that is not TERM=dumb.
bool colour_wanted(ColourFlag flag, const Terminal& terminal, const Environment& environment);

class Style {
 public:
  explicit Style(bool colour) : colour_(colour) {}

  [[nodiscard]] std::string paint(Tone tone, std::string_view text) const;
  [[nodiscard]] bool colour() const { return colour_; }

 private:
  bool colour_;
};

// + ~ - and a blank.
const char* symbol(Change change);
Tone tone_of(Change change);

}  // namespace henge::cli
