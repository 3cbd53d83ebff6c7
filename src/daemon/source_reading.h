// Reading sources of a load to their ends, from wherever their bytes come. For the .cc files that
// read loads only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/load.h"
#include "runtime/gzip.h"
#include "scan/row_counter.h"

namespace henge::daemon {

// One source, block by block.
class SourceReading {
 public:
  // The name tells whether it is gzip, as Druid's workers judge it. Without a counter the bytes are
  // digested as they are. Errors: invalid - compressed in a way that henge does not undo.
  static Result<SourceReading> begin(std::string name, scan::RowCounter* counter);
  // Errors: invalid - no gzip, a line that is too long.
  Result<void> put(std::string_view bytes);
  // Length and digest. Errors: invalid - it was cut.
  Result<LoadFile> finish();

 private:
  SourceReading(std::string name, scan::RowCounter* counter);

  struct Digest;
  std::string name_;
  scan::RowCounter* counter_;
  bool zipped_ = false;
  std::int64_t bytes_ = 0;
  runtime::Inflater inflater_{runtime::GzipMembers::several};
  std::shared_ptr<Digest> digest_;
};

// What several sources give together. Where henge does not read the format, no row is counted: what
// was loaded Druid's report and the count afterwards say.
class LoadSum {
 public:
  // Errors: invalid - an input format that henge reads, but not as this one is set.
  static Result<LoadSum> begin(const Pipeline& pipeline, const LoadRequest& request,
                               LoadInput input);
  // One source, block by block; then its end. Errors: those of SourceReading; invalid - what stands
  // in it are no rows, or not to the end.
  Result<SourceReading> read(std::string name);
  Result<void> add(SourceReading& reading);
  [[nodiscard]] const LoadContent& so_far() const { return content_; }
  LoadContent finish(const std::vector<Instant>& chunks);

 private:
  Result<void> add_counts(LoadFile file, const scan::FileCounts& counts);

  LoadContent content_;
  std::unique_ptr<scan::RowCounter> counter_;
  std::map<Instant, std::int64_t> rows_;
};

}  // namespace henge::daemon
