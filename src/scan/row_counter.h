// Counts what a batch task will read from a file: rows by chunk, those the pipeline's filter drops,
// those outside the interval, those that can't be parsed. No arrival rule: a load has no arrivals.
// Source: Druid 33, JsonLineReader, DelimitedValueReader: one row a line.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/pipeline.h"
#include "model/result.h"
#include "scan/row_reader.h"

namespace henge::scan {

// A line of which no row can be made, as evidence.
struct BadLine {
  std::int64_t line = 0;  // from 1
  std::string text;       // its beginning
  bool operator==(const BadLine&) const = default;
};

struct FileCounts {
  std::map<Instant, std::int64_t> chunks;  // rows that a load of the interval takes
  std::int64_t filtered = 0;
  std::int64_t outside = 0;
  std::int64_t unparseable = 0;
  std::int64_t lines = 0;      // that are not blank
  std::vector<BadLine> bad;    // the first few
  std::int64_t crowded = 0;    // the first line with more than one row in it; 0: none
  bool ends_in_a_row = false;  // the last line has no line's end, and is no row
  std::string header;          // what is wrong with the header line; empty: nothing

  [[nodiscard]] std::int64_t accepted() const;
  bool operator==(const FileCounts&) const = default;
};

class RowCounter {
 public:
  static constexpr std::size_t bad_max = 5;
  static constexpr std::size_t text_max = 200;
  // A line longer than this is refused: nothing is held for ever in memory.
  static constexpr std::size_t line_bytes_max = std::size_t{64} << 20;

  // Errors: those of make_file_reader.
  static Result<RowCounter> compile(const Pipeline& pipeline, Interval interval);

  // The next bytes of the file, cut anywhere. Errors: invalid - a line that is too long.
  Result<void> put(std::string_view bytes);
  // What the file holds; the next one starts from nothing.
  FileCounts finish();
  [[nodiscard]] Proof proof() const { return proof_; }

 private:
  void add_line(std::string_view line, bool ended);
  bool is_header(std::string_view line);
  void add_row(const Row& row);

  Interval interval_;
  Granularity granularity_ = Granularity::hour;
  Proof proof_ = Proof::counted;
  std::unique_ptr<RowReader> reader_;
  HeaderLines header_;
  std::vector<Row> rows_;
  std::string rest_;  // of a line that goes on in the next bytes
  std::int64_t line_ = 0;
  Interval recent_{};  // most rows fall into the chunk of the row before
  std::int64_t* recent_rows_ = nullptr;
  FileCounts counts_;
};

}  // namespace henge::scan
