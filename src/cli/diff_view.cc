#include "cli/diff_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/text_width.h"

namespace henge::cli {
namespace {

using json = nlohmann::ordered_json;

json value_json(const JsonText& text) {
  return text.empty() ? json(nullptr) : json::parse(text.text, nullptr, false);
}

json changes_json(const std::vector<spec::SpecChange>& changes) {
  json out = json::array();
  for (const auto& c : changes)
    out.push_back(
        {{"path", c.path}, {"before", value_json(c.before)}, {"after", value_json(c.after)}});
  return out;
}

std::string as_json(const DiffView& view) {
  json batch = json::array();
  for (const auto& b : view.batch)
    batch.push_back({{"mode", to_string(b.mode)},
                     {"changes", changes_json(b.changes)},
                     {"absent", b.absent.empty() ? json(nullptr) : json(b.absent)}});
  const json out{{"before", view.before},
                 {"after", view.after},
                 {"same", view.same()},
                 {"before_missing", view.before_missing},
                 {"after_missing", view.after_missing},
                 {"supervisor", changes_json(view.supervisor)},
                 {"batch", batch},
                 {"declaration", changes_json(view.declaration)}};
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string show_changes(const std::vector<spec::SpecChange>& changes, const Console& console) {
  const Style& style = console.style;
  const int columns = console.out.columns;
  std::string text;
  for (const auto& c : changes) {
    const Change kind = c.before.empty()  ? Change::create
                        : c.after.empty() ? Change::remove
                                          : Change::update;
    const std::string before = printable(c.before.text), after = printable(c.after.text);
    const std::string path = fmt::format("{} {}", style.paint(tone_of(kind), symbol(kind)), c.path);
    const std::string values = kind == Change::create   ? after
                               : kind == Change::remove ? before
                                                        : fmt::format("{} -> {}", before, after);
    const bool fits =
        columns == 0 || display_columns("    " + c.path + ": " + values) + 2 <= columns;
    // Values are never cut: what differs may be at their ends.
    if (fits)
      text += fmt::format("    {}: {}\n", path, values);
    else if (kind == Change::update)
      text += fmt::format("    {}:\n        {}\n     -> {}\n", path, before, after);
    else
      text += fmt::format("    {}:\n        {}\n", path, values);
  }
  return text;
}

std::string show_batch(const BatchDiff& batch, const Console& console) {
  if (!batch.absent.empty())
    return console.style.paint(Tone::faint,
                               "  " + wrapped(fmt::format("{}: not to be had: {}",
                                                          to_string(batch.mode), batch.absent),
                                              console.out.columns, 4, 2)) +
           "\n";
  if (batch.changes.empty()) return fmt::format("  {}: the same\n", to_string(batch.mode));
  return fmt::format("  {}: {}\n", to_string(batch.mode),
                     counted(std::ssize(batch.changes), "change")) +
         show_changes(batch.changes, console);
}

}  // namespace

bool DiffView::same() const {
  return before_missing == after_missing && supervisor.empty() && declaration.empty() &&
         std::ranges::all_of(batch, [](const auto& b) { return b.changes.empty(); });
}

std::string show_diff(const DiffView& view, const Console& console) {
  if (console.json()) return as_json(view);
  const auto title = [&](const std::string& what) {
    return console.style.paint(Tone::strong, what) + "\n";
  };
  std::string text;
  for (const auto& [missing, name] :
       {std::pair(view.before_missing, view.before), std::pair(view.after_missing, view.after)})
    if (missing)
      text +=
          console.style.paint(Tone::bad, fmt::format("{}: Druid has no supervisor", name)) + "\n";
  if (view.before_missing || view.after_missing) return text;
  if (view.same()) return fmt::format("{} and {} are the same\n", view.before, view.after);
  text += fmt::format("{} -> {}\n", view.before, view.after) + title("supervisor");
  text += view.supervisor.empty() ? "  the same\n" : show_changes(view.supervisor, console);
  if (!view.batch.empty()) text += title("batch");
  bool elsewhere = !view.supervisor.empty();
  for (const auto& batch : view.batch) {
    text += show_batch(batch, console);
    elsewhere = elsewhere || !batch.changes.empty();
  }
  // What no spec shows is henge's own: how it repairs, how it treats drift.
  if (!elsewhere && !view.declaration.empty())
    text += title("declaration (no spec changes by it)") + show_changes(view.declaration, console);
  return text;
}

}  // namespace henge::cli
