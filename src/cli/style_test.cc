#include "cli/style.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace henge::cli {
namespace {

Environment with(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

TEST(Style, ColoursOnlyWhatAPersonSeesUnlessToldOtherwise) {
  const Terminal screen{.interactive = true, .columns = 80};
  const Terminal pipe{};
  struct Case {
    ColourFlag flag;
    Terminal terminal;
    std::map<std::string, std::string> variables;
    bool colour;
  };
  const Case cases[] = {
      {ColourFlag::automatic, screen, {}, true},
      {ColourFlag::automatic, pipe, {}, false},
      {ColourFlag::never, screen, {}, false},
      {ColourFlag::automatic, screen, {{"NO_COLOR", "1"}}, false},
      {ColourFlag::automatic, screen, {{"NO_COLOR", ""}}, true},
      {ColourFlag::automatic, screen, {{"TERM", "dumb"}}, false},
      {ColourFlag::automatic, screen, {{"TERM", "xterm-256color"}}, true},
      {ColourFlag::automatic, pipe, {{"CLICOLOR_FORCE", "1"}}, true},
      {ColourFlag::automatic, pipe, {{"CLICOLOR_FORCE", "0"}}, false},
      {ColourFlag::automatic, pipe, {{"CLICOLOR_FORCE", ""}}, false},
      {ColourFlag::automatic, pipe, {{"CLICOLOR_FORCE", "1"}, {"NO_COLOR", "1"}}, false},
      {ColourFlag::never, pipe, {{"CLICOLOR_FORCE", "1"}}, false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(colour_wanted(c.flag, c.terminal, with(c.variables)), c.colour) << &c - cases;
  }
}

TEST(Style, PaintsOnlyWhereThereIsColourAndText) {
  EXPECT_EQ(Style(true).paint(Tone::bad, "no"), "\x1b[31mno\x1b[0m");
  EXPECT_EQ(Style(true).paint(Tone::plain, "so"), "so");
  EXPECT_EQ(Style(true).paint(Tone::bad, ""), "");
  EXPECT_EQ(Style(false).paint(Tone::bad, "no"), "no");
}

TEST(Style, EachChangeHasASymbolOfItsOwn) {
  std::set<std::string> symbols;
  for (const Change change : {Change::create, Change::update, Change::remove, Change::none}) {
    symbols.insert(symbol(change));
  }
  EXPECT_EQ(symbols, (std::set<std::string>{"+", "~", "-", " "}));
  EXPECT_EQ(tone_of(Change::create), Tone::good);
  EXPECT_EQ(tone_of(Change::remove), Tone::bad);
}

TEST(Terminal, IsAsWideAsTheWindowOrAsTold) {
  struct Case {
    bool interactive;
    int window;
    std::map<std::string, std::string> variables;
    int columns;
  };
  const Case cases[] = {
      {true, 132, {}, 132},
      {true, 132, {{"COLUMNS", "40"}}, 132},
      {true, 0, {{"COLUMNS", "40"}}, 40},
      {true, 0, {}, 80},
      {true, 0, {{"COLUMNS", "wide"}}, 80},
      {true, 0, {{"COLUMNS", "-3"}}, 80},
      {true, 0, {{"COLUMNS", "99999999999"}}, 80},
      {false, 0, {}, 0},
      {false, 0, {{"COLUMNS", "60"}}, 60},
      {false, 0, {{"COLUMNS", "60x"}}, 0},
  };
  for (const Case& c : cases) {
    const Terminal terminal = terminal_from(c.interactive, c.window, with(c.variables));
    EXPECT_EQ(terminal, (Terminal{.interactive = c.interactive, .columns = c.columns}))
        << &c - cases;
  }
}

}  // namespace
}  // namespace henge::cli
