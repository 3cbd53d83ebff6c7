// The rules of drift, one file a group. Inside this folder only: find_drift() puts them together.
#pragma once

#include <string>
#include <vector>

#include "reconcile/drift.h"

namespace henge::reconcile {

// All a rule looks at.
struct Look {
  const DriftInput& input;
  const World& world;
  DriftMemory& memory;

  [[nodiscard]] const std::string& datasource() const { return input.pipeline.datasource; }
  [[nodiscard]] const std::string& supervisor() const { return supervisor_id(input.pipeline); }
};

// Each group finds drift of its kinds, and says of a drift found earlier whether this round can
// tell that it is there or gone. What can't be told is neither found nor gone.
struct DriftGroup {
  std::vector<DriftKind> kinds;
  void (*find)(const Look& look, std::vector<Drift>& out);
  bool (*can_tell)(const Look& look, const Drift& drift);
};

const DriftGroup& supervisor_drift();
const DriftGroup& offset_drift();
const DriftGroup& topic_drift();
const DriftGroup& segment_drift();
const DriftGroup& count_drift();
const DriftGroup& task_drift();
const DriftGroup& settings_drift();

// Brings the comparison of supervisor specs in `memory` up to date. False: they can't be compared.
bool compare_specs(const JsonText& desired, const JsonText& live, DriftMemory& memory);

// The parts of note_observed().
std::vector<ledger::Body> note_recounted(const DriftInput& input, const World& world);
std::vector<ledger::Body> note_settings(const DriftInput& input, const World& world);

// The listed segments, chunk by chunk; null while there is no current listing, or one that shows
// nothing of a datasource that holds something, which means it is not shown (contract 8.6).
const SegmentView* listed_segments(const Look& look);
// Whether retention rules keep the chunk loaded; nothing while the rules are not known.
std::optional<bool> retained(const Look& look, Interval chunk);
Interval chunk_interval(const Look& look, Instant start);
// At most so many bytes of it, and that there is more; never half a character.
std::string shortened(const std::string& text, std::size_t bytes_max);

}  // namespace henge::reconcile
