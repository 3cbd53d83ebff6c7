// What a pipeline file means as a whole: impossible combinations are errors, risky ones named
// warnings (rules.h). Each part looks only at values that fit the shape, so one mistake is reported
// once.
#pragma once

#include <string_view>

#include "model/pipeline.h"
#include "spec/report.h"
#include "spec/view.h"

namespace henge::spec {

// Also decides how far the pipeline's rows can be proven: sets pipeline.proof.
void validate(const View& document, Pipeline& pipeline, Report& report);

// Whether it can name a pipeline or a load.
bool is_name(std::string_view name);

// The parts, each in its own file.
void validate_schema(const View& spec, const Pipeline& pipeline, Report& report);
Proof validate_filters(const View& spec, Report& report);
void validate_input(const View& spec, Report& report);
void validate_stream(const View& stream, Report& report);
void validate_consumer_properties(const View& properties, Report& report);
void validate_batch(const View& spec, const Pipeline& pipeline, Report& report);

}  // namespace henge::spec
