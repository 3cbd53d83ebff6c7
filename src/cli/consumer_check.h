// A pipeline's consumer against its topic: measures the topic, and asks offsets/tuning.h.
#pragma once

#include <vector>

#include "kafka/offsets.h"
#include "model/config.h"
#include "model/diagnostic.h"
#include "offsets/tuning.h"

namespace henge::cli {

// What Kafka says of the topic's load within the deadline; what it does not say is missing.
offsets::TopicLoad measure_load(kafka::TopicReader& reader, const Pipeline& pipeline,
                                Millis deadline);

// What a plan warns of: all that is not fine. Where Kafka does not answer within a few seconds,
// only what is written is judged.
std::vector<Diagnostic> consumer_warnings(const Config& config, const Pipeline& pipeline);

}  // namespace henge::cli
