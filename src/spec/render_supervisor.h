// The streaming door: a Kafka supervisor spec that drops exactly the rows the arrival rule calls
// late (or early).
#pragma once

#include <string>
#include <string_view>

#include "model/pipeline.h"
#include "model/result.h"
#include "spec/references.h"

namespace henge::spec {

// Columns that Druid's kafka input format adds while it reads. They exist during ingestion only.
using henge::arrival_column;
inline constexpr std::string_view topic_column = "__henge_topic";

// Context key that holds the fingerprint of the spec as rendered: tells henge's own posted bytes
// from others' edits.
inline constexpr std::string_view spec_mark = "henge.spec";

// The rule as a Druid expression: true for rows that streaming accepts. Agrees with door_of().
std::string arrival_expression(const LatenessRule& rule);

// Canonical. Secrets stay references as written: this text may be shown, stored and compared.
// Errors: invalid.
Result<JsonText> render_supervisor(const Pipeline& pipeline);

// The spec to send: the references in values of consumerProperties resolved. Keep the result out of
// logs, plans and the ledger. Errors: invalid, and those of resolve().
Result<JsonText> with_secrets(const JsonText& supervisor, const SecretSources& sources);

}  // namespace henge::spec
