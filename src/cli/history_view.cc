#include "cli/history_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/moment.h"
#include "cli/table.h"
#include "cli/text_width.h"

namespace henge::cli {
namespace {

using json = nlohmann::ordered_json;
using Kind = HistoryRow::Kind;

std::string state_of(const ledger::PipelineState& state, const ledger::DeclaredVersion& version) {
  const bool held = !state.released && state.posted_version == version.number;
  if (version.refused && !held) return "refused";
  if (held) return version.proven ? "current" : "current_unproven";
  if (version.number == state.version && !state.released) return "not_posted";
  return "superseded";
}

std::string words_of(const HistoryRow& row) {
  if (row.state == "current") return "current, proven";
  if (row.state == "current_unproven") return "current, unproven";
  if (row.state == "not_posted") return "not in Druid yet";
  if (row.state == "superseded") return row.proven ? "was proven" : "replaced";
  return row.state;
}

Tone tone_of_state(const std::string& state) {
  if (state == "current") return Tone::good;
  if (state == "refused") return Tone::bad;
  return state == "superseded" ? Tone::faint : Tone::warn;
}

json row_json(const HistoryRow& row) {
  json out{
      {"sequence", row.sequence}, {"at", to_iso(row.at)}, {"by", row.by}, {"reason", row.reason}};
  switch (row.kind) {
    case Kind::version:
      out["kind"] = "version";
      out["version"] = row.version;
      out["state"] = row.state;
      out["proven"] = row.proven;
      break;
    case Kind::rolled_back:
      out["kind"] = "rolled_back";
      out["from"] = row.version;
      out["to"] = row.to_version;
      break;
    case Kind::released:
      out["kind"] = "released";
      out["supervisor"] = row.supervisor;
      break;
  }
  return out;
}

std::vector<Cell> cells_of(const HistoryRow& row) {
  const std::string reason = row.reason.empty() ? "-" : row.reason;
  switch (row.kind) {
    case Kind::version:
      return {{std::to_string(row.version), Tone::strong},
              {to_the_second(row.at)},
              {words_of(row), tone_of_state(row.state)},
              {row.by.empty() ? "-" : row.by},
              {reason}};
    case Kind::rolled_back:
      return {{row.to_version == 0 ? fmt::format("{} undone", row.version)
                                   : fmt::format("{} -> {}", row.version, row.to_version),
               Tone::warn},
              {to_the_second(row.at)},
              {"rolled back", Tone::warn},
              {"henge"},
              {reason}};
    case Kind::released:
      return {{"-"},
              {to_the_second(row.at)},
              {"released, " + row.supervisor, Tone::warn},
              {row.by.empty() ? "-" : row.by},
              {reason}};
  }
  return {};
}

}  // namespace

std::optional<HistoryRow> history_row(std::int64_t sequence, const ledger::Event& event) {
  HistoryRow row;
  row.sequence = sequence;
  row.at = event.at;
  if (const auto* e = std::get_if<ledger::PipelineDeclared>(&event.body)) {
    row.version = e->version;
    row.by = e->by;
    row.reason = e->reason;
    return row;
  }
  if (const auto* e = std::get_if<ledger::SupervisorRolledBack>(&event.body)) {
    row.kind = Kind::rolled_back;
    row.version = e->from_version;
    row.to_version = e->to_version;
    row.by = "henge";
    row.reason = e->reason;
    return row;
  }
  if (const auto* e = std::get_if<ledger::PipelineReleased>(&event.body)) {
    row.kind = Kind::released;
    row.by = e->by;
    row.reason = e->reason;
    row.supervisor = e->supervisor;
    return row;
  }
  return std::nullopt;
}

HistoryView history_view(const std::string& pipeline, const ledger::PipelineState& state,
                         std::vector<HistoryRow> events, std::int64_t limit) {
  HistoryView view{pipeline, state.released ? 0 : state.posted_version, std::move(events), 0, {}};
  for (auto& row : view.rows) {
    if (row.kind != Kind::version) continue;
    if (const auto* version = ledger::find_version(state, row.version)) {
      row.state = state_of(state, *version);
      row.proven = version->proven;
    }
  }
  std::ranges::reverse(view.rows);
  view.total = std::ssize(view.rows);
  if (limit > 0 && limit < view.total) view.rows.resize(static_cast<std::size_t>(limit));
  return view;
}

std::string show_history(const HistoryView& view, const Console& console) {
  if (console.json()) {
    json rows = json::array();
    for (const auto& row : view.rows) rows.push_back(row_json(row));
    const json out{{"pipeline", view.pipeline},
                   {"current", view.current},
                   {"total", view.total},
                   {"history", rows},
                   {"frozen", json::parse(freeze_json(view.frozen, view.pipeline))}};
    return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  }
  Table table({{"VERSION", Align::left, 0, 0},
               {"WHEN", Align::left, 0, 0},
               {"STATE", Align::left, 0, 0},
               {"BY", Align::left, 2, 6},
               {"REASON", Align::left, 1, 8}});
  for (const auto& row : view.rows) table.add(cells_of(row));
  std::string text =
      show_freezes(view.frozen, console) + table.render(console.out.columns, console.style);
  if (view.total > std::ssize(view.rows))
    text += fmt::format("{} of {}; --limit 0 shows all\n", thousands(std::ssize(view.rows)),
                        thousands(view.total));
  return text;
}

}  // namespace henge::cli
