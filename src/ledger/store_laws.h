// What every event store has to keep, whatever it is made of: instantiated by each one's test.
// `Maker` opens the same store again and again: open(Mode) gives a std::unique_ptr<EventStore>, and
// forget_writer() lets the next writer in beside the one that is there.
#pragma once

#include "ledger/ledger_fixture.h"

namespace henge::ledger {

template <typename Maker>
class StoreLaws : public ::testing::Test {
 protected:
  std::unique_ptr<EventStore> open(Mode mode) { return maker_.open(mode); }
  void forget_writer() { maker_.forget_writer(); }

 private:
  Maker maker_;
};

TYPED_TEST_SUITE_P(StoreLaws);

TYPED_TEST_P(StoreLaws, GivesBackWhatWasAppendedInOrder) {
  const std::vector<NewRecord> all{
      {instant_of_ms(0), "clicks", "scanned", "{}"},
      {instant_of_ms(1'764'000'000'123), "clicks", "sealed", R"({"rows":1,"text":"é…"})"},
      {instant_of_ms(-5), "", "", ""},
      {instant_of_ms(7), "odd", "nul", std::string("a\0b", 3)},
  };
  {
    auto store = this->open(Mode::write);
    EXPECT_EQ(append(*store, {all[0]}), 1);
    EXPECT_EQ(append(*store, {all[1], all[2], all[3]}), 4);
    EXPECT_EQ(store->last()->sequence, 4);
  }
  auto store = this->open(Mode::read);
  const std::vector<Record> records = read_all(*store);
  ASSERT_EQ(records.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(records[i].sequence, static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(records[i].at, all[i].at);
    EXPECT_EQ(records[i].pipeline, all[i].pipeline);
    EXPECT_EQ(records[i].kind, all[i].kind);
    EXPECT_EQ(records[i].body, all[i].body);
    EXPECT_EQ(records[i].hash.size(), 64U);
  }
  EXPECT_EQ(records.back().hash, to_hex(store->last()->hash));
}

TYPED_TEST_P(StoreLaws, ReadsFromAnyPlace) {
  auto store = this->open(Mode::write);
  append(*store, some_records(10));
  for (const auto& [from, count] : std::vector<std::pair<std::int64_t, std::size_t>>{
           {1, 10}, {2, 9}, {10, 1}, {11, 0}, {99, 0}}) {
    std::vector<Record> records;
    ASSERT_TRUE(store->read(from, keep(records))) << from;
    EXPECT_EQ(records.size(), count) << from;
    if (count > 0) EXPECT_EQ(records.front().sequence, from);
  }
}

TYPED_TEST_P(StoreLaws, AVisitorCanStopTheReadingWithItsOwnError) {
  auto store = this->open(Mode::write);
  append(*store, some_records(5));
  int seen = 0;
  const Result<void> read = store->read(1, [&seen](const Record& record) -> Result<void> {
    ++seen;
    if (record.sequence == 3) return fail(ErrorKind::cancelled, "enough");
    return {};
  });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), (Error{ErrorKind::cancelled, "enough"}));
  EXPECT_EQ(seen, 3);
}

TYPED_TEST_P(StoreLaws, AnAppendOnAnotherEndIsAConflictAndWritesNothing) {
  auto store = this->open(Mode::write);
  append(*store, some_records(2));
  const Result<std::int64_t> stale = store->append(some_records(1), 1);
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().kind, ErrorKind::conflict);
  EXPECT_NE(stale.error().message.find("the last record is 2, not 1"), std::string::npos);
  EXPECT_EQ(read_all(*store).size(), 2U);
}

TYPED_TEST_P(StoreLaws, AnEmptyAppendChangesNothing) {
  auto store = this->open(Mode::write);
  EXPECT_EQ(*store->append({}, 0), 0);
  append(*store, some_records(1));
  EXPECT_EQ(*store->append({}, 1), 1);
  EXPECT_FALSE(store->append({}, 0));
}

TYPED_TEST_P(StoreLaws, ReadersSeeAConsistentPastBesideAWriter) {
  auto writer = this->open(Mode::write);
  append(*writer, some_records(3));
  auto reader = this->open(Mode::read);
  std::size_t seen = 0;
  ASSERT_TRUE(reader->read(1, [&](const Record&) -> Result<void> {
    ++seen;
    append(*writer, some_records(1));  // lands behind what this reading began with
    return {};
  }));
  EXPECT_EQ(seen, 3U);
  EXPECT_EQ(read_all(*reader).size(), 6U);
  const Result<std::int64_t> appended = reader->append(some_records(1), 6);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().kind, ErrorKind::refused);
}

TYPED_TEST_P(StoreLaws, EachOpeningForWritingIsAnEpoch) {
  for (int i = 0; i < 3; ++i) {
    auto store = this->open(Mode::write);
    append(*store, some_records(2));
  }
  auto store = this->open(Mode::read);
  std::vector<std::int64_t> epochs;
  for (const Record& record : read_all(*store)) epochs.push_back(record.epoch);
  EXPECT_EQ(epochs, (std::vector<std::int64_t>{1, 1, 2, 2, 3, 3}));
}

TYPED_TEST_P(StoreLaws, AWriterThatWasOvertakenIsFencedOff) {
  auto first = this->open(Mode::write);
  append(*first, some_records(2));
  this->forget_writer();
  auto second = this->open(Mode::write);
  const Result<std::int64_t> late = first->append(some_records(1), 2);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::conflict);
  EXPECT_NE(late.error().message.find("epoch 2, ours is 1"), std::string::npos);
  EXPECT_EQ(append(*second, some_records(1)), 3);
  EXPECT_EQ(read_all(*second).back().epoch, 2);
  EXPECT_TRUE(second->verify()->faults.empty());
}

TYPED_TEST_P(StoreLaws, VerifyCountsAllThatIsThere) {
  auto store = this->open(Mode::write);
  append(*store, some_records(4));
  const Result<Verification> verified = store->verify();
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified->records, 4);
  EXPECT_EQ(verified->last, *store->last());
  EXPECT_TRUE(verified->faults.empty());
}

REGISTER_TYPED_TEST_SUITE_P(StoreLaws, GivesBackWhatWasAppendedInOrder, ReadsFromAnyPlace,
                            AVisitorCanStopTheReadingWithItsOwnError,
                            AnAppendOnAnotherEndIsAConflictAndWritesNothing,
                            AnEmptyAppendChangesNothing, ReadersSeeAConsistentPastBesideAWriter,
                            EachOpeningForWritingIsAnEpoch, AWriterThatWasOvertakenIsFencedOff,
                            VerifyCountsAllThatIsThere);

}  // namespace henge::ledger
