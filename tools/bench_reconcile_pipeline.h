// The pipelines of `./dev bench reconcile` and their segments: what the server shows is what the
// bench declares.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "model/time.h"

namespace bench {

inline constexpr std::int64_t hour_ms = 3'600'000;
inline constexpr std::int64_t first_hour_ms = 1'767'225'600'000;  // 2026-01-01
inline constexpr int partitions_per_chunk = 4;

inline std::string name_of(int pipeline) {
  return fmt::format("pipeline_{:04}", pipeline);
}

inline henge::Interval chunk_of(std::int64_t segment) {
  const std::int64_t start = first_hour_ms + segment / partitions_per_chunk * hour_ms;
  return {henge::instant_of_ms(start), henge::instant_of_ms(start + hour_ms)};
}

inline std::string version_of(henge::Interval chunk) {
  return henge::to_iso(chunk.start + henge::Millis(1234));
}

// How many segments of all are a pipeline's.
inline int segments_of(int pipeline, int pipelines, int segments) {
  const std::int64_t begin = std::int64_t{segments} * pipeline / pipelines;
  return static_cast<int>(std::int64_t{segments} * (pipeline + 1) / pipelines - begin);
}

inline std::string document_of(int pipeline) {
  return fmt::format(R"(apiVersion: henge/v1
kind: Pipeline
metadata: {{name: {0}}}
spec:
  datasource: {0}
  schema:
    timestamp: {{column: ts, format: iso}}
    dimensions: [country, city, device, browser, language, page, referrer, campaign, user]
    metrics:
      - {{type: count, name: count}}
      - {{type: longSum, name: bytes_sum, fieldName: bytes}}
      - {{type: longSum, name: latency_ms_sum, fieldName: latency_ms}}
    segmentGranularity: HOUR
  stream:
    topic: {0}
    consumerProperties: {{bootstrap.servers: "kafka:9092"}}
    inputFormat: {{type: json}}
  lateness: PT1H
)",
                     name_of(pipeline));
}

}  // namespace bench
