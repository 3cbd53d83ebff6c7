// Two specs or two declarations side by side, both as henge writes them: nothing in them is taken
// for somebody's default. Druid's live specs are the business of supervisor_diff.h.
#pragma once

#include <string_view>
#include <vector>

#include "model/result.h"
#include "spec/supervisor_diff.h"

namespace henge::spec {

// What differs, by path, in the order of the keys. Elements of lists are known by their names, or
// by themselves where they are texts. Example ids and henge's own marks are left out; a secret that
// stands there as a value is shown as "(hidden)". Errors: invalid - one is no JSON.
Result<std::vector<SpecChange>> diff_specs(const JsonText& before, const JsonText& after);

// The same of two YAML documents with one pipeline each. Errors: invalid - one is no YAML.
Result<std::vector<SpecChange>> diff_documents(std::string_view before, std::string_view after);

}  // namespace henge::spec
