#include "cli/diagnostics_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/text_width.h"
#include "spec/load.h"
#include "spec/references.h"

namespace henge::cli {

namespace {

using nlohmann::ordered_json;

constexpr std::size_t source_bytes_max = std::size_t{4} << 20;
// How much of a long line stands before the caret.
constexpr int before_caret = 24;

const char* word_of(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
}

Tone tone_of(Severity severity) {
  return severity == Severity::error ? Tone::bad : Tone::warn;
}

std::int64_t count(const std::vector<Diagnostic>& all, Severity severity) {
  return std::ranges::count(all, severity, &Diagnostic::severity);
}

std::string place_of(const Place& place) {
  if (place.line <= 0) return printable(place.file);
  return fmt::format("{}:{}:{}", printable(place.file), place.line, place.column);
}

// Characters, not bytes: what a place's column counts.
std::string_view without_first(std::string_view text, int characters) {
  for (int i = 0; i < characters && !text.empty(); ++i) {
    text.remove_prefix(first_character(text).bytes);
  }
  return text;
}

// A source line in the room there is, and the caret below it.
struct Excerpt {
  std::string line;
  int caret = 0;  // columns before it
};

Excerpt excerpt_of(const std::string& source, int column, int room) {
  const std::string line = printable(source);
  const std::string_view after = without_first(line, column - 1);
  const int caret = display_columns(std::string_view(line).substr(0, line.size() - after.size()));
  if (room <= 0 || display_columns(line) <= room) return {.line = line, .caret = caret};
  if (caret < room - 1) return {.line = shorten(line, room), .caret = caret};
  std::string_view shown = line;
  int left_out = 0;
  while (caret - left_out > std::min(before_caret, room / 2)) {
    const Character character = first_character(shown);
    left_out += character.columns;
    shown.remove_prefix(character.bytes);
  }
  return {.line = "…" + shorten(shown, room - 1), .caret = caret - left_out + 1};
}

// A file's own line may say more than the message does. Rather no excerpt than a secret in a log.
bool may_show(const Diagnostic& diagnostic, std::string line) {
  if (diagnostic.code.starts_with("secret_") || spec::looks_secret(diagnostic.field)) return false;
  for (char& c : line) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  constexpr std::array words{"password", "passphrase", "secret", "token",
                             "jaas",     "key:",       "key.pem"};
  return std::ranges::none_of(
      words, [&line](const char* word) { return line.find(word) != std::string::npos; });
}

std::string show_source(const Diagnostic& d, const SourceLine& source, int columns,
                        const Style& style) {
  if (d.place.line <= 0 || d.place.column <= 0) return "";
  const std::optional<std::string> line = source(d.place.file, d.place.line);
  if (!line || !may_show(d, *line)) return "";
  const std::string number = std::to_string(d.place.line);
  const std::string margin(number.size(), ' ');
  const int used = static_cast<int>(number.size()) + 5;
  const Excerpt excerpt = excerpt_of(*line, d.place.column, columns > 0 ? columns - used : 0);
  return fmt::format("{}{}\n{}{}{}\n", style.paint(Tone::faint, fmt::format("  {} | ", number)),
                     excerpt.line, style.paint(Tone::faint, fmt::format("  {} | ", margin)),
                     std::string(static_cast<std::size_t>(excerpt.caret), ' '),
                     style.paint(tone_of(d.severity), "^"));
}

std::string show(const Diagnostic& d, const SourceLine& source, int columns, const Style& style) {
  std::string text =
      fmt::format("{}: {} {}", style.paint(Tone::strong, place_of(d.place)),
                  style.paint(tone_of(d.severity), fmt::format("{}:", word_of(d.severity))),
                  printable(d.message));
  if (!d.field.empty()) text += style.paint(Tone::faint, fmt::format(" [{}]", printable(d.field)));
  text += "\n" + show_source(d, source, columns, style);
  if (!d.hint.empty())
    text += fmt::format("  {} {}\n", style.paint(Tone::info, "hint:"), printable(d.hint));
  return text;
}

ordered_json to_json(const Diagnostic& d) {
  return {{"severity", word_of(d.severity)},
          {"code", d.code},
          {"file", d.place.file},
          {"line", d.place.line},
          {"column", d.place.column},
          {"field", d.field},
          {"message", d.message},
          {"hint", d.hint}};
}

std::string validation_json(const std::vector<Diagnostic>& all, const Usable& usable) {
  ordered_json answer{{"pipelines", usable.pipelines},
                      {"loads", usable.loads},
                      {"errors", count(all, Severity::error)},
                      {"warnings", count(all, Severity::warning)},
                      {"diagnostics", ordered_json::array()}};
  for (const Diagnostic& d : all) answer["diagnostics"].push_back(to_json(d));
  return answer.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string validation_summary(const std::vector<Diagnostic>& all, const Usable& usable,
                               const Style& style) {
  std::string right = counted(usable.pipelines, "pipeline");
  if (usable.loads > 0) right += ", " + counted(usable.loads, "load");
  right += " in order";
  if (all.empty()) return style.paint(Tone::good, right) + "\n";
  return fmt::format("{}; {}\n",
                     style.paint(has_errors(all) ? Tone::bad : Tone::warn, count_diagnostics(all)),
                     right);
}

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

SourceLine lines_of_files() {
  auto files = std::make_shared<std::map<std::string, std::vector<std::string>>>();
  return [files](const std::string& file, int line) -> std::optional<std::string> {
    const auto [entry, fresh] = files->try_emplace(file);
    if (fresh) {
      // A file that cannot be read (any more) has no lines to show; its own diagnostic says why.
      if (const Result<std::string> text = spec::read_text(file, source_bytes_max)) {
        entry->second = split_lines(*text);
      }
    }
    const auto index = static_cast<std::size_t>(line - 1);
    if (line < 1 || index >= entry->second.size()) return std::nullopt;
    return entry->second[index];
  };
}

std::string show_diagnostics(const std::vector<Diagnostic>& all, const SourceLine& source,
                             int columns, const Style& style) {
  std::string text;
  for (const Diagnostic& d : all) text += show(d, source, columns, style);
  return text;
}

std::string count_diagnostics(const std::vector<Diagnostic>& all) {
  const std::int64_t errors = count(all, Severity::error);
  const std::int64_t warnings = count(all, Severity::warning);
  if (warnings == 0) return counted(errors, "error");
  if (errors == 0) return counted(warnings, "warning");
  return counted(errors, "error") + ", " + counted(warnings, "warning");
}

std::string view_diagnostics(const std::vector<Diagnostic>& all, const Console& console) {
  const Style& style = console.style;
  const std::string shown = show_diagnostics(all, lines_of_files(), console.err.columns, style);
  if (all.empty()) return shown;
  const Tone tone = has_errors(all) ? Tone::bad : Tone::warn;
  return shown + style.paint(tone, count_diagnostics(all)) + "\n";
}

std::string view_validation(const std::vector<Diagnostic>& all, const Usable& usable,
                            const Console& console) {
  if (console.json()) return validation_json(all, usable);
  return show_diagnostics(all, lines_of_files(), console.out.columns, console.style) +
         validation_summary(all, usable, console.style);
}

}  // namespace henge::cli
