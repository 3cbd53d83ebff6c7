// Sends every row of a record through its door and counts it: the heart of the scan, a pure
// function of records.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "model/granularity.h"
#include "model/lateness.h"
#include "model/pipeline.h"
#include "model/result.h"
#include "scan/findings.h"
#include "scan/row_reader.h"
#include "scan/stretch.h"

namespace henge::scan {

struct Record {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t arrival_ms = -1;           // Kafka's timestamp; -1 if the record has none
  std::optional<std::string_view> value;  // nothing for a tombstone
};

// One a thread. Collects findings until they are taken.
class Classifier {
 public:
  static constexpr std::size_t unparseable_bytes_max = 1000;
  static constexpr std::int64_t unparseable_rows_max = 100;

  // Errors: those of make_row_reader.
  static Result<Classifier> compile(const Pipeline& pipeline, Keep what = Keep::late);

  void add(const Record& record);
  // Keeps a record that was added as its partition's witness, in place of the one before.
  void keep_witness(const Record& record);
  [[nodiscard]] const Findings& findings() const { return *findings_; }
  // The findings since the last call; the next ones start from nothing.
  [[nodiscard]] std::unique_ptr<Findings> take();
  // Whether henge counts by itself what Druid will count.
  [[nodiscard]] Proof proof() const { return proof_; }

 private:
  // The place where the last row of a partition was counted: most rows fall into the chunk of the
  // row before.
  struct Recent {
    PartitionFindings* partition = nullptr;
    Interval bucket{};
    RowCounts* counts = nullptr;
  };

  Recent& recent(std::int32_t partition);
  void add_row(const Record& record, std::int32_t index, const Row& row, Recent& at);
  void keep_unparseable(const Record& record, std::int32_t index, std::string_view bytes);
  void keep(DeltaKind kind, Instant chunk, const Record& record, std::int32_t index,
            const Row& row);

  LatenessRule rule_;
  Granularity chunk_ = Granularity::hour;
  Keep what_ = Keep::late;
  Proof proof_ = Proof::counted;
  std::unique_ptr<RowReader> reader_;
  std::unique_ptr<Findings> findings_ = std::make_unique<Findings>();
  std::vector<Row> rows_;
  std::vector<Recent> recent_;
};

}  // namespace henge::scan
