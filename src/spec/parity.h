// Proof that all ways into a datasource read and store rows alike, taken from the rendered specs
// themselves and from what real segments say of themselves. It shares no code with the rendering
// beyond the JSON tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/pipeline.h"
#include "model/result.h"

namespace henge::spec {

enum class Mode { supervisor, append, replace, reindex, compaction };

enum class Aspect {
  timestamp_spec,
  dimensions_spec,
  metrics_spec,
  granularity_spec,
  transform_spec,
  input_format
};

enum class Agreement {
  equal,      // as the pipeline declares it
  combining,  // each metric merges its own column: the same values, from rows aggregated before
  allowed,    // different by design; the note says why
  absent,     // there is no such spec for this pipeline; the note says why
  differs,    // a bug, or a spec that must not be sent
};

struct ParityLine {
  Aspect aspect = Aspect::timestamp_spec;
  Mode mode = Mode::supervisor;
  Agreement agreement = Agreement::equal;
  std::string note;
  bool operator==(const ParityLine&) const = default;
};

struct Parity {
  std::vector<ParityLine> lines;
  [[nodiscard]] bool holds() const;
};

const char* to_string(Mode mode);
const char* to_string(Aspect aspect);
const char* to_string(Agreement agreement);
// Errors: invalid, names the choices.
Result<Mode> parse_mode(std::string_view text);

// One rendered spec against the pipeline, aspect by aspect. Errors: invalid - no JSON.
Result<Parity> parity_of(const Pipeline& pipeline, Mode mode, const JsonText& rendered);
// Errors: internal - an aspect differs; the message names it. Every render ends with this.
Result<void> check_parity(const Pipeline& pipeline, Mode mode, const JsonText& rendered);

}  // namespace henge::spec
