// The laws of the event store on a sound disk: order, all or nothing, one writer, any reader.
#include "ledger/store.h"

#include <gtest/gtest.h>

#include "ledger/database.h"
#include "ledger/ledger_fixture.h"
#include "ledger/migrations.h"

namespace henge::ledger {
namespace {

class StoreTest : public LedgerFixture {};

TEST_F(StoreTest, GivesBackWhatWasAppendedInOrder) {
  const std::vector<NewRecord> all{
      {instant_of_ms(0), "clicks", "scanned", "{}"},
      {instant_of_ms(1'764'000'000'123), "clicks", "sealed", R"({"rows":1,"text":"é…"})"},
      {instant_of_ms(-5), "", "", ""},
      {instant_of_ms(7), "odd", "nul", std::string("a\0b", 3)},
  };
  {
    Store store = open(Mode::write);
    EXPECT_EQ(append(store, {all[0]}), 1);
    EXPECT_EQ(append(store, {all[1], all[2], all[3]}), 4);
    EXPECT_EQ(store.last()->sequence, 4);
  }
  Store store = open(Mode::read);
  const std::vector<Record> records = read_all(store);
  ASSERT_EQ(records.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(records[i].sequence, static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(records[i].at, all[i].at);
    EXPECT_EQ(records[i].pipeline, all[i].pipeline);
    EXPECT_EQ(records[i].kind, all[i].kind);
    EXPECT_EQ(records[i].body, all[i].body);
    EXPECT_EQ(records[i].hash.size(), 64U);
  }
  EXPECT_EQ(records.back().hash, to_hex(store.last()->hash));
}

TEST_F(StoreTest, ReadsFromAnyPlace) {
  Store store = open(Mode::write);
  append(store, some_records(10));
  for (const auto& [from, count] : std::vector<std::pair<std::int64_t, std::size_t>>{
           {1, 10}, {2, 9}, {10, 1}, {11, 0}, {99, 0}}) {
    std::vector<Record> records;
    ASSERT_TRUE(store.read(from, keep(records))) << from;
    EXPECT_EQ(records.size(), count) << from;
    if (count > 0) EXPECT_EQ(records.front().sequence, from);
  }
}

TEST_F(StoreTest, AVisitorCanStopTheReadingWithItsOwnError) {
  Store store = open(Mode::write);
  append(store, some_records(5));
  int seen = 0;
  const Result<void> read = store.read(1, [&seen](const Record& record) -> Result<void> {
    ++seen;
    if (record.sequence == 3) return fail(ErrorKind::cancelled, "enough");
    return {};
  });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), (Error{ErrorKind::cancelled, "enough"}));
  EXPECT_EQ(seen, 3);
}

TEST_F(StoreTest, AnAppendOnAnotherEndIsAConflictAndWritesNothing) {
  Store store = open(Mode::write);
  append(store, some_records(2));
  const Result<std::int64_t> stale = store.append(some_records(1), 1);
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().kind, ErrorKind::conflict);
  EXPECT_NE(stale.error().message.find("the last record is 2, not 1"), std::string::npos);
  EXPECT_EQ(read_all(store).size(), 2U);
}

TEST_F(StoreTest, AnEmptyAppendChangesNothing) {
  Store store = open(Mode::write);
  EXPECT_EQ(*store.append({}, 0), 0);
  append(store, some_records(1));
  EXPECT_EQ(*store.append({}, 1), 1);
  EXPECT_FALSE(store.append({}, 0));
}

TEST_F(StoreTest, AllRecordsOfAnAppendOrNone) {
  Store store = open(Mode::write);
  append(store, some_records(2));
  // A trigger makes the third insert of the append fail, as a full disk would.
  sql("CREATE TRIGGER stop BEFORE INSERT ON record WHEN NEW.body = 'stop' "
      "BEGIN SELECT raise(ABORT, 'stopped'); END");
  std::vector<NewRecord> records = some_records(4);
  records[2].body = "stop";
  const Result<std::int64_t> stopped = store.append(records, 2);
  ASSERT_FALSE(stopped);
  EXPECT_NE(stopped.error().message.find("stopped"), std::string::npos);
  EXPECT_EQ(read_all(store).size(), 2U);
  EXPECT_EQ(append(store, some_records(3)), 5);
  EXPECT_TRUE(store.verify()->faults.empty());
}

TEST_F(StoreTest, TheSecondWriterIsRefusedWithTheFirstOnesName) {
  Store first = open(Mode::write);
  const Result<Store> second = Store::open(path(), Mode::write);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::refused);
  const Writer self = this_process();
  EXPECT_NE(second.error().message.find(fmt::format("process {} on {}", self.pid, self.host)),
            std::string::npos)
      << second.error().message;
  append(first, some_records(1));
}

TEST_F(StoreTest, AWriterThatWasOvertakenIsFencedOff) {
  Store first = open(Mode::write);
  append(first, some_records(2));
  // On a file system without locks between machines a second writer gets in. The epoch tells.
  std::filesystem::remove(path() + ".lock");
  Store second = open(Mode::write);
  const Result<std::int64_t> late = first.append(some_records(1), 2);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::conflict);
  EXPECT_NE(late.error().message.find("epoch 2, ours is 1"), std::string::npos);
  EXPECT_EQ(append(second, some_records(1)), 3);
  EXPECT_EQ(read_all(second).back().epoch, 2);
  EXPECT_TRUE(second.verify()->faults.empty());
}

TEST_F(StoreTest, ReadersSeeAConsistentPastBesideAWriter) {
  Store writer = open(Mode::write);
  append(writer, some_records(3));
  Store reader = open(Mode::read);
  std::size_t seen = 0;
  ASSERT_TRUE(reader.read(1, [&](const Record&) -> Result<void> {
    ++seen;
    append(writer, some_records(1));  // lands behind what this reading began with
    return {};
  }));
  EXPECT_EQ(seen, 3U);
  EXPECT_EQ(read_all(reader).size(), 6U);
  const Result<std::int64_t> appended = reader.append(some_records(1), 6);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().kind, ErrorKind::refused);
}

TEST_F(StoreTest, EachOpeningForWritingIsAnEpoch) {
  for (int i = 0; i < 3; ++i) {
    Store store = open(Mode::write);
    append(store, some_records(2));
  }
  Store store = open(Mode::read);
  std::vector<std::int64_t> epochs;
  for (const Record& record : read_all(store)) epochs.push_back(record.epoch);
  EXPECT_EQ(epochs, (std::vector<std::int64_t>{1, 1, 2, 2, 3, 3}));
}

TEST_F(StoreTest, WhatCannotBeOpenedSaysWhy) {
  const Result<Store> absent = Store::open(path(), Mode::read);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().kind, ErrorKind::not_found);
  EXPECT_NE(absent.error().message.find(path()), std::string::npos);

  const Result<Store> no_folder = Store::open(path() + "/none/ledger.db", Mode::write);
  ASSERT_FALSE(no_folder);
  EXPECT_EQ(no_folder.error().kind, ErrorKind::not_found);

  {
    Store store = open(Mode::write);
  }
  sql("PRAGMA user_version = 99");
  for (const Mode mode : {Mode::read, Mode::write}) {
    const Result<Store> newer = Store::open(path(), mode);
    ASSERT_FALSE(newer);
    EXPECT_EQ(newer.error().kind, ErrorKind::invalid);
    EXPECT_NE(
        newer.error().message.find(fmt::format("format version 99, this henge ({}) knows up to {}",
                                               HENGE_VERSION, schema_version())),
        std::string::npos)
        << newer.error().message;
  }
}

TEST_F(StoreTest, AnotherProgramsDatabaseIsLeftAlone) {
  sql("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)");
  const std::string before = bytes_of(path());
  const Result<Store> store = Store::open(path(), Mode::write);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::invalid);
  EXPECT_EQ(bytes_of(path()), before);
}

TEST_F(StoreTest, AFileThatWasOnlyBegunIsMadeAnew) {
  std::ofstream(path()).close();
  Store store = open(Mode::write);
  EXPECT_EQ(append(store, some_records(1)), 1);
}

}  // namespace
}  // namespace henge::ledger
