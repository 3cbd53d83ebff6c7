// The examples of --help: each is a command line that is understood as it stands there.
#include "cli/options_help.h"

#include <gtest/gtest.h>

#include "cli/options.h"

namespace henge::cli {
namespace {

using Words = std::vector<std::string>;

// The words of one line, as a shell would have them: up to a comment, a pipe or a redirection.
Words words_of(std::string_view line) {
  Words words(1);
  char quote = 0;
  std::size_t spaces = 0;
  for (const char c : line) {
    if (quote != 0 || c == '\'') {
      if (quote == 0 || c == quote)
        quote = quote == 0 ? c : '\0';
      else
        words.back() += c;
      continue;
    }
    spaces = c == ' ' ? spaces + 1 : 0;
    if (c == '|' || c == '>' || spaces > 1) break;
    if (c != ' ')
      words.back() += c;
    else
      words.emplace_back();
  }
  while (!words.empty() && words.back().empty()) words.pop_back();
  return words;
}

// Lines of examples, those that go on in the next one put together.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  bool goes_on = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
    const bool more = line.ends_with('\\');
    if (more) line.pop_back();
    if (goes_on)
      lines.back() += line;
    else
      lines.push_back(line);
    goes_on = more;
  }
  return lines;
}

TEST(HelpExamples, EachIsUnderstood) {
  int tried = 0;
  for (const auto& [command, text] : help::all_examples()) {
    for (const std::string& line : lines_of(text)) {
      if (!line.starts_with("henge ")) continue;
      const Words words = words_of(line);
      std::vector<const char*> argv;
      for (const std::string& word : words) argv.push_back(word.c_str());
      const auto parsed =
          parse_command_line(static_cast<int>(argv.size()), argv.data(),
                             [](const std::string&) { return std::optional<std::string>(); });
      const ExitNow* now = std::get_if<ExitNow>(&parsed);
      const int code = now == nullptr ? 0 : now->code;  // a completion script is printed at once
      EXPECT_EQ(code, 0) << line << "\n" << (now == nullptr ? "" : now->text);
      ++tried;
    }
  }
  EXPECT_GT(tried, 50);
}

}  // namespace
}  // namespace henge::cli
