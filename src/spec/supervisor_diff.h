// What it would take to bring Druid's supervisor to the desired spec, in a form to print, store and
// decide upon.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/pipeline.h"
#include "model/result.h"

namespace henge::spec {

enum class SupervisorAction {
  none,
  create,
  update_restart,  // Druid stops the running tasks, which publish, and starts new ones
};

struct SpecChange {
  std::string path;  // spec.ioConfig.taskCount; an element of a list by its name, or by its place
  JsonText before;   // empty: not there
  JsonText after;    // empty: not there any more, or back to Druid's default
  bool operator==(const SpecChange&) const = default;
};

struct SupervisorDiff {
  SupervisorAction action = SupervisorAction::none;
  std::vector<SpecChange> changes;
  bool suspended = false;  // the live one is; an update must keep it so
  bool topic_changed =
      false;  // Druid 34 and later refuse that, older ones begin anew by useEarliestOffset
};

const char* to_string(SupervisorAction action);

// `desired` is what render_supervisor() gives, `live` what GET /druid/indexer/v1/supervisor/{id}
// answers. Fields that only the live spec has are Druid's defaults and no change, unless they are
// known to do harm (a rejection period), or differ from the known default while the spec was not
// posted by henge from the same desired bytes. A secret is compared by its presence only, and no
// live value of a secret is in the result. Errors: invalid.
Result<SupervisorDiff> diff_supervisor(const JsonText& desired,
                                       const std::optional<JsonText>& live);

// The same spec as a suspended (or running) supervisor. Errors: invalid.
Result<JsonText> with_suspended(const JsonText& supervisor, bool suspended);

}  // namespace henge::spec
