// Delta files: the rows that a scan has to keep, byte for byte, until they are repaired.
// docs/delta-format.md has the layout. Written by one scanner, append-only; an extent is on disk
// before anyone hears of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/result.h"
#include "scan/finding.h"
#include "scan/findings.h"

namespace henge::scan {

inline constexpr std::int64_t delta_file_bytes_max = std::int64_t{64} << 20;

// File -> bytes of it that the ledger knows. Nothing behind them was ever handed out.
using DeltaEnds = std::map<std::string, std::int64_t>;

struct DeltaFolder {
  std::filesystem::path path;
  std::string pipeline;  // stands in each file's head
};

class DeltaWriter {
 public:
  // Makes the folder if needed and cuts off what lies behind `known`: bytes of a batch that was
  // never recorded, which the scan will find again. Where the ledger knows of no file but some
  // exist, they are set aside as *.unknown. Errors: corrupt (a file is shorter than `known`, or
  // damaged), conflict (another pipeline's), exhausted, unavailable.
  static Result<DeltaWriter> open(DeltaFolder folder, const DeltaEnds& known,
                                  std::int64_t file_bytes_max);

  DeltaWriter(DeltaWriter&& other) noexcept;
  DeltaWriter& operator=(DeltaWriter&& other) noexcept;
  ~DeltaWriter();

  // Writes the kept rows as one extent for each kind and chunk, in that order, and syncs them.
  // Errors: exhausted, unavailable - then the file is as before, and the same call may be tried
  // again.
  Result<std::vector<Extent>> append(const std::vector<const Findings*>& findings);

 private:
  DeltaWriter(DeltaFolder folder, std::int64_t file_bytes_max);

  Result<void> cut_unrecorded(const DeltaEnds& known);
  Result<void> open_last(const std::string& file, std::int64_t end);
  Result<void> start_file();
  Result<void> write(std::string_view bytes);

  DeltaFolder folder_;
  std::int64_t file_bytes_max_ = delta_file_bytes_max;
  int descriptor_ = -1;  // of the current file; none until the first row is kept
  std::string file_;
  std::int64_t end_ = 0;
  int number_last_ = 0;  // the highest of any file there was
};

// One kept row, as a view into the extent it was read from.
struct DeltaEntry {
  DeltaKind kind = DeltaKind::late;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int32_t index = 0;  // of the row in its record, from 0
  Instant arrival{};
  Instant event{};
  std::string_view bytes;
};

// The bytes of an extent, verified. Errors: not_found, corrupt (says which file and place),
// unavailable.
Result<std::string> read_extent(const DeltaFolder& folder, const Extent& extent);
// The entries of an extent's bytes. Errors: corrupt.
Result<std::vector<DeltaEntry>> parse_entries(std::string_view bytes);

// Removes whole files, as far as they exist; never the one that is written to.
Result<void> remove_delta_files(const DeltaFolder& folder, const std::vector<std::string>& files);

// The rows of some extents as a repair task reads them: one row a line, each line ended, in the
// order of the extents. The same extents always give the same bytes. A raw line break between the
// tokens of a JSON row becomes a space.
class DeltaLines {
 public:
  DeltaLines(DeltaFolder folder, std::vector<Extent> extents)
      : folder_(std::move(folder)), extents_(std::move(extents)) {}

  // Known before anything is read.
  [[nodiscard]] std::int64_t bytes_total() const;
  // The lines of the next extent; nothing after the last. Errors: those of read_extent.
  Result<std::optional<std::string>> next();

 private:
  DeltaFolder folder_;
  std::vector<Extent> extents_;
  std::size_t at_ = 0;
};

}  // namespace henge::scan
