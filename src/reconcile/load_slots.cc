#include "reconcile/load_slots.h"

#include <fmt/format.h>

#include <algorithm>

namespace henge::reconcile {

using ledger::LoadState;
using ledger::PartPhase;

namespace {

constexpr std::int64_t priority_most = 1'000;  // as the router takes it

Millis estimated(std::int64_t rows, const route::RouteLimits& limits) {
  const double seconds = static_cast<double>(rows < 0 ? limits.single_rows_max : rows) /
                         std::max(1.0, limits.rows_per_slot_second);
  return limits.task_overhead + Millis(static_cast<std::int64_t>(seconds * 1000));
}

const ledger::LoadPartPlan* plan_of(const LoadState& load, std::size_t part) {
  return load.route && part < load.route->parts.size() ? &load.route->parts[part] : nullptr;
}

std::string task_name(const std::string& pipeline, const LoadState& load, std::size_t part) {
  return fmt::format("{}/{}/{}", pipeline, load.intent.load, part);
}

int slots_of(const LoadState& load) {
  return load.route ? load.route->slots() : 1;
}

bool waits(PartPhase phase) {
  return phase == PartPhase::waiting || phase == PartPhase::absent;
}
bool runs(PartPhase phase) {
  return phase == PartPhase::intended || phase == PartPhase::accepted;
}

}  // namespace

Millis part_duration(const LoadState& load, std::size_t part, const route::RouteLimits& limits) {
  const auto* plan = plan_of(load, part);
  return plan ? plan->duration : estimated(load.intent.parts[part].rows, limits);
}

route::WaitingTask waiting_task(const std::string& pipeline, const std::string& datasource,
                                const LoadState& load, std::size_t part,
                                const route::RouteLimits& limits) {
  const LoadRequest& request = load.intent.request;
  route::WaitingTask task;
  task.id = task_name(pipeline, load, part);
  task.datasource = datasource;
  task.priority =
      static_cast<int>(std::clamp<std::int64_t>(request.priority, -priority_most, priority_most));
  task.submitted_at = task.ready_at = load.requested_at;
  task.deadline = request.deadline;
  task.slots = slots_of(load);
  task.duration = part_duration(load, part, limits);
  if (const auto* plan = plan_of(load, part)) task.planned = plan->start;
  return task;
}

std::optional<double> measured_rate(const ledger::PipelineState& state) {
  constexpr std::int64_t rows_min = 100'000;
  constexpr int tasks_max = 8;
  int tasks = 0;
  double rows = 0, seconds = 0;
  for (auto load = state.loads.rbegin(); load != state.loads.rend(); ++load) {
    for (std::size_t i = 0; i < load->second.parts.size() && tasks < tasks_max; ++i) {
      const ledger::LoadPartState& part = load->second.parts[i];
      const std::int64_t counted = load->second.intent.parts[i].rows;
      if (part.phase != PartPhase::counted || !part.ran || counted < rows_min) continue;
      ++tasks;
      rows += static_cast<double>(counted);
      seconds += static_cast<double>(part.ran->count()) / 1000 * slots_of(load->second);
    }
  }
  if (tasks == 0) return std::nullopt;
  return rows / std::max(seconds, 1.0);
}

LoadsUnderWay loads_under_way(const ledger::State& ledger,
                              const std::map<std::string, std::string>& datasources,
                              const route::RouteLimits& limits) {
  LoadsUnderWay out;
  for (const auto& [name, state] : ledger.pipelines) {
    const auto known = datasources.find(name);
    const std::string& datasource = known == datasources.end() ? name : known->second;
    for (const auto& [id, load] : state.loads) {
      if (!load.open() || load.cancel) continue;
      for (std::size_t i = 0; i < load.parts.size(); ++i)
        if (waits(load.parts[i].phase))
          out.waiting.push_back(waiting_task(name, datasource, load, i, limits));
    }
  }
  out.running = load_slots(ledger, datasources, limits).running;
  return out;
}

LoadSlots load_slots(const ledger::State& ledger,
                     const std::map<std::string, std::string>& datasources,
                     const route::RouteLimits& limits) {
  LoadSlots out;
  for (const auto& [name, state] : ledger.pipelines) {
    const auto known = datasources.find(name);
    const std::string& datasource = known == datasources.end() ? name : known->second;
    for (const auto& [id, load] : state.loads) {
      if (!load.open()) continue;
      for (std::size_t i = 0; i < load.parts.size(); ++i) {
        out.waits = out.waits || waits(load.parts[i].phase);
        if (runs(load.parts[i].phase))
          out.running.push_back({task_name(name, load, i), datasource, slots_of(load),
                                 load.parts[i].changed_at + part_duration(load, i, limits)});
      }
    }
  }
  return out;
}

}  // namespace henge::reconcile
