#include "route/timing.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

namespace henge::route {
namespace {

// Everything that does not depend on how wide the tasks are.
struct Setting {
  const RouteRequest& request;
  const ClusterView& view;
  const RouteLimits& limits;
  const EngineChoice& engine;
  const Route& route;
  SlotBudget budget;  // of what is there now
  double rate = 1;    // rows a slot and second
  Instant now{};
  Instant ready_at{};
};

int running_slots(const ClusterView& view) {
  return std::accumulate(view.running.begin(), view.running.end(), 0,
                         [](int sum, const RunningTask& task) { return sum + task.slots; });
}

// What the cluster could ever give to one task of the datasource.
int slots_ever(const RouteRequest& request, const ClusterView& view, const RouteLimits& limits) {
  const int cluster = std::max(view.capacity.total - view.capacity.kept_for_stream,
                               std::min(view.capacity.total, 2));
  return std::min({cluster, limits.budget.slots_max, limits.budget.of(request.datasource)});
}

Millis duration_of(const TaskRoute& task, int sub_tasks, const Setting& at) {
  const auto rows = static_cast<double>(task.rows.value_or(at.limits.single_rows_max));
  const double seconds = rows * at.engine.passes / (at.rate * std::max(1, sub_tasks));
  constexpr double week_s = 7 * 86'400;  // beyond, the estimate says nothing but "long"
  return at.limits.task_overhead +
         Millis(static_cast<std::int64_t>(std::min(seconds, 52 * week_s) * 1000));
}

// The load at one width: what its tasks take, and what the schedule makes of them.
struct Draft {
  int sub_tasks = 1;
  Engine engine = Engine::single;
  std::vector<WaitingTask> tasks = {};
  Feasibility seen = {};
};

Draft draft_of(Engine engine, int sub_tasks, const Setting& at) {
  Draft draft{.sub_tasks = sub_tasks, .engine = engine};
  for (const TaskRoute& task : at.route.tasks) {
    WaitingTask waiting{.id = fmt::format("{}/{}", at.request.id, draft.tasks.size()),
                        .datasource = at.request.datasource,
                        .priority = at.request.priority,
                        .submitted_at = at.request.submitted_at,
                        .ready_at = at.ready_at,
                        .deadline = at.request.deadline,
                        .slots = slots_of(engine, sub_tasks)};
    waiting.duration = duration_of(task, sub_tasks, at);
    if (at.route.lane == Lane::window && waiting.deadline)
      *waiting.deadline -= at.limits.window_overhead / 2;  // streaming has to be back by then
    draft.tasks.push_back(std::move(waiting));
  }
  draft.seen = test_feasibility(draft.tasks, at.view.waiting, at.view.running, at.budget, at.now);
  return draft;
}

// The better of two widths: nobody made late, in time, done early, few slots.
auto rank(const Draft& draft) {
  return std::tuple(draft.seen.made_late.size(), !draft.seen.in_time,
                    draft.seen.finish.value_or(Instant::max()), draft.sub_tasks);
}

// Half as many again and again, down to what the engine needs; one slot alone where that will do.
std::vector<std::pair<Engine, int>> widths(const EngineChoice& engine, int slots_max,
                                           bool insisted) {
  if (engine.engine == Engine::single) return {{Engine::single, 1}};
  std::vector<std::pair<Engine, int>> found = {};
  for (int width = std::min(engine.sub_tasks_wanted, slots_max - 1); width >= engine.sub_tasks_min;
       width /= 2)
    found.emplace_back(engine.engine, width);
  if (engine.sub_tasks_min > 1 && !insisted) found.emplace_back(Engine::single, 1);
  return found;
}

Draft best_draft(const Setting& at, int slots_max) {
  std::optional<Draft> best = {};
  for (const auto& [engine, width] : widths(at.engine, slots_max, at.request.engine.has_value())) {
    Draft draft = draft_of(engine, width, at);
    if (!best || rank(draft) < rank(*best)) best = std::move(draft);
  }
  if (!best) best = draft_of(at.engine.engine, at.engine.sub_tasks_min, at);
  return std::move(*best);
}

void take(const Draft& draft, const Setting& at, Route& route) {
  for (std::size_t i = 0; i < route.tasks.size(); ++i) {
    TaskRoute& task = route.tasks[i];
    task.engine = draft.engine;
    task.sub_tasks = draft.sub_tasks;
    task.slots = draft.tasks[i].slots;
    task.duration = draft.tasks[i].duration;
    task.start = draft.seen.placements[i].start;
    task.finish = draft.seen.placements[i].finish;
  }
  route.start = draft.seen.start;
  route.finish = draft.seen.finish;
  if (route.lane != Lane::window) return;
  const Millis half = at.limits.window_overhead / 2;
  if (route.start) *route.start -= half;  // when streaming is suspended
  if (route.finish) *route.finish += half;
}

void say_width(const Draft& draft, const Setting& at, int slots_ever_max,
               std::vector<Reason>& reasons) {
  const bool narrowed =
      at.engine.engine != Engine::single &&
      (draft.engine == Engine::single || draft.sub_tasks < at.engine.sub_tasks_wanted);
  if (narrowed)
    reasons.push_back({.code = Code::slots_few,
                       .weight = Weight::shapes,
                       .numbers = {{"sub_tasks", draft.sub_tasks},
                                   {"sub_tasks_wanted", at.engine.sub_tasks_wanted},
                                   {"slots_for_loads", at.budget.slots_max}},
                       .sentence = fmt::format("{} sub-tasks instead of {}: so it is done soonest "
                                               "with the slots there are",
                                               draft.sub_tasks, at.engine.sub_tasks_wanted)});
  const int least = slots_of(draft.engine, draft.sub_tasks);
  if (at.view.capacity.total > 0 && least > slots_ever_max)
    reasons.push_back({.code = Code::slots_never_enough,
                       .weight = Weight::refuses,
                       .numbers = {{"slots_needed", least}, {"slots_ever", slots_ever_max}},
                       .sentence = fmt::format("it needs {} slots at once, and never gets more "
                                               "than {}",
                                               least, slots_ever_max),
                       .remedy = "more worker capacity, a larger budget, or hashed partitions"});
}

// Why the first task does not start at once.
void say_start(const Draft& draft, const Setting& at, std::vector<Reason>& reasons) {
  if (draft.seen.start && *draft.seen.start <= at.ready_at) return;
  Reason reason{.code = Code::slots_busy, .weight = Weight::waits};
  const Feasibility alone = test_feasibility(draft.tasks, {}, at.view.running, at.budget, at.now);
  if (alone.start && *alone.start <= at.ready_at) reason.code = Code::others_first;
  reason.numbers = {{"slots_needed", draft.tasks.front().slots},
                    {"slots_for_loads", at.budget.slots_max},
                    {"waiting", std::ssize(at.view.waiting)}};
  reason.sentence =
      reason.code == Code::others_first
          ? fmt::format("{} tasks of other loads wait, and some go first", at.view.waiting.size())
          : fmt::format(
                "{} slots are needed; workers have {}, {} in use and {} "
                "queued for",
                draft.tasks.front().slots, at.view.capacity.total, at.view.capacity.used,
                at.view.capacity.queued);
  if (draft.seen.start) {
    reason.numbers.push_back({"start_ms", to_ms(*draft.seen.start)});
    reason.sentence += fmt::format("; a start is expected {}", to_short_iso(*draft.seen.start));
  }
  reasons.push_back(std::move(reason));
}

void say_rate(const Setting& at, std::vector<Reason>& reasons) {
  if (at.view.rows_per_slot_second) return;
  reasons.push_back(
      {.code = Code::rate_assumed,
       .weight = Weight::notes,
       .numbers = {{"rows_per_slot_second",
                    static_cast<std::int64_t>(at.limits.rows_per_slot_second)}},
       .sentence = fmt::format("no load of this datasource was measured yet: {} rows a second and "
                               "slot are assumed",
                               at.limits.rows_per_slot_second)});
}

void say_deadline(Instant now, Route& route) {
  if (!route.deadline) return;
  const Instant deadline = *route.deadline;
  Reason reason{.code = Code::deadline_met,
                .weight = Weight::notes,
                .numbers = {{"deadline_ms", to_ms(deadline)}}};
  route.in_time = route.finish && *route.finish <= deadline;
  if (!route.in_time) reason.code = Code::deadline_missed;
  if (!route.finish) {
    reason.sentence = fmt::format("it can't be said when it would be done; the deadline is {}",
                                  to_short_iso(deadline));
  } else {
    const Millis spare = deadline - *route.finish;
    reason.numbers.push_back({"finish_ms", to_ms(*route.finish)});
    reason.numbers.push_back({"spare_ms", spare.count()});
    reason.sentence = fmt::format("done at the earliest in {}, {} {} the deadline",
                                  humanize(std::max(Millis(0), *route.finish - now)),
                                  humanize(spare < Millis(0) ? -spare : spare),
                                  route.in_time ? "before" : "after");
  }
  route.reasons.push_back(std::move(reason));
}

void say_others(const Draft& draft, std::vector<Reason>& reasons) {
  const auto& late = draft.seen.made_late;
  if (late.empty()) return;
  reasons.push_back({.code = Code::makes_others_late,
                     .weight = Weight::notes,
                     .numbers = {{"tasks", std::ssize(late)}},
                     .sentence = fmt::format("{} waiting tasks would be late because of it, {} the "
                                             "first",
                                             late.size(), late.front())});
}

void check_window(const RouteLimits& limits, Route& route) {
  if (route.lane != Lane::window || !route.start || !route.finish) return;
  const Millis stands = *route.finish - *route.start;
  if (stands <= limits.window_max) return;
  route.reasons.push_back(
      {.code = Code::window_too_long,
       .weight = Weight::refuses,
       .numbers = {{"window_ms", stands.count()}, {"window_max_ms", limits.window_max.count()}},
       .sentence = fmt::format("streaming would stand for {}, and may for {}", humanize(stands),
                               humanize(limits.window_max)),
       .remedy = "shorter intervals, or concurrent locks on all writers"});
}

Setting setting_of(const RouteRequest& request, const ClusterView& view, const RouteLimits& limits,
                   const EngineChoice& engine, Instant now, const Route& route) {
  Setting at{.request = request,
             .view = view,
             .limits = limits,
             .engine = engine,
             .route = route,
             .budget = limits.budget,
             .now = now,
             .ready_at = now};
  at.budget.slots_max = std::min(at.budget.slots_max, view.capacity.for_loads(running_slots(view)));
  at.rate = std::max(1.0, view.rows_per_slot_second.value_or(limits.rows_per_slot_second));
  if (view.deep_storage.state == Health::State::slow) at.rate *= limits.slow_factor;
  if (route.lane != Lane::window) return at;
  if (view.windows.planned && !view.windows.open && view.windows.opens_next)
    at.ready_at = std::max(now, *view.windows.opens_next);
  at.ready_at += limits.window_overhead / 2;
  return at;
}

}  // namespace

std::vector<Reason> judge_cluster(const ClusterView& view) {
  std::vector<Reason> reasons = {};
  const auto add = [&](Code code, Weight weight, std::string sentence) {
    reasons.push_back({.code = code, .weight = weight, .sentence = std::move(sentence)});
  };
  switch (view.deep_storage.state) {
    case Health::State::ok:
      break;
    case Health::State::slow:
      add(Code::deep_storage_slow, Weight::notes, "deep storage is slow: " + view.deep_storage.why);
      break;
    case Health::State::failing:
      add(Code::deep_storage_failing, Weight::waits,
          "deep storage fails, no task could publish: " + view.deep_storage.why);
      break;
    case Health::State::unknown:
      add(Code::deep_storage_unknown, Weight::notes,
          "whether deep storage works is not known: " + view.deep_storage.why);
      break;
  }
  switch (view.overlord.state) {
    case Health::State::ok:
    case Health::State::unknown:
      break;
    case Health::State::slow:
      add(Code::overlord_slow, Weight::notes, "the Overlord is slow: " + view.overlord.why);
      break;
    case Health::State::failing:
      add(Code::overlord_refusing, Weight::waits,
          "the Overlord takes no tasks now: " + view.overlord.why);
      break;
  }
  if (view.capacity.total <= 0) add(Code::no_workers, Weight::waits, "no worker is there");
  return reasons;
}

void time_route(const RouteRequest& request, const ClusterView& view, const RouteLimits& limits,
                const EngineChoice& engine, Instant now, Route& route) {
  const Setting at = setting_of(request, view, limits, engine, now, route);
  const int ever = slots_ever(request, view, limits);
  const Draft draft = best_draft(at, ever);
  take(draft, at, route);
  say_rate(at, route.reasons);
  say_width(draft, at, ever, route.reasons);
  if (view.capacity.total > 0) say_start(draft, at, route.reasons);
  check_window(limits, route);
  say_deadline(now, route);
  say_others(draft, route.reasons);
  if (route.start && *route.start > now) route.not_before = route.start;
}

}  // namespace henge::route
