// What a route is decided from, put together from the ledger and from what Druid answered. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "late/count.h"
#include "ledger/state.h"
#include "model/druid.h"
#include "model/pipeline.h"
#include "route/request.h"

namespace henge::reconcile {

// Everything was answered; what could not be observed is not here, and no view is made then.
struct ClusterAnswers {
  std::string version;                         // of the Overlord; may be empty
  std::vector<SupervisorListing> supervisors;  // of all datasources
  // Of the datasource's supervisors, newest first.
  std::map<std::string, std::vector<SupervisorVersion>> histories;
  int partitions = 0;             // of the topic; 0: not known
  std::vector<TaskStatus> tasks;  // active ones of all datasources
  std::vector<TaskLock> locks;    // of the datasource
  Workers workers;
  std::map<std::string, JsonText> compaction;  // by datasource
  std::vector<Rule> rules;                     // that apply to the datasource
  std::map<Instant, late::Reading> readings;   // of the interval's chunks
  std::set<Instant> unused;                    // chunks that have unused segments
};

// `pipeline` is declared in `ledger`. The interval lies on chunk borders.
route::ClusterView cluster_view(const ledger::State& ledger, const Pipeline& pipeline,
                                const ClusterAnswers& answers, const std::vector<Interval>& chunks,
                                const route::RouteLimits& limits, Instant now);

// Slots that supervisors need beside those they have, to roll over.
int kept_for_stream(const std::vector<SupervisorListing>& supervisors);

}  // namespace henge::reconcile
