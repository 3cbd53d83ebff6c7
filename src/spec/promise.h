// After how long a chunk is sealed, from a pipeline's settings: what plan prints, and what is wrong
// with the settings taken together.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/diagnostic.h"
#include "model/pipeline.h"

namespace henge::spec {

// How long Druid takes after a task has read its last row. The defaults were seen on a Druid 33 on
// two cores; pass what was measured where there is something measured.
struct SealEstimates {
  Millis publishing =
      std::chrono::seconds(5);  // from the end of reading until the segments are in the metadata
  Millis hand_off =
      std::chrono::seconds(90);  // until historicals serve them; tasks ask about once a minute
  bool measured = false;
};

struct SealPart {
  std::string name;  // lateness, arrival disorder, rows in a running task, publishing, hand-off
  Millis duration{0};
  bool operator==(const SealPart&) const = default;
};

struct SealPromise {
  Millis after_end{0};  // the sum of the parts
  std::vector<SealPart> parts;
};

SealPromise seal_promise(const Pipeline& pipeline, const SealEstimates& estimates);

// One sentence for people.
std::string to_text(const SealPromise& promise, const Pipeline& pipeline);

// taskDuration, intermediateHandoffPeriod, completionTimeout, lateness and retention against each
// other. The places are empty: the settings may come from defaults. Codes:
// handoff_period_without_effect, segments_too_many, completion_timeout_too_short,
// completion_timeout_below_handoff_timeout, retention_before_seal, disorder_above_lateness.
std::vector<Diagnostic> check_timing(const Pipeline& pipeline, const SealEstimates& estimates);

}  // namespace henge::spec
