// What `route` shows: a route for people, short or with every reason, and as JSON.
#include "cli/route_view.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace henge::cli {
namespace {

using nlohmann::json;
using route::Code;
using route::Weight;

const Instant day = parse_instant("2026-03-01").value();
Instant hour(int h) {
  return day + std::chrono::hours(h);
}

RouteView view_of_two_tasks() {
  RouteView view;
  view.pipeline = "clicks";
  view.request.interval = {hour(8), hour(10)};
  view.sources = {"/a.json"};
  view.route.lane = route::Lane::concurrent_append;
  view.route.when = route::When::now;
  route::TaskRoute task;
  task.interval = {hour(8), hour(9)};
  task.chunks = {task.interval};
  task.rows = 1234;
  task.engine = route::Engine::parallel;
  task.sub_tasks = 3;
  task.slots = 4;
  task.duration = std::chrono::seconds(90);
  task.start = hour(12);
  view.route.tasks.push_back(task);
  task.interval = {hour(9), hour(10)};
  task.chunks = {task.interval};
  task.engine = route::Engine::single;
  task.slots = 1;
  task.ready = false;
  task.start.reset();
  task.rows.reset();
  view.route.tasks.push_back(task);
  view.route.finish = hour(13);
  view.route.deadline = hour(14);
  view.route.reasons = {
      {.code = Code::chunk_busy,
       .weight = Weight::waits,
       .numbers = {{"chunks", 1}},
       .sentence = "a repair is under way",
       .chunks = {{hour(9), hour(10)}}},
      {.code = Code::concurrent_locks, .weight = Weight::shapes, .sentence = "all 3 writers do"}};
  return view;
}

TEST(RouteView, ForPeopleWhatIsInTheWayOnly) {
  EXPECT_EQ(
      show_route(view_of_two_tasks(), Console{}),
      "append clicks 2026-03-01T08:00Z/2026-03-01T10:00Z: now, appended while streaming goes "
      "on\n"
      "done at the earliest 2026-03-01T13:00Z, in time for 2026-03-01T14:00Z\n"
      "INTERVAL                             CHUNKS   ROWS  ENGINE       SLOTS   TAKES  STARTS\n"
      "2026-03-01T08:00Z/2026-03-01T09:00Z       1  1,234  parallel x3      4  1m 30s  "
      "2026-03-01T12:00Z\n"
      "2026-03-01T09:00Z/2026-03-01T10:00Z       1      ?  single           1  1m 30s  "
      "when its chunks are free\n"
      "waits   chunk_busy: a repair is under way\n");
}

TEST(RouteView, ExplainedWithEveryReason) {
  RouteView view = view_of_two_tasks();
  view.explain = true;
  const std::string text = show_route(view, Console{});
  EXPECT_NE(text.find("\nshapes  concurrent_locks: all 3 writers do\n"), std::string::npos) << text;
}

TEST(RouteView, ARefusalWithItsRemedy) {
  RouteView view = view_of_two_tasks();
  view.route = {};
  view.route.reasons = {{.code = Code::input_empty,
                         .weight = Weight::refuses,
                         .sentence = "there is no row",
                         .remedy = "--allow-empty"}};
  EXPECT_EQ(show_route(view, Console{}),
            "append clicks 2026-03-01T08:00Z/2026-03-01T10:00Z: refused\n"
            "refuses input_empty: there is no row -> --allow-empty\n");
}

TEST(RouteView, TooLateIsSaid) {
  RouteView view = view_of_two_tasks();
  view.route.in_time = false;
  view.route.deadline = hour(11);
  EXPECT_NE(show_route(view, Console{}).find("too late for 2026-03-01T11:00Z"), std::string::npos);
}

TEST(RouteView, AsJsonEverythingAlways) {
  Console console;
  console.output = Output::json;
  const json shown = json::parse(show_route(view_of_two_tasks(), console));
  EXPECT_EQ(shown["lane"], "concurrent_append");
  EXPECT_EQ(shown["when"], "now");
  EXPECT_EQ(shown["in_time"], true);
  EXPECT_EQ(shown["start"], nullptr);
  EXPECT_EQ(shown["finish"], "2026-03-01T13:00:00.000Z");
  EXPECT_EQ(shown["tasks"][0]["engine"], "parallel");
  EXPECT_EQ(shown["tasks"][0]["duration_ms"], 90'000);
  EXPECT_EQ(shown["tasks"][1]["rows"], nullptr);
  EXPECT_EQ(shown["tasks"][1]["ready"], false);
  EXPECT_EQ(shown["reasons"].size(), 2U);
  EXPECT_EQ(shown["reasons"][0]["numbers"]["chunks"], 1);
  EXPECT_EQ(shown["reasons"][0]["chunks"][0], "2026-03-01T09:00:00.000Z/2026-03-01T10:00:00.000Z");
  EXPECT_EQ(shown["reasons"][1]["weight"], "shapes");
}

}  // namespace
}  // namespace henge::cli
