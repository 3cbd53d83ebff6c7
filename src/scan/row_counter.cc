#include "scan/row_counter.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace henge::scan {

std::int64_t FileCounts::accepted() const {
  std::int64_t rows = 0;
  for (const auto& [chunk, count] : chunks) rows += count;
  return rows;
}

Result<RowCounter> RowCounter::compile(const Pipeline& pipeline, Interval interval) {
  RowCounter counter;
  counter.interval_ = interval;
  counter.granularity_ = pipeline.schema.segment_granularity;
  TRY(auto choice, make_file_reader(pipeline));
  counter.reader_ = std::move(choice.reader);
  counter.header_ = counter.reader_->header();
  counter.proof_ = choice.proof;
  return counter;
}

Result<void> RowCounter::put(std::string_view bytes) {
  for (std::size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
    if (rest_.empty()) {
      add_line(bytes.substr(0, end + 1), true);
    } else {
      rest_ += bytes.substr(0, end + 1);
      add_line(rest_, true);
      rest_.clear();
    }
    bytes.remove_prefix(end + 1);
  }
  rest_ += bytes;
  if (rest_.size() <= line_bytes_max) return {};
  return fail(ErrorKind::invalid,
              fmt::format("line {} is longer than {} bytes", line_ + 1, line_bytes_max));
}

FileCounts RowCounter::finish() {
  if (!rest_.empty()) {
    const std::int64_t bad = counts_.unparseable;
    add_line(rest_, false);
    counts_.ends_in_a_row = counts_.unparseable > bad;
  }
  rest_.clear();
  line_ = 0;
  recent_rows_ = nullptr;
  return std::exchange(counts_, {});
}

// Druid counts blank lines among them.
bool RowCounter::is_header(std::string_view line) {
  if (line_ <= header_.skipped) return true;
  if (!header_.names || line_ > header_.skipped + 1) return false;
  counts_.header = reader_->take_names(line);
  return true;
}

void RowCounter::add_line(std::string_view line, bool ended) {
  ++line_;
  std::string_view text = line;
  if (ended) text.remove_suffix(1);
  if (is_header(text)) return;
  if (text.find_first_not_of(" \t\r") == std::string_view::npos) return;
  ++counts_.lines;
  rows_.clear();
  reader_->read(line, rows_);
  if (rows_.size() > 1 && counts_.crowded == 0) counts_.crowded = line_;
  for (const Row& row : rows_) add_row(row);
}

void RowCounter::add_row(const Row& row) {
  if (!row.event) {
    ++counts_.unparseable;
    if (counts_.bad.size() < bad_max) {
      const std::size_t end = std::min(row.bytes.find_last_not_of("\r\n") + 1, text_max);
      counts_.bad.push_back({line_, std::string(row.bytes.substr(0, end))});
    }
    return;
  }
  if (!row.passes) {
    ++counts_.filtered;
    return;
  }
  if (!interval_.contains(*row.event)) {
    ++counts_.outside;
    return;
  }
  if (recent_rows_ == nullptr || !recent_.contains(*row.event)) {
    recent_ = bucket(granularity_, *row.event);
    recent_rows_ = &counts_.chunks[recent_.start];
  }
  ++*recent_rows_;
}

}  // namespace henge::scan
