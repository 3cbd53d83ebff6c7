#include "cli/route_view.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/moment.h"
#include "cli/table.h"
#include "cli/text_width.h"

namespace henge::cli {
namespace {

using json = nlohmann::ordered_json;
using route::Code;
using route::Reason;
using route::TaskRoute;
using route::Weight;
using route::When;

// More tasks than these are not listed one by one for people.
constexpr std::size_t listed_max = 20;

json moment_json(const std::optional<Instant>& at) {
  return at ? json(to_iso(*at)) : json(nullptr);
}

json reason_json(const Reason& reason) {
  json numbers = json::object();
  for (const route::Number& number : reason.numbers) numbers[number.name] = number.value;
  json chunks = json::array();
  for (const Interval& chunk : reason.chunks) chunks.push_back(to_iso(chunk));
  return {{"code", route::to_string(reason.code)},
          {"weight", route::to_string(reason.weight)},
          {"sentence", reason.sentence},
          {"remedy", reason.remedy},
          {"numbers", numbers},
          {"chunks", chunks}};
}

json task_json(const TaskRoute& task) {
  return {{"interval", to_iso(task.interval)},
          {"chunks", task.chunks.size()},
          {"rows", task.rows ? json(*task.rows) : json(nullptr)},
          {"engine", route::to_string(task.engine)},
          {"sub_tasks", task.sub_tasks},
          {"slots", task.slots},
          {"duration_ms", task.duration.count()},
          {"ready", task.ready},
          {"start", moment_json(task.start)},
          {"finish", moment_json(task.finish)}};
}

std::string route_json(const RouteView& view) {
  json tasks = json::array();
  for (const TaskRoute& task : view.route.tasks) tasks.push_back(task_json(task));
  json reasons = json::array();
  for (const Reason& reason : view.route.reasons) reasons.push_back(reason_json(reason));
  const json body{{"frozen", json::parse(freeze_json(view.frozen, view.pipeline))},
                  {"pipeline", view.pipeline},
                  {"mode", to_string(view.request.mode)},
                  {"interval", to_iso(view.request.interval)},
                  {"sources", view.sources},
                  {"when", route::to_string(view.route.when)},
                  {"lane", route::to_string(view.route.lane)},
                  {"not_before", moment_json(view.route.not_before)},
                  {"start", moment_json(view.route.start)},
                  {"finish", moment_json(view.route.finish)},
                  {"deadline", moment_json(view.route.deadline)},
                  {"in_time", view.route.deadline ? json(view.route.in_time) : json(nullptr)},
                  {"tasks", tasks},
                  {"reasons", reasons}};
  return body.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Tone tone_of(When when) {
  switch (when) {
    case When::now:
      return Tone::good;
    case When::later:
      return Tone::warn;
    case When::refused:
      return Tone::bad;
  }
  return Tone::plain;
}
Tone tone_of(Weight weight) {
  switch (weight) {
    case Weight::refuses:
      return Tone::bad;
    case Weight::waits:
      return Tone::warn;
    case Weight::shapes:
      return Tone::info;
    case Weight::notes:
      return Tone::faint;
  }
  return Tone::plain;
}

const char* lane_text(route::Lane lane) {
  switch (lane) {
    case route::Lane::concurrent_append:
      return "appended while streaming goes on";
    case route::Lane::concurrent_replace:
      return "replaced while streaming goes on";
    case route::Lane::window:
      return "in a window: streaming stands meanwhile";
    case route::Lane::refuse:
      return "not at all";
  }
  return "";
}

bool always_shown(const Reason& reason) {
  return reason.weight == Weight::refuses || reason.weight == Weight::waits ||
         reason.code == Code::deadline_missed || reason.code == Code::makes_others_late;
}

std::string tasks_table(const RouteView& view, const Console& console) {
  Table table({{"INTERVAL", Align::left, 0, 0},
               {"CHUNKS", Align::right, 3, 0},
               {"ROWS", Align::right, 0, 0},
               {"ENGINE", Align::left, 0, 0},
               {"SLOTS", Align::right, 1, 0},
               {"TAKES", Align::right, 2, 0},
               {"STARTS", Align::left, 0, 0}});
  const auto& tasks = view.route.tasks;
  for (std::size_t i = 0; i < std::min(tasks.size(), listed_max); ++i) {
    const TaskRoute& task = tasks[i];
    const std::string starts = !task.ready  ? "when its chunks are free"
                               : task.start ? to_the_second(*task.start)
                                            : "not known";
    table.add(
        {{fmt::format("{}/{}", to_short_iso(task.interval.start), to_short_iso(task.interval.end)),
          Tone::plain},
         {thousands(std::ssize(task.chunks)), Tone::plain},
         {task.rows ? thousands(*task.rows) : "?", Tone::plain},
         {task.engine == route::Engine::single
              ? "single"
              : fmt::format("{} x{}", route::to_string(task.engine), task.sub_tasks),
          Tone::plain},
         {thousands(task.slots), Tone::plain},
         {humanize(task.duration), Tone::plain},
         {starts, task.ready ? Tone::plain : Tone::warn}});
  }
  std::string text = table.render(console.out.columns, console.style);
  if (tasks.size() > listed_max)
    text += console.style.paint(
        Tone::faint,
        fmt::format("and {} more\n",
                    thousands(std::ssize(tasks) - static_cast<std::int64_t>(listed_max))));
  return text;
}

std::string reasons_text(const RouteView& view, const Console& console) {
  std::string text;
  for (const Reason& reason : view.route.reasons) {
    if (!view.explain && !always_shown(reason)) continue;
    std::string line = fmt::format("{}: {}", route::to_string(reason.code), reason.sentence);
    if (!reason.remedy.empty()) line += " -> " + reason.remedy;
    text += console.style.paint(tone_of(reason.weight),
                                fmt::format("{:<8}", route::to_string(reason.weight))) +
            wrapped(line, console.out.columns, 8, 8) + "\n";
  }
  return text;
}

}  // namespace

std::string show_route(const RouteView& view, const Console& console) {
  if (console.json()) return route_json(view);
  const route::Route& way = view.route;
  std::string text = show_freezes(view.frozen, console);
  text += fmt::format("{} {} {}/{}: ", to_string(view.request.mode), view.pipeline,
                      to_short_iso(view.request.interval.start),
                      to_short_iso(view.request.interval.end));
  text += console.style.paint(tone_of(way.when), route::to_string(way.when));
  if (way.when != When::refused) text += fmt::format(", {}", lane_text(way.lane));
  text += "\n";
  if (way.finish)
    text += fmt::format("done at the earliest {}{}\n", to_the_second(*way.finish),
                        !way.deadline ? ""
                        : way.in_time ? ", in time for " + to_the_second(*way.deadline)
                                      : ", too late for " + to_the_second(*way.deadline));
  if (!way.tasks.empty()) text += tasks_table(view, console);
  return text + reasons_text(view, console);
}

}  // namespace henge::cli
