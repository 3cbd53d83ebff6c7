#include "cli/load_view.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/moment.h"
#include "cli/table.h"
#include "cli/text_width.h"

namespace henge::cli {
namespace {

using json = nlohmann::ordered_json;

std::string dump(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string number(const json& value) {
  return value.is_number_integer() ? thousands(value.get<std::int64_t>()) : "?";
}

std::string text(const json& value) {
  return value.is_string() ? value.get<std::string>() : "-";
}

std::string span(const Interval& interval) {
  return fmt::format("{}/{}", to_short_iso(interval.start), to_short_iso(interval.end));
}

std::string chunk_text(const json& chunk) {
  const auto at = parse_instant(text(chunk));
  return at ? to_short_iso(*at) : text(chunk);
}

Tone tone_of(const std::string& stage) {
  if (stage == "counted") return Tone::good;
  if (stage == "failed") return Tone::bad;
  return stage == "cancelled" ? Tone::faint : Tone::plain;
}

std::string one_line(const std::string& label, const std::string& value) {
  return fmt::format("  {:<12} {}\n", label, printable(value));
}

std::string rows_line(const json& rows) {
  std::string line = number(rows["accepted"]);
  for (const auto& [field, word] :
       {std::pair("outside", "outside the interval"),
        std::pair("filtered", "dropped by the filter"), std::pair("unparseable", "no rows")})
    if (rows[field].get<std::int64_t>() > 0)
      line += fmt::format(", {} {}", number(rows[field]), word);
  return line;
}

std::string asked_tasks(const json& asked) {
  std::string out;
  for (const json& task : asked["tasks"])
    out += one_line("task", fmt::format("{} chunks from {}, {} rows", task["chunks"].size(),
                                        chunk_text(task["chunks"].front()), number(task["rows"])));
  if (asked["finish"].is_string())
    out += one_line("done", fmt::format("at the earliest {}{}", chunk_text(asked["finish"]),
                                        asked["in_time"] == true ? "" : ", too late"));
  return out;
}

}  // namespace

std::string show_loads(const std::vector<ListedLoad>& loads,
                       const std::vector<ListedDocument>& documents, const Console& console) {
  if (console.json()) {
    json out = json::array();
    for (const ListedLoad& l : loads)
      out.push_back(
          json::parse(daemon::load_json(l.pipeline, *l.load, "", daemon::LoadDetail::summary)));
    return dump({{"loads", out}, {"documents", json::parse(documents_json(documents))}});
  }
  const std::string scheduled = show_documents(documents, console);
  if (loads.empty()) return "no loads\n" + scheduled;
  const auto left = [](const char* title, int drop_rank) {
    return Column{title, Align::left, drop_rank, 0};
  };
  Table table({left("PIPELINE", 0),
               left("LOAD", 0),
               left("STAGE", 0),
               left("MODE", 2),
               left("INTERVAL", 3),
               {"ROWS", Align::right, 0, 0},
               {"CHUNKS", Align::right, 1, 0},
               left("ASKED", 4)});
  for (const ListedLoad& l : loads) {
    const daemon::LoadProgress progress = daemon::progress_of(*l.load);
    const std::string stage = ledger::stage_of(*l.load);
    table.add({{printable(l.pipeline), Tone::strong},
               {l.load->intent.load, Tone::plain},
               {stage, tone_of(stage)},
               {to_string(l.load->intent.request.mode), Tone::plain},
               {span(l.load->intent.request.interval), Tone::plain},
               {progress.rows < 0 ? "?" : thousands(progress.rows), Tone::plain},
               {fmt::format("{}/{}", progress.chunks_counted, progress.chunks), Tone::plain},
               {to_the_second(l.load->requested_at), Tone::plain}});
  }
  return table.render(console.out.columns, console.style) + scheduled;
}

std::string show_load(const std::string& answer, const Console& console) {
  const json load = json::parse(answer, nullptr, false);
  if (console.json()) return dump(load);
  const std::string stage = text(load["stage"]);
  std::string out = fmt::format("{} of {}: {}\n", text(load["load"]), text(load["pipeline"]),
                                console.style.paint(tone_of(stage), stage));
  out += one_line("mode", text(load["mode"]));
  out += one_line("interval", text(load["interval"]));
  if (load["as_of"].is_string()) out += one_line("as of", text(load["as_of"]));
  out += one_line("rows", rows_line(load["rows"]));
  out +=
      one_line("counted", fmt::format("{} rows, {} of {} chunks, {} of {} tasks ({})",
                                      number(load["rows_counted"]), number(load["chunks_counted"]),
                                      number(load["chunks"]), number(load["tasks_counted"]),
                                      number(load["tasks_total"]), text(load["proof"])));
  out += one_line("key", text(load["key"]));
  if (load["lane"].is_string()) out += one_line("lane", text(load["lane"]));
  if (const json engine = load.value("engine", json()); engine.is_string())
    out += one_line("engine",
                    engine == "single"
                        ? "single"
                        : fmt::format("{}, {} {} at once", text(engine), number(load["sub_tasks"]),
                                      engine == "msq" ? "workers" : "sub-tasks"));
  for (const json& reason : load.value("reasons", json::array())) out += one_line("", text(reason));
  if (load["waits_for"].is_string()) out += one_line("waits", text(load["waits_for"]));
  if (load["error"].is_string()) out += one_line("error", text(load["error"]));
  for (const json& task : load.value("tasks", json::array())) {
    out += one_line(
        "task", fmt::format("{} {}{}, {} chunks, {} rows", text(task["task"]), text(task["state"]),
                            task["stage"].is_string() ? ", " + text(task["stage"]) : "",
                            task["chunks"].size(), number(task["rows"])));
    if (task["error"].is_string()) out += one_line("", text(task["error"]));
  }
  for (const json& note : load.value("notes", json::array())) out += one_line("note", text(note));
  return out;
}

std::string show_asked(const std::string& answer, const AskedDetail& detail,
                       const Console& console) {
  const json asked = json::parse(answer, nullptr, false);
  if (console.json()) return dump(asked);
  std::string out;
  if (asked["attached"] == true)
    out += fmt::format("{} of {} is this load already\n", text(asked["load"]),
                       text(asked["pipeline"]));
  else if (!detail.dry_run)
    out += fmt::format("{} of {} is accepted\n", text(asked["load"]), text(asked["pipeline"]));
  out += one_line("rows", rows_line(asked["rows"]));
  out += one_line("files", thousands(static_cast<std::int64_t>(asked["files"].size())));
  out += one_line("tasks", thousands(static_cast<std::int64_t>(asked["tasks"].size())));
  if (detail.dry_run)
    for (const json& chunk : asked["chunks"])
      out += one_line(chunk_text(chunk["start"]), number(chunk["rows"]) + " rows");
  if (asked["lane"].is_string()) out += one_line("lane", text(asked["lane"]));
  if (asked["window"].is_string() && !detail.explain) out += one_line("", text(asked["window"]));
  for (const json& reason : asked[detail.explain ? "reasons" : "waits"])
    out += one_line("", text(reason));
  if (detail.explain) out += asked_tasks(asked);
  for (const json& note : asked["notes"]) out += one_line("note", text(note));
  for (const json& bad : asked["bad_lines"]) out += one_line("no row", text(bad));
  if (detail.dry_run) out += "Nothing was loaded.\n";
  return out;
}

}  // namespace henge::cli
