#include "scan/classify.h"

#include <algorithm>

#include "scan/witness.h"

namespace henge::scan {

namespace {

void note_progress(const Record& record, PartitionProgress& progress) {
  if (progress.records == 0) {
    progress.partition = record.partition;
    progress.from = record.offset;
    progress.arrival_max = instant_of_ms(record.arrival_ms);
  }
  ++progress.records;
  progress.to = record.offset + 1;
  progress.arrival_max = std::max(progress.arrival_max, instant_of_ms(record.arrival_ms));
  if (record.arrival_ms == -1) ++progress.without_timestamp;
}

}  // namespace

Result<Classifier> Classifier::compile(const Pipeline& pipeline, Keep what) {
  Classifier classifier;
  classifier.what_ = what;
  classifier.rule_ = pipeline.rule;
  classifier.chunk_ = pipeline.schema.segment_granularity;
  TRY(auto choice, make_row_reader(pipeline));
  classifier.reader_ = std::move(choice.reader);
  classifier.proof_ = choice.proof;
  return classifier;
}

void Classifier::add(const Record& record) {
  Recent& at = recent(record.partition);
  PartitionProgress& progress = at.partition->progress;
  note_progress(record, progress);
  ++findings_->records;
  if (!record.value) {
    ++progress.null_values;
    return;
  }
  rows_.clear();
  reader_->read(*record.value, rows_);
  std::int32_t index = 0;
  for (const Row& row : rows_) add_row(record, index++, row, at);
}

void Classifier::keep_witness(const Record& record) {
  recent(record.partition).partition->progress.witness = witness_of(record);
}

void Classifier::add_row(const Record& record, std::int32_t index, const Row& row, Recent& at) {
  if (!row.event) {
    ++at.partition->progress.unparseable;
    keep_unparseable(record, index, row.bytes);
    return;
  }
  if (at.counts == nullptr || !at.bucket.contains(*row.event)) {
    at.bucket = bucket(chunk_, *row.event);
    at.counts = &at.partition->chunks[at.bucket.start];
  }
  RowCounts& counts = *at.counts;
  if (!row.passes) {
    ++counts.filtered;
    return;
  }
  const Door door =
      row.door ? *row.door : door_of(rule_, *row.event, instant_of_ms(record.arrival_ms));
  switch (door) {
    case Door::on_time:
      ++counts.on_time;
      counts.on_time_offset_last = record.offset;
      if (what_ == Keep::on_time) keep(DeltaKind::late, at.bucket.start, record, index, row);
      return;
    case Door::late:
      ++counts.late;
      if (what_ == Keep::late) keep(DeltaKind::late, at.bucket.start, record, index, row);
      return;
    case Door::early:
      ++counts.early;
      if (what_ == Keep::late) keep(DeltaKind::early, at.bucket.start, record, index, row);
      return;
  }
}

void Classifier::keep_unparseable(const Record& record, std::int32_t index,
                                  std::string_view bytes) {
  if (what_ != Keep::late || findings_->unparseable_kept >= unparseable_rows_max) return;
  ++findings_->unparseable_kept;
  keep(DeltaKind::unparseable, Instant{}, record, index,
       Row{bytes.substr(0, unparseable_bytes_max), {}, true});
}

void Classifier::keep(DeltaKind kind, Instant chunk, const Record& record, std::int32_t index,
                      const Row& row) {
  findings_->kept.push_back({kind, chunk, record.partition, record.offset, index,
                             instant_of_ms(record.arrival_ms), row.event.value_or(Instant{}),
                             findings_->text.size(), row.bytes.size()});
  findings_->text += row.bytes;
}

std::unique_ptr<Findings> Classifier::take() {
  recent_.clear();
  return std::exchange(findings_, std::make_unique<Findings>());
}

Classifier::Recent& Classifier::recent(std::int32_t partition) {
  const auto index = static_cast<std::size_t>(partition);
  if (index >= recent_.size()) recent_.resize(index + 1);
  Recent& at = recent_[index];
  if (at.partition == nullptr) at.partition = &findings_->partitions[partition];
  return at;
}

ScanBatch merge(const std::vector<const Findings*>& findings) {
  ScanBatch batch;
  for (const Findings* one : findings) {
    for (const auto& [partition, found] : one->partitions) {
      batch.partitions.push_back(found.progress);
      for (const auto& [chunk, counts] : found.chunks) batch.chunks[chunk][partition] = counts;
    }
  }
  std::ranges::sort(batch.partitions, {}, &PartitionProgress::partition);
  return batch;
}

}  // namespace henge::scan
