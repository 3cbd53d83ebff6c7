// Loads of the ledger as the schedule takes them: what waits, what runs, for how long, on how many
// slots. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/state.h"
#include "route/request.h"

namespace henge::reconcile {

// As it was estimated when the load was routed; by its rows where it was not.
Millis part_duration(const ledger::LoadState& load, std::size_t part,
                     const route::RouteLimits& limits);

// One part as the schedule takes it, its id as task_name() says.
route::WaitingTask waiting_task(const std::string& pipeline, const std::string& datasource,
                                const ledger::LoadState& load, std::size_t part,
                                const route::RouteLimits& limits);

// Rows a second and slot of the pipeline's last large loads, the time that their tasks waited for a
// slot and started in included. Nothing while none was counted: of small ones it says nothing.
std::optional<double> measured_rate(const ledger::PipelineState& state);

// Tasks of loads that wait or run, of all pipelines. `datasources` by pipeline; one that is not
// there has its pipeline's name.
struct LoadsUnderWay {
  std::vector<route::WaitingTask> waiting;
  std::vector<route::RunningTask> running;
};
LoadsUnderWay loads_under_way(const ledger::State& ledger,
                              const std::map<std::string, std::string>& datasources,
                              const route::RouteLimits& limits);

// What runs, and whether anything waits.
struct LoadSlots {
  std::vector<route::RunningTask> running;
  bool waits = false;
};
LoadSlots load_slots(const ledger::State& ledger,
                     const std::map<std::string, std::string>& datasources,
                     const route::RouteLimits& limits);

}  // namespace henge::reconcile
