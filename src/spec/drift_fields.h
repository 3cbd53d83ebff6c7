// What files say of drift: the configuration's `drift` and a pipeline's `spec.drift`.
#pragma once

#include <string>
#include <vector>

#include "model/drift.h"
#include "spec/report.h"
#include "spec/shape.h"
#include "spec/view.h"

namespace henge::spec {

// A map with one field for each kind of drift.
Field drift_rules_field(std::string name, std::string doc);
DriftRuleEdits build_drift_rules(const View& from);
void validate_drift_rules(const View& rules, Report& report);

// Stretches of time that come again, as allow and deny of `windows` have them.
Field windows_field(const char* name, const char* doc);
std::vector<MaintenanceWindow> build_windows(const View& from);  // from allow and deny
void validate_windows(const View& from, Report& report);

// The configuration's block.
Field drift_field();
DriftConfig build_drift(const View& from);
void validate_drift(const View& drift, Report& report);

}  // namespace henge::spec
