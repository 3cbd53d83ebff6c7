#include "cli/wait_view.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "cli/text_width.h"

namespace henge::cli {
namespace {

using json = nlohmann::ordered_json;

// More chunks than these are not listed one by one.
constexpr std::size_t listed_max = 20;
constexpr std::size_t listed_json_max = 1000;

std::string wait_json(const WaitView& view) {
  json behind = json::array();
  for (const auto& chunk : view.readiness.behind) {
    if (behind.size() == listed_json_max) break;
    behind.push_back({{"chunk", to_iso(chunk.chunk)},
                      {"state", chunk.state.empty() ? json(nullptr) : json(chunk.state)},
                      {"why", chunk.why}});
  }
  const json body{{"frozen", json::parse(freeze_json(view.frozen, view.pipeline))},
                  {"pipeline", view.pipeline},
                  {"interval", to_iso(view.interval)},
                  {"until", to_string(view.until)},
                  {"ready", view.readiness.ready()},
                  {"timed_out", view.timed_out},
                  {"waited_ms", view.waited.count()},
                  {"chunks", view.readiness.chunks},
                  {"ready_chunks", view.readiness.ready_chunks},
                  {"rows", view.readiness.rows},
                  {"behind", behind},
                  {"why", view.readiness.why},
                  {"serving", view.serving}};
  return body.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string missing_text(const late::Readiness& readiness, late::Until until) {
  if (readiness.behind.empty()) return readiness.why;
  const late::ChunkBehind& oldest = readiness.behind.front();
  return fmt::format("{} is not {}: {}", to_short_iso(oldest.chunk), to_string(until), oldest.why);
}

std::string show_wait(const WaitView& view, const Console& console) {
  if (console.json()) return wait_json(view);
  const Style& style = console.style;
  const late::Readiness& seen = view.readiness;
  const std::string what = fmt::format("{} {}/{}", view.pipeline, to_short_iso(view.interval.start),
                                       to_short_iso(view.interval.end));
  std::string text = show_freezes(view.frozen, console);
  if (seen.ready())
    return text + style.paint(Tone::good, fmt::format("{} is {}", what, to_string(view.until))) +
           fmt::format(": {}, {} in Druid by the last counts\n", counted(seen.chunks, "chunk"),
                       counted(seen.rows, "row"));
  text += style.paint(Tone::bad, fmt::format("{} is not {}", what, to_string(view.until))) +
          fmt::format(" after {}: {} of {} are\n", humanize(view.waited),
                      thousands(seen.ready_chunks), counted(seen.chunks, "chunk"));
  if (!seen.why.empty()) text += "  " + wrapped(seen.why, console.out.columns, 2, 2) + "\n";
  Table table(
      {{"CHUNK", Align::left, 0, 0}, {"STATE", Align::left, 1, 0}, {"WHY", Align::left, 0, 20}});
  for (std::size_t i = 0; i < std::min(seen.behind.size(), listed_max); ++i) {
    const late::ChunkBehind& chunk = seen.behind[i];
    table.add({{to_short_iso(chunk.chunk), Tone::plain},
               {chunk.state.empty() ? "-" : chunk.state, Tone::plain},
               {chunk.why, Tone::plain}});
  }
  if (table.rows() > 0) text += table.render(console.out.columns, style);
  if (seen.behind.size() > listed_max)
    text += style.paint(Tone::faint, fmt::format("and {} more\n",
                                                 thousands(std::ssize(seen.behind) -
                                                           static_cast<std::int64_t>(listed_max))));
  if (!view.serving)
    text += style.paint(Tone::warn, "no henge serves this ledger: nothing will move\n");
  return text;
}

}  // namespace henge::cli
