#include "cli/window_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/moment.h"
#include "cli/table.h"
#include "cli/text_width.h"
#include "reconcile/fencing.h"

namespace henge::cli {
namespace {

using json = nlohmann::ordered_json;
using ledger::StandPhase;
using ledger::WindowState;

json maybe(const std::string& text) {
  return text.empty() ? json(nullptr) : json(text);
}
json maybe(const std::optional<Instant>& at) {
  return at ? json(to_iso(*at)) : json(nullptr);
}

std::string phase_word(const ledger::PipelineState& state) {
  if (!reconcile::any_window_open(state)) return "resuming";
  switch (state.stand->phase) {
    case StandPhase::asked:
      return "opening";
    case StandPhase::suspended:
      return "suspending";
    case StandPhase::quiesced:
      return "standing";
    case StandPhase::broken:
      return "broken";
  }
  return "opening";
}

Tone tone_of(const WindowRow& row) {
  if (row.phase == "broken" || row.outcome == "failed" || row.outcome == "deadline")
    return Tone::bad;
  if (row.outcome == "counted") return Tone::good;
  return row.phase == "over" ? Tone::faint : Tone::warn;
}

std::string resumes_text(const WindowRow& row, const WindowView& view) {
  if (row.resumes.empty()) return "-";
  if (row.resumes == "person") return "nobody: a person decides";
  if (!view.frozen.empty()) return "henge, when it is not frozen";
  return view.serving ? "henge serve" : "the next henge serve";
}

json row_json(const WindowRow& row) {
  return {{"pipeline", row.pipeline},
          {"window", row.number},
          {"load", row.load},
          {"phase", row.phase},
          {"outcome", maybe(row.outcome)},
          {"reason", maybe(row.reason)},
          {"resumes", maybe(row.resumes)},
          {"since", to_iso(row.since)},
          {"deadline", to_iso(row.deadline)},
          {"closed", maybe(row.closed)}};
}

}  // namespace

std::vector<WindowRow> window_rows(const std::string& pipeline, const ledger::PipelineState& state,
                                   bool all) {
  std::vector<WindowRow> rows;
  for (const WindowState& window : state.windows) {
    const auto& intent = window.intent;
    const bool of_now = state.stand && intent.number >= state.stand->first;
    if (!of_now && !all) continue;
    WindowRow row{pipeline,        intent.number,   intent.load, "over",
                  window.outcome,  intent.reason,   "",          window.opened_at,
                  intent.deadline, window.closed_at};
    if (window.open() || (of_now && !reconcile::any_window_open(state)))
      row.phase = phase_word(state);
    if (of_now)
      row.resumes = state.stand->resume && !reconcile::is_broken(state) ? "henge" : "person";
    rows.push_back(std::move(row));
  }
  return rows;
}

namespace {

json planned_json(const WindowView& view) {
  json out = json::array();
  for (const PlannedWindow& p : view.planned)
    out.push_back({{"pipeline", p.pipeline}, {"open", p.open}, {"next", maybe(p.next)}});
  return out;
}

std::string show_planned(const WindowView& view) {
  std::string text;
  for (const PlannedWindow& p : view.planned)
    text += fmt::format("{}: streaming may be made to stand {}\n", printable(p.pipeline),
                        p.open   ? "now"
                        : p.next ? "from " + to_the_second(*p.next) + " on"
                                 : "never within a year, as its windows say");
  return text;
}

}  // namespace

std::string show_windows(const WindowView& view, const Console& console) {
  if (console.json()) {
    json windows = json::array();
    for (const WindowRow& row : view.rows) windows.push_back(row_json(row));
    const json out{{"now", to_iso(view.now)},
                   {"serving", view.serving},
                   {"windows", windows},
                   {"planned", planned_json(view)},
                   {"frozen", json::parse(freeze_json(view.frozen, view.pipeline))}};
    return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  }
  const std::string frozen = show_freezes(view.frozen, console);
  if (view.rows.empty()) return frozen + "no windows\n" + show_planned(view);
  const auto left = [](const char* title, int drop_rank) {
    return Column{title, Align::left, drop_rank, 0};
  };
  Table table({left("PIPELINE", 0),
               {"WINDOW", Align::right, 0, 0},
               left("LOAD", 0),
               left("PHASE", 0),
               left("SINCE", 2),
               left("UNTIL", 0),
               left("RESUMES", 1),
               {"WHY", Align::left, 3, 12}});
  for (const WindowRow& row : view.rows)
    table.add({{printable(row.pipeline), Tone::strong},
               {std::to_string(row.number), Tone::plain},
               {printable(row.load), Tone::plain},
               {row.phase == "over" ? row.outcome : row.phase, tone_of(row)},
               {to_the_second(row.since), Tone::plain},
               {to_the_second(row.closed.value_or(row.deadline)), Tone::plain},
               {resumes_text(row, view), Tone::plain},
               {printable(row.reason), Tone::faint}});
  return frozen + table.render(console.out.columns, console.style) + show_planned(view);
}

std::optional<Standing> standing_of(const ledger::PipelineState& state) {
  if (!state.stand) return std::nullopt;
  Standing out{phase_word(state), {}, state.stand->since, std::nullopt, state.stand->resume};
  for (const WindowState& window : state.windows) {
    if (!window.open()) continue;
    out.loads.push_back(window.intent.load);
    out.deadline = std::max(out.deadline.value_or(Instant::min()), window.intent.deadline);
  }
  return out;
}

std::string standing_json(const std::optional<Standing>& standing) {
  if (!standing) return "null";
  const json out{{"phase", standing->phase},
                 {"loads", standing->loads},
                 {"since", to_iso(standing->since)},
                 {"deadline", maybe(standing->deadline)},
                 {"resume", standing->resume}};
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string standing_text(const std::string& pipeline, const Standing& standing) {
  std::string text = fmt::format("{}: window {} since {}", pipeline, standing.phase,
                                 to_the_second(standing.since));
  if (!standing.loads.empty()) text += fmt::format(", for {}", fmt::join(standing.loads, ", "));
  if (standing.deadline)
    text += fmt::format(", until {} at the latest", to_the_second(*standing.deadline));
  if (!standing.resume) text += "; a person had suspended the supervisor, and it stays so";
  return text;
}

}  // namespace henge::cli
