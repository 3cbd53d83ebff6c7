#include "sim/memory_store.h"

#include <fmt/format.h>

namespace henge::sim {

using ledger::Head;
using ledger::NewRecord;
using ledger::Record;

MemoryStore::MemoryStore(std::shared_ptr<MemoryDisk> disk, ledger::Mode mode)
    : disk_(std::move(disk)), mode_(mode) {
  if (mode == ledger::Mode::write) epoch_ = ++disk_->epoch;
  last_ = disk_->head.sequence;
}

Result<void> MemoryStore::check_fence(std::int64_t expected_last_sequence) const {
  if (mode_ == ledger::Mode::read) return fail(ErrorKind::refused, "opened for reading only");
  if (broken_)
    return fail(ErrorKind::unknown_outcome,
                "the disk failed while writing; open again to see what was kept");
  if (expected_last_sequence != last_)
    return fail(ErrorKind::conflict,
                fmt::format("the last record is {}, not {}", last_, expected_last_sequence));
  return {};
}

Result<std::int64_t> MemoryStore::append(const std::vector<NewRecord>& records,
                                         std::int64_t expected_last_sequence) {
  TRY_VOID(check_fence(expected_last_sequence));
  if (records.empty()) return last_;
  if (epoch_ != disk_->epoch)
    return fail(ErrorKind::conflict,
                fmt::format("another writer has opened this ledger since (epoch {}, ours is {})",
                            disk_->epoch, epoch_));
  switch (disk_->fate ? disk_->fate(records) : DiskFate::good) {
    case DiskFate::good:
      write(records);
      return last_;
    case DiskFate::full:
      return fail(ErrorKind::exhausted, "no room left on the disk");
    case DiskFate::lost:
      break;
    case DiskFate::kept:
      write(records);
      break;
  }
  broken_ = true;
  return fail(ErrorKind::unknown_outcome, "the disk failed while writing");
}

void MemoryStore::write(const std::vector<NewRecord>& records) {
  for (const NewRecord& fresh : records) {
    Record record{++last_, epoch_, fresh.at, fresh.pipeline, fresh.kind, fresh.body, ""};
    disk_->head = {last_, link(disk_->head.hash, record)};
    record.hash = ledger::to_hex(disk_->head.hash);
    disk_->records.push_back(std::move(record));
    if (disk_->on_record) disk_->on_record(disk_->records.back());
  }
}

ledger::Hash MemoryStore::link(const ledger::Hash& previous, const Record& record) {
  return chain_.link(previous, {.sequence = record.sequence,
                                .epoch = record.epoch,
                                .at = record.at,
                                .pipeline = record.pipeline,
                                .kind = record.kind,
                                .body = record.body});
}

ledger::Hash MemoryStore::before(std::int64_t sequence) const {
  if (sequence <= 1) return ledger::genesis;
  const auto hash = ledger::parse_hash(disk_->records[static_cast<std::size_t>(sequence - 2)].hash);
  return hash.value_or(ledger::genesis);
}

Result<void> MemoryStore::read(std::int64_t from, const ledger::Visit& visit) {
  const std::size_t end = disk_->records.size();
  if (from > static_cast<std::int64_t>(end)) return {};
  ledger::Hash hash = before(from);
  for (auto i = static_cast<std::size_t>(std::max<std::int64_t>(from, 1) - 1); i < end; ++i) {
    // A copy: the visitor may append.
    const Record record = disk_->records[i];
    hash = link(hash, record);
    if (ledger::to_hex(hash) != record.hash)
      return fail(ErrorKind::corrupt,
                  fmt::format("record {} is not the one that was written", record.sequence));
    TRY_VOID(visit(record));
  }
  return {};
}

Result<Head> MemoryStore::last() {
  return disk_->head;
}

Result<ledger::Verification> MemoryStore::verify() {
  ledger::Verification out;
  auto good = read(1, [&](const Record& record) -> Result<void> {
    ++out.records;
    TRY(out.last.hash, ledger::parse_hash(record.hash));
    out.last.sequence = record.sequence;
    return {};
  });
  if (!good) out.faults.push_back({out.records + 1, good.error().message});
  return out;
}

}  // namespace henge::sim
