// The parity proof carried on to what is stored: the segments' own metadata against the pipeline.
#pragma once

#include <string>
#include <vector>

#include "model/pipeline.h"
#include "model/result.h"

namespace henge::spec {

struct SegmentMismatch {
  std::string segment;
  std::string field;  // columns.user, aggregators.count, queryGranularity, rollup
  std::string expected;
  std::string found;
  bool operator==(const SegmentMismatch&) const = default;
};

struct SegmentParity {
  int segments = 0;
  // Aspects a segment says nothing about (its metadata was not kept): no proof, and no
  // contradiction.
  int silent = 0;
  std::vector<SegmentMismatch> mismatches;
  [[nodiscard]] bool holds() const { return mismatches.empty(); }
};

// The query to send to POST /druid/v2/: one entry a segment, with aggregators, queryGranularity and
// rollup.
JsonText segment_metadata_query(const Pipeline& pipeline, const std::vector<Interval>& intervals);

// `answer` is what Druid says to that query. A metric may appear as declared or in its combining
// form. A dimension without any value in a segment may be missing in it. Errors: invalid - not such
// an answer.
Result<SegmentParity> parity_with_segments(const Pipeline& pipeline, const JsonText& answer);

}  // namespace henge::spec
