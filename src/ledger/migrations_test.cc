#include "ledger/migrations.h"

#include <set>

#include "ledger/ledger_fixture.h"

namespace henge::ledger {
namespace {

namespace fs = std::filesystem;

// Written by another program after docs/ledger-format.md: six records of two writers.
const std::string version_1_file =
    std::string(HENGE_SOURCE_DIR) + "/tests/golden/ledger/version-1.db";
constexpr std::string_view version_1_end =
    "51d3153f6d5e1ed683eb1e112bb095caf995de6a4a7c75d53039ae7e35ad456f";

class MigrationTest : public LedgerFixture {
 protected:
  void SetUp() override {
    LedgerFixture::SetUp();
    fs::copy(version_1_file, path());
  }
  [[nodiscard]] static int version_of_file(const std::string& file) {
    Result<Database> database = Database::open(file, Access::read);
    return database ? version_of(*database).value_or(-1) : -1;
  }
};

TEST_F(MigrationTest, AnOlderFileIsReadAsItIs) {
  const std::string before = bytes_of(path());
  Store store = open(Mode::read);
  const std::vector<Record> records = read_all(store);
  ASSERT_EQ(records.size(), 6U);
  EXPECT_EQ(records[5].body, R"({"n":6})");
  EXPECT_EQ(records[5].epoch, 2);
  EXPECT_EQ(records[5].hash, version_1_end);
  EXPECT_TRUE(store.verify()->faults.empty());
  EXPECT_EQ(bytes_of(path()), before);
}

TEST_F(MigrationTest, AWriterBringsItUpAndKeepsACopy) {
  std::vector<Record> before;
  {
    Store store = open(Mode::read);
    before = read_all(store);
  }
  {
    Store store = open(Mode::write);
    EXPECT_EQ(read_all(store), before);
    EXPECT_EQ(append(store, some_records(1)), 7);
    EXPECT_EQ(read_all(store).back().epoch, 3);
    EXPECT_TRUE(store.verify()->faults.empty());
  }
  EXPECT_EQ(version_of_file(path()), schema_version());
  EXPECT_EQ(version_of_file(path() + ".v1"), 1);
  EXPECT_FALSE(fs::exists(path() + ".v1.partial"));
  Result<Store> copy = Store::open(path() + ".v1", Mode::read);
  ASSERT_TRUE(copy);
  EXPECT_EQ(read_all(*copy), before);
}

TEST_F(MigrationTest, TheFileKeepsItsOwnHistoryOfMigrations) {
  {
    Store store = open(Mode::write);
  }
  Result<Database> database = Database::open(path(), Access::read);
  ASSERT_TRUE(database);
  EXPECT_EQ(*database->text_of("SELECT group_concat(version) FROM migration"), "1,2");
}

// A migrated file and a new one have the same tables and triggers, word for word.
TEST_F(MigrationTest, OldAndNewEndUpTheSame) {
  const char* shape =
      "SELECT group_concat(name || ' ' || sql, ';') FROM (SELECT * FROM sqlite_schema ORDER BY "
      "name)";
  {
    Store store = open(Mode::write);
  }
  const std::string anew = folder() + "/new.db";
  {
    ASSERT_TRUE(Store::open(anew, Mode::write));
  }
  std::set<std::string> shapes;
  for (const std::string& file : {path(), anew}) {
    Result<Database> database = Database::open(file, Access::read);
    ASSERT_TRUE(database);
    shapes.insert(*database->text_of(shape));
  }
  EXPECT_EQ(shapes.size(), 1U);
}

TEST_F(MigrationTest, AMigrationThatFailsLeavesTheOldVersion) {
  sql("CREATE TRIGGER record_has_no_gap BEFORE INSERT ON writer BEGIN SELECT 1; END");
  const Result<Store> store = Store::open(path(), Mode::write);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("bring the ledger to format version 2"), std::string::npos);
  EXPECT_EQ(version_of_file(path()), 1);
  Store reader = open(Mode::read);
  EXPECT_EQ(read_all(reader).size(), 6U);
}

TEST_F(MigrationTest, ADamagedOlderFileIsNotMigrated) {
  sql("UPDATE record SET body = '{}' WHERE sequence = 2");
  const std::string before = bytes_of(path());
  const Result<Store> store = Store::open(path(), Mode::write);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("record 2 is not what was written"), std::string::npos);
  EXPECT_EQ(bytes_of(path()), before);
  EXPECT_FALSE(fs::exists(path() + ".v1"));
}

TEST(Migrations, CountUpByOne) {
  int version = 0;
  for (const Migration& migration : migrations()) EXPECT_EQ(migration.version, ++version);
  EXPECT_EQ(schema_version(), version);
}

}  // namespace
}  // namespace henge::ledger
