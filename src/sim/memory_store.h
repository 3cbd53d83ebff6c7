// The event store in memory: what a crash leaves is the disk, a value that outlives every opening.
// Keeps the laws of ledger/store.h, and fails as disks do when it is told to.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "ledger/chain.h"
#include "ledger/store.h"

namespace henge::sim {

// What an append to a disk becomes.
enum class DiskFate {
  good,
  full,  // nothing is written
  lost,  // the disk fails, and nothing is there after the next opening
  kept,  // the disk fails, but all is there after the next opening
};

struct MemoryDisk {
  std::vector<ledger::Record> records;
  ledger::Head head;
  std::int64_t epoch = 0;  // of the last opening for writing
  // Asked before each append; good if there is none.
  std::function<DiskFate(const std::vector<ledger::NewRecord>&)> fate;
  // Told of what became durable, before the writer hears of it.
  std::function<void(const ledger::Record&)> on_record;
};

class MemoryStore final : public ledger::EventStore {
 public:
  // An opening for writing begins a new epoch; the writers before it are fenced off.
  MemoryStore(std::shared_ptr<MemoryDisk> disk, ledger::Mode mode);

  Result<std::int64_t> append(const std::vector<ledger::NewRecord>& records,
                              std::int64_t expected_last_sequence) override;
  Result<void> read(std::int64_t from, const ledger::Visit& visit) override;
  Result<ledger::Head> last() override;
  Result<ledger::Verification> verify() override;

 private:
  Result<void> check_fence(std::int64_t expected_last_sequence) const;
  void write(const std::vector<ledger::NewRecord>& records);
  // Hash of the record before `sequence`.
  [[nodiscard]] ledger::Hash before(std::int64_t sequence) const;
  ledger::Hash link(const ledger::Hash& previous, const ledger::Record& record);

  std::shared_ptr<MemoryDisk> disk_;
  ledger::Mode mode_;
  std::int64_t epoch_ = 0;
  std::int64_t last_ = 0;  // as this writer knows it
  bool broken_ = false;
  ledger::Chain chain_;
};

}  // namespace henge::sim
