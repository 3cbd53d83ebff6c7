#include "cli/freeze_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/moment.h"
#include "cli/text_width.h"

namespace henge::cli {
namespace {

using json = nlohmann::ordered_json;

std::string dump(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

FreezeNote note_of(const std::string& pipeline, const ledger::Freeze& freeze) {
  return {pipeline, freeze.by, freeze.reason, freeze.at};
}

std::string named(const std::string& pipeline) {
  return pipeline.empty() ? "everything" : pipeline;
}

}  // namespace

std::vector<FreezeNote> freezes_of(const ledger::State& state,
                                   const std::optional<std::string>& pipeline) {
  std::vector<FreezeNote> notes;
  if (state.frozen) notes.push_back(note_of("", *state.frozen));
  for (const auto& [name, known] : state.pipelines)
    if (known.frozen && !known.released && (!pipeline || *pipeline == name))
      notes.push_back(note_of(name, *known.frozen));
  return notes;
}

std::string show_freezes(const std::vector<FreezeNote>& notes, const Console& console) {
  std::string text;
  for (const auto& note : notes) {
    const std::string line = fmt::format(
        "FROZEN: {} by {} since {}: {} (`henge unfreeze{}` lets it go on)", named(note.pipeline),
        note.by.empty() ? "somebody" : note.by, to_the_second(note.since),
        note.reason.empty() ? "no reason given" : note.reason,
        note.pipeline.empty() ? "" : " " + note.pipeline);
    text += console.style.paint(Tone::bad, wrapped(printable(line), console.out.columns, 2)) + "\n";
  }
  return text;
}

std::string freeze_json(const std::vector<FreezeNote>& notes, const std::string& pipeline) {
  const auto is = [&](const std::string& name) {
    return std::ranges::find(notes, name, &FreezeNote::pipeline);
  };
  auto found = is(pipeline);
  if (found == notes.end()) found = is("");
  if (found == notes.end()) return "null";
  json out{{"pipeline", nullptr},
           {"by", found->by},
           {"reason", found->reason},
           {"since", to_iso(found->since)}};
  if (!found->pipeline.empty()) out["pipeline"] = found->pipeline;
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string show_freeze_answer(const FreezeAnswer& answer, const Console& console) {
  if (console.json()) {
    json out{{"pipeline", nullptr}, {"frozen", answer.frozen}, {"changed", answer.changed}};
    if (!answer.pipeline.empty()) out["pipeline"] = answer.pipeline;
    return dump(out);
  }
  const std::string what = named(answer.pipeline);
  if (answer.frozen)
    return fmt::format("{} is frozen: henge scans and counts on, and acts on nothing\n", what);
  return answer.changed ? fmt::format("{} is not frozen any more\n", what)
                        : fmt::format("{} was not frozen\n", what);
}

ReleaseView release_view(const std::string& name, const std::string& datasource,
                         const ledger::PipelineState& state, bool terminate) {
  ReleaseView view{name, datasource, terminate, 0, {}};
  for (const auto& [start, chunk] : state.chunks) view.waiting += chunk.waiting_rows();
  for (const auto& [id, repair] : state.repairs)
    if (repair.phase != ledger::RepairPhase::confirmed) view.repairs.push_back(id);
  return view;
}

std::string show_release_plan(const ReleaseView& view, const Console& console) {
  if (console.json())
    return dump({{"pipeline", view.pipeline},
                 {"released", false},
                 {"supervisor", view.terminate ? "terminated" : "kept"},
                 {"late_rows_waiting", view.waiting},
                 {"repairs_under_way", view.repairs}});
  const Style& style = console.style;
  const auto line = [&](const std::string& text) {
    return "      " + wrapped(printable(text), console.out.columns, 6, 6) + "\n";
  };
  std::string text = fmt::format("  {} {}  henge will let it go\n",
                                 style.paint(tone_of(Change::remove), symbol(Change::remove)),
                                 style.paint(Tone::strong, view.pipeline));
  if (view.terminate)
    text +=
        style.paint(Tone::warn, line(fmt::format("supervisor '{}' is terminated: its tasks "
                                                 "publish what they read, and nothing reads the "
                                                 "topic any more",
                                                 view.datasource)));
  else
    text += line(fmt::format(
        "supervisor '{}' stays as it is; its late rows are dropped from now on", view.datasource));
  text += line("segments and the ledger's record stay; nothing is scanned, counted or repaired");
  if (view.waiting > 0)
    text += style.paint(Tone::warn, line(fmt::format("{} that wait for a repair stay out of Druid",
                                                     counted(view.waiting, "late row"))));
  if (!view.repairs.empty())
    text += style.paint(Tone::warn, line(fmt::format("{} under way will not be counted: {}",
                                                     counted(std::ssize(view.repairs), "repair"),
                                                     fmt::join(view.repairs, ", "))));
  return text;
}

std::string show_release_answer(const ReleaseAnswer& answer, const Console& console) {
  if (console.json())
    return dump({{"pipeline", answer.pipeline},
                 {"released", true},
                 {"supervisor", answer.supervisor},
                 {"changed", answer.changed}});
  return fmt::format("{}: {}released, its supervisor was {}\n", answer.pipeline,
                     answer.changed ? "" : "was already ", answer.supervisor);
}

}  // namespace henge::cli
