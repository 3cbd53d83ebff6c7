// Completion for shells. The scripts ask the program itself, so that they never know other commands
// than the parser does.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace henge::cli {

enum class Shell { bash, zsh, fish };

struct FlagShape {
  std::vector<std::string> names;    // --output, -o
  std::vector<std::string> choices;  // of its value, where it takes one of a few
  bool takes_value = false;
};

struct CommandShape {
  std::string name;                    // "" for the program itself
  std::vector<FlagShape> flags;        // the program's own are understood after any command
  std::vector<std::string> choices;    // of its argument, where it takes one of a few
  std::vector<CommandShape> commands;  // below it
};

// How the scripts ask: henge __complete WORD... with the unfinished word last, one answer a line.
inline constexpr std::string_view completion_command = "__complete";

// What the last of `words` may become; nothing where a file name or free text stands.
std::vector<std::string> candidates(const CommandShape& program,
                                    const std::vector<std::string>& words);

std::optional<Shell> parse_shell(std::string_view text);
std::string completion_script(Shell shell);

}  // namespace henge::cli
