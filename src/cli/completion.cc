#include "cli/completion.h"

#include <algorithm>

namespace henge::cli {

namespace {

const FlagShape* flag_called(const CommandShape& command, const std::string& name) {
  const auto found = std::ranges::find_if(command.flags, [&name](const FlagShape& flag) {
    return std::ranges::find(flag.names, name) != flag.names.end();
  });
  return found == command.flags.end() ? nullptr : &*found;
}

// The command's own flags hide the program's of the same name.
const FlagShape* flag_called(const CommandShape& program, const CommandShape& command,
                             const std::string& name) {
  const FlagShape* own = flag_called(command, name);
  return own != nullptr ? own : flag_called(program, name);
}

// Where the words so far have led to.
struct Situation {
  const CommandShape* command;
  const FlagShape* awaiting = nullptr;  // the flag whose value comes next
};

Situation follow(const CommandShape& program, const std::vector<std::string>& words) {
  Situation at{.command = &program};
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (at.awaiting != nullptr) {
      at.awaiting = nullptr;
      continue;
    }
    const FlagShape* flag = flag_called(program, *at.command, words[i]);
    if (flag != nullptr) {
      if (flag->takes_value) at.awaiting = flag;
      continue;
    }
    const auto next = std::ranges::find(at.command->commands, words[i], &CommandShape::name);
    if (next != at.command->commands.end()) at.command = &*next;
  }
  return at;
}

std::vector<std::string> flag_names(const CommandShape& program, const CommandShape& command) {
  std::vector<std::string> names;
  for (const FlagShape& flag : command.flags) {
    names.insert(names.end(), flag.names.begin(), flag.names.end());
  }
  if (&command != &program) {
    for (const FlagShape& flag : program.flags) {
      names.insert(names.end(), flag.names.begin(), flag.names.end());
    }
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<std::string> possible(const CommandShape& program, const Situation& at,
                                  const std::string& current) {
  if (at.awaiting != nullptr) return at.awaiting->choices;
  if (current.starts_with('-')) return flag_names(program, *at.command);
  if (at.command->commands.empty()) return at.command->choices;
  std::vector<std::string> names;
  for (const CommandShape& command : at.command->commands) names.push_back(command.name);
  return names;
}

constexpr std::string_view bash_script =
    R"sh(# henge: completion for bash. Use: source <(henge completion bash)
_henge() {
  local -a words=("${COMP_WORDS[@]:1:COMP_CWORD}")
  mapfile -t COMPREPLY < <("${COMP_WORDS[0]}" __complete "${words[@]}" 2>/dev/null)
}
complete -o default -o bashdefault -F _henge henge
)sh";

constexpr std::string_view zsh_script = R"sh(#compdef henge
# henge: completion for zsh. Use: source <(henge completion zsh)
_henge() {
  local -a found
  found=(${(f)"$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( $#found )); then compadd -a found; else _files; fi
}
compdef _henge henge
)sh";

constexpr std::string_view fish_script =
    R"sh(# henge: completion for fish. Use: henge completion fish | source
function __henge_complete
  set -l found (henge __complete (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c henge -f -a '(__henge_complete)'
)sh";

}  // namespace

std::vector<std::string> candidates(const CommandShape& program,
                                    const std::vector<std::string>& words) {
  const std::string current = words.empty() ? "" : words.back();
  std::vector<std::string> found = possible(program, follow(program, words), current);
  std::erase_if(found, [&current](const std::string& word) { return !word.starts_with(current); });
  return found;
}

std::optional<Shell> parse_shell(std::string_view text) {
  if (text == "bash") return Shell::bash;
  if (text == "zsh") return Shell::zsh;
  if (text == "fish") return Shell::fish;
  return std::nullopt;
}

std::string completion_script(Shell shell) {
  switch (shell) {
    case Shell::bash:
      return std::string(bash_script);
    case Shell::zsh:
      return std::string(zsh_script);
    case Shell::fish:
      return std::string(fish_script);
  }
  return "";
}

}  // namespace henge::cli
