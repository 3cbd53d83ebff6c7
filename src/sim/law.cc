#include "sim/law.h"

#include "scan/delta_file.h"

namespace henge::sim {

std::size_t Witness::subject_of(const std::string& pipeline) const {
  for (std::size_t i = 0; i < scenario.subjects.size(); ++i)
    if (scenario.subjects[i].pipeline.name == pipeline) return i;
  invariant(false, "a pipeline of the ledger is one of the scenario's");
  return 0;
}

const ledger::PipelineState* Witness::find(const std::string& pipeline) const {
  const auto known = ledger.pipelines.find(pipeline);
  return known == ledger.pipelines.end() ? nullptr : &known->second;
}

std::vector<RowId> Witness::rows_of(const std::string& pipeline,
                                    const std::vector<scan::Extent>& extents) const {
  std::vector<RowId> ids;
  const scan::DeltaFolder folder{state_folder + "/delta/" + pipeline, pipeline};
  for (const auto& extent : extents) {
    const auto bytes = scan::read_extent(folder, extent);
    if (!bytes) continue;  // another law sees that rows are missing
    const auto entries = scan::parse_entries(*bytes);
    if (!entries) continue;
    for (const auto& entry : *entries) ids.push_back(row_id(entry.bytes));
  }
  return ids;
}

std::vector<std::unique_ptr<Law>> all_laws() {
  std::vector<std::unique_ptr<Law>> laws;
  laws.push_back(exactly_once());
  laws.push_back(intent_before_effect());
  laws.push_back(same_id_same_bytes());
  laws.push_back(unknown_is_not_failed());
  laws.push_back(one_writer_per_chunk());
  laws.push_back(suspended_gets_resumed());
  laws.push_back(never_an_empty_replace());
  laws.push_back(level_not_edge());
  laws.push_back(refuse_loudly());
  laws.push_back(shared_house());
  laws.push_back(all_is_settled());
  laws.push_back(hands_off());
  laws.push_back(drift_is_true());
  laws.push_back(loss_is_said());
  laws.push_back(loads_are_done());
  return laws;
}

}  // namespace henge::sim
