// The event store under any sequence of appends, refusals and re-openings: the records are those
// that were taken, in order, and the chain holds over all of them.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "ledger/chain.h"
#include "ledger/ledger_fixture.h"

namespace henge::ledger {
namespace {

class StoreProperty : public LedgerFixture {};

std::vector<NewRecord> any_records() {
  std::vector<NewRecord> out(static_cast<std::size_t>(*rc::gen::inRange(0, 4)));
  const auto text =
      rc::gen::container<std::string>(rc::gen::element('a', '{', '"', '\n', '\0', '\x7f', '\xc3'));
  for (auto& record : out)
    record = {instant_of_ms(*rc::gen::arbitrary<std::int64_t>()), *text, *text, *text};
  return out;
}

// What a store of these records, appended in these epochs, has to hold.
struct Model {
  std::vector<NewRecord> records;
  std::vector<std::int64_t> epochs;

  void take(const std::vector<NewRecord>& more, std::int64_t epoch) {
    records.insert(records.end(), more.begin(), more.end());
    epochs.resize(records.size(), epoch);
  }
  void expect_in(EventStore& store) const {
    const auto held = read_all(store);
    RC_ASSERT(held.size() == records.size());
    Chain chain;
    Hash hash = genesis;
    for (std::size_t i = 0; i < held.size(); ++i) {
      const auto sequence = static_cast<std::int64_t>(i) + 1;
      RC_ASSERT(held[i].sequence == sequence);
      RC_ASSERT(held[i].epoch == epochs[i]);
      RC_ASSERT((NewRecord{held[i].at, held[i].pipeline, held[i].kind, held[i].body}) ==
                records[i]);
      hash = chain.link(hash, {sequence, epochs[i], records[i].at, records[i].pipeline,
                               records[i].kind, records[i].body});
      RC_ASSERT(held[i].hash == to_hex(hash));
    }
    RC_ASSERT(store.last()->hash == hash);
    const auto verified = store.verify();
    RC_ASSERT(verified->faults.empty());
    RC_ASSERT(verified->records == std::ssize(records));
  }
};

TEST_F(StoreProperty, HoldsWhatWasTakenOverAnyReopenings) {
  const bool good = rc::check([&] {
    for (const char* end : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path() + end);
    Model model;
    const int openings = *rc::gen::inRange(1, 4);
    for (std::int64_t epoch = 1; epoch <= openings; ++epoch) {
      Store store = open(Mode::write);
      for (int appends = *rc::gen::inRange(0, 4); appends > 0; --appends) {
        const auto records = any_records();
        const auto end = std::ssize(model.records);
        const std::int64_t expected = end + *rc::gen::element(0, 0, 0, 1, -1);
        const auto taken = store.append(records, expected);
        RC_ASSERT(taken.has_value() == (expected == end));
        if (!taken) {
          RC_ASSERT(taken.error().kind == ErrorKind::conflict);
          continue;
        }
        model.take(records, epoch);
        RC_ASSERT(*taken == std::ssize(model.records));
      }
      model.expect_in(store);
    }
    Store reader = open(Mode::read);
    model.expect_in(reader);
  });
  EXPECT_TRUE(good);
}

TEST_F(StoreProperty, ReadingFromAnyPlaceIsTheRestOfReadingAll) {
  Store store = open(Mode::write);
  append(store, some_records(20));
  const auto all = read_all(store);
  for (std::int64_t from = 1; from <= 22; ++from) {
    std::vector<Record> rest;
    ASSERT_TRUE(store.read(from, keep(rest)));
    const auto skipped = std::min<std::ptrdiff_t>(from - 1, std::ssize(all));
    EXPECT_EQ(rest, std::vector<Record>(all.begin() + skipped, all.end())) << from;
  }
}

TEST_F(StoreProperty, LargeBodiesAreKeptWhole) {
  Store store = open(Mode::write);
  append(store, some_records(3, 2'000'000));
  const auto held = read_all(store);
  ASSERT_EQ(held.size(), 3u);
  for (const auto& record : held) EXPECT_GT(record.body.size(), 2'000'000u);
  EXPECT_TRUE(store.verify()->faults.empty());
}

}  // namespace
}  // namespace henge::ledger
