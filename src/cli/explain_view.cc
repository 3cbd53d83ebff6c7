#include "cli/explain_view.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/text_width.h"

namespace henge::cli {
namespace {

using json = nlohmann::ordered_json;

const char* type_of(const ledger::Subject& subject) {
  if (std::holds_alternative<ledger::ChunkSubject>(subject.what)) return "chunk";
  if (const auto* repair = std::get_if<ledger::RepairSubject>(&subject.what))
    return repair->task.empty() ? "repair" : "task";
  if (std::holds_alternative<ledger::DriftSubject>(subject.what)) return "drift";
  return "pipeline";
}

std::string as_json(const ExplainView& view) {
  json lines = json::array();
  for (const auto& line : view.lines)
    lines.push_back({{"sequence", line.first},
                     {"sequence_last", line.last},
                     {"records", line.records},
                     {"at", to_iso(line.from)},
                     {"at_last", to_iso(line.to)},
                     {"kind", line.kind},
                     {"text", line.text}});
  const json out{{"object", view.object},
                 {"type", type_of(view.subject)},
                 {"pipeline", view.subject.pipeline},
                 {"total", view.total},
                 {"records", lines},
                 {"now", view.standing},
                 {"frozen", json::parse(freeze_json(view.frozen, view.subject.pipeline))}};
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

// To the second: a whole second needs no milliseconds.
std::string when(Instant at) {
  return to_iso(std::chrono::floor<std::chrono::seconds>(at)).substr(0, 19) + "Z";
}

std::string sequences(const ledger::StoryLine& line) {
  return line.first == line.last ? fmt::format("#{}", line.first)
                                 : fmt::format("#{}-{}", line.first, line.last);
}

}  // namespace

std::string name_of(const ledger::Subject& subject) {
  if (const auto* chunk = std::get_if<ledger::ChunkSubject>(&subject.what))
    return subject.pipeline + "/" + to_short_iso(chunk->start);
  if (const auto* repair = std::get_if<ledger::RepairSubject>(&subject.what))
    return repair->task.empty() ? subject.pipeline + "/" + repair->repair : repair->task;
  if (const auto* drift = std::get_if<ledger::DriftSubject>(&subject.what))
    return fmt::format("{}/{}{}", subject.pipeline, to_string(drift->kind),
                       drift->object.empty() ? "" : "/" + drift->object);
  return subject.pipeline;
}

std::string show_explain(const ExplainView& view, const Console& console) {
  if (console.json()) return as_json(view);
  const Style& style = console.style;
  std::string text = show_freezes(view.frozen, console);
  const std::int64_t older = view.total - std::ssize(view.lines);
  if (older > 0)
    text += style.paint(Tone::faint, fmt::format("{} before these; --limit 0 shows all",
                                                 counted(older, "line"))) +
            "\n";
  constexpr int room_for_text = 60;
  const bool narrow = console.out.columns > 0 && console.out.columns < 36 + room_for_text;
  for (const auto& line : view.lines) {
    const std::string head = fmt::format("{}  {}", when(line.from), sequences(line));
    const std::string padded = pad_right(head, 36);
    text += style.paint(Tone::faint, narrow ? head : padded);
    text += narrow
                ? "\n  " + wrapped(printable(line.text), console.out.columns, 2, 2)
                : wrapped(printable(line.text), console.out.columns, 36, display_columns(padded));
    text += "\n";
  }
  if (view.lines.empty()) text += "the ledger holds no record of it\n";
  return text +
         style.paint(Tone::strong,
                     wrapped("now: " + printable(view.standing), console.out.columns, 2)) +
         "\n";
}

}  // namespace henge::cli
