// The Coordinator's list of all segments, read while it arrives: at no time more than a block of it
// is held.
#pragma once

#include <memory>
#include <string_view>

#include "model/segment_table.h"

namespace henge::druid {

class SegmentStream {
 public:
  // Segments go to the table as they come; it must outlive the stream. finish() of the table is the
  // caller's.
  explicit SegmentStream(SegmentTable& table);
  ~SegmentStream();
  SegmentStream(const SegmentStream&) = delete;
  SegmentStream& operator=(const SegmentStream&) = delete;

  // The next bytes of the body, cut anywhere. Errors: unavailable, with the place.
  Result<void> put(std::string_view bytes);
  // After the last byte. Errors: unavailable - cut off, or not a list of segments.
  Result<void> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace henge::druid
