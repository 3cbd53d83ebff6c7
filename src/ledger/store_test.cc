// The laws of the event store on a sound disk: order, all or nothing, one writer, any reader.
#include "ledger/store.h"

#include <gtest/gtest.h>

#include "ledger/database.h"
#include "ledger/ledger_fixture.h"
#include "ledger/migrations.h"
#include "ledger/store_laws.h"

namespace henge::ledger {
namespace {

// Everything that holds for any store.
class SqliteMaker {
 public:
  SqliteMaker() {
    std::string folder = (std::filesystem::temp_directory_path() / "henge-store-XXXXXX").string();
    folder_ = mkdtemp(folder.data());
  }
  ~SqliteMaker() { std::filesystem::remove_all(folder_); }
  std::unique_ptr<EventStore> open(Mode mode) {
    Result<Store> store = Store::open(path(), mode);
    if (!store) {
      ADD_FAILURE() << store.error().message;
      std::abort();
    }
    return std::make_unique<Store>(std::move(*store));
  }
  // As on a file system without locks between machines.
  void forget_writer() { std::filesystem::remove(path() + ".lock"); }

 private:
  [[nodiscard]] std::string path() const { return folder_ + "/ledger.db"; }
  std::string folder_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreLaws, SqliteMaker);

// What only a file can do.
class StoreTest : public LedgerFixture {};

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
