// What always has to hold, whatever goes wrong. One file for each law in sim/invariants/; each sees
// the truth, which henge does not.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/shell.h"
#include "ledger/journal.h"
#include "sim/druid_twin.h"
#include "sim/loads.h"
#include "sim/producer.h"
#include "sim/scenario.h"
#include "sim/sim_druid.h"

namespace henge::sim {

// What the laws may look at.
struct Witness {
  const VirtualTime& time;
  DruidTwin& druid;
  const Scenario& scenario;
  const Producers& producers;
  // The fold of what is durable, made apart from henge's own.
  const ledger::State& ledger;
  // What the running process believes; null while none runs.
  std::function<const ledger::Journal*()> journal;
  std::string state_folder;
  // What lasts and is shown; null while none runs.
  std::function<const daemon::Troubles*()> troubles;
  const HandLoads& loads;

  // The subject of that pipeline.
  [[nodiscard]] std::size_t subject_of(const std::string& pipeline) const;
  [[nodiscard]] const ledger::PipelineState* find(const std::string& pipeline) const;
  // Identities of the rows in some extents, read from the delta files.
  [[nodiscard]] std::vector<RowId> rows_of(const std::string& pipeline,
                                           const std::vector<scan::Extent>& extents) const;
};

// Nothing, or what is not as it should be.
using Finding = std::optional<std::string>;

class Law {
 public:
  virtual ~Law() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  // An event has become durable; the witness's ledger holds it already.
  virtual Finding on_event(const Witness&, const ledger::Event&) { return {}; }
  // A request leaves henge.
  virtual Finding on_sent(const Witness&, const Call&) { return {}; }
  // A request reaches Druid; nothing has been done yet.
  virtual Finding on_arrival(const Witness&, const Call&) { return {}; }
  // After each step of anything.
  virtual Finding on_step(const Witness&) { return {}; }
  // Every simulated minute.
  virtual Finding on_minute(const Witness&) { return {}; }
  // Henge was told something wrong, and took it or not.
  virtual Finding on_wrong_apply(const Witness&, bool /*refused*/, bool /*changed*/) { return {}; }
  // The time has come at which all has to be settled.
  virtual Finding at_end(const Witness&) { return {}; }
};

std::vector<std::unique_ptr<Law>> all_laws();

// One of each file in sim/invariants/.
std::unique_ptr<Law> exactly_once();
std::unique_ptr<Law> intent_before_effect();
std::unique_ptr<Law> same_id_same_bytes();
std::unique_ptr<Law> unknown_is_not_failed();
std::unique_ptr<Law> one_writer_per_chunk();
std::unique_ptr<Law> suspended_gets_resumed();
std::unique_ptr<Law> never_an_empty_replace();
std::unique_ptr<Law> level_not_edge();
std::unique_ptr<Law> refuse_loudly();
std::unique_ptr<Law> shared_house();
std::unique_ptr<Law> all_is_settled();
std::unique_ptr<Law> hands_off();
std::unique_ptr<Law> drift_is_true();
std::unique_ptr<Law> loss_is_said();
std::unique_ptr<Law> loads_are_done();

}  // namespace henge::sim
