// The memory store keeps every store's laws, and fails as it is told to.
#include "sim/memory_store.h"

#include "ledger/store_laws.h"

namespace henge::ledger {
namespace {

class MemoryMaker {
 public:
  std::unique_ptr<EventStore> open(Mode mode) {
    return std::make_unique<sim::MemoryStore>(disk_, mode);
  }
  void forget_writer() {}

 private:
  std::shared_ptr<sim::MemoryDisk> disk_ = std::make_shared<sim::MemoryDisk>();
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreLaws, MemoryMaker);

}  // namespace
}  // namespace henge::ledger

namespace henge::sim {
namespace {

using ledger::Mode;
using ledger::some_records;

struct FateCase {
  DiskFate fate;
  ErrorKind error;
  std::int64_t records_after;  // what the next opening finds
  bool usable;                 // whether the same opening may go on
};

TEST(MemoryStore, EachFailureLeavesWhatItPromises) {
  for (const FateCase& c : {FateCase{DiskFate::full, ErrorKind::exhausted, 1, true},
                            FateCase{DiskFate::lost, ErrorKind::unknown_outcome, 1, false},
                            FateCase{DiskFate::kept, ErrorKind::unknown_outcome, 3, false}}) {
    auto disk = std::make_shared<MemoryDisk>();
    MemoryStore store(disk, Mode::write);
    ledger::append(store, some_records(1));
    disk->fate = [&](const auto&) { return c.fate; };
    const auto failed = store.append(some_records(2), 1);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind, c.error);
    disk->fate = nullptr;
    EXPECT_EQ(store.append(some_records(2), 1).has_value(), c.usable);
    if (c.usable) continue;
    MemoryStore again(disk, Mode::write);
    EXPECT_EQ(again.last()->sequence, c.records_after);
    EXPECT_TRUE(again.verify()->faults.empty());
    EXPECT_EQ(ledger::append(again, some_records(1)), c.records_after + 1);
  }
}

TEST(MemoryStore, ADamagedRecordIsNamed) {
  auto disk = std::make_shared<MemoryDisk>();
  MemoryStore store(disk, Mode::write);
  ledger::append(store, some_records(3));
  disk->records[1].body = "{}";
  const auto verified = store.verify();
  ASSERT_EQ(verified->faults.size(), 1U);
  EXPECT_EQ(verified->faults[0].sequence, 2);
  EXPECT_EQ(verified->last.sequence, 1);
}

TEST(MemoryStore, TellsOfEachDurableRecordInOrder) {
  auto disk = std::make_shared<MemoryDisk>();
  std::vector<std::int64_t> told;
  disk->on_record = [&](const ledger::Record& r) { told.push_back(r.sequence); };
  MemoryStore store(disk, Mode::write);
  ledger::append(store, some_records(2));
  disk->fate = [](const auto&) { return DiskFate::full; };
  EXPECT_FALSE(store.append(some_records(1), 2));
  EXPECT_EQ(told, (std::vector<std::int64_t>{1, 2}));
}

}  // namespace
}  // namespace henge::sim
