// SQLite behind its owners: what goes in comes out, what was not committed never was, and its codes
// are henge's errors.
#include "ledger/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "ledger/ledger_fixture.h"

namespace henge::ledger {
namespace {

using testing::HasSubstr;

class DatabaseTest : public LedgerFixture {
 protected:
  [[nodiscard]] Database database() const {
    auto opened = Database::open(path(), Access::write);
    if (!opened) {
      ADD_FAILURE() << opened.error().message;
      std::abort();
    }
    return std::move(*opened);
  }
};

TEST_F(DatabaseTest, ReadingNeedsAFileAndNeverChangesIt) {
  auto absent = Database::open(path(), Access::read);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().kind, ErrorKind::not_found);
  EXPECT_FALSE(std::filesystem::exists(path())) << "not even by asking";
  sql("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  const std::string before = bytes_of(path());
  auto reader = Database::open(path(), Access::read);
  ASSERT_TRUE(reader);
  auto refused = reader->execute("INSERT INTO t VALUES (2)");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::denied);
  EXPECT_EQ(reader->integer_of("SELECT count(*) FROM t"), 1);
  EXPECT_EQ(bytes_of(path()), before);
}

TEST_F(DatabaseTest, SaysWhatIsWrong) {
  auto no_folder = Database::open(folder() + "/none/ledger.db", Access::write);
  ASSERT_FALSE(no_folder);
  EXPECT_EQ(no_folder.error().kind, ErrorKind::not_found);
  std::ofstream(path()) << std::string(5000, 'x');
  auto opened = Database::open(path(), Access::read);
  ASSERT_TRUE(opened) << "SQLite looks only when it reads";
  auto no_database = opened->integer_of("SELECT count(*) FROM sqlite_schema");
  ASSERT_FALSE(no_database);
  EXPECT_EQ(no_database.error().kind, ErrorKind::corrupt);
}

TEST_F(DatabaseTest, WrongSqlIsABugAndSaysWhere) {
  Database db = database();
  for (const char* wrong : {"SELEC 1", "SELECT * FROM nowhere", "SELECT nothing"}) {
    auto refused = db.prepare(wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().kind, ErrorKind::internal);
    EXPECT_FALSE(db.execute(wrong));
    EXPECT_FALSE(db.integer_of(wrong));
    EXPECT_FALSE(db.text_of(wrong));
  }
  EXPECT_THAT(db.prepare("SELECT * FROM nowhere").error().message, HasSubstr("nowhere"));
}

TEST_F(DatabaseTest, NoRowIsNotARowOfZero) {
  Database db = database();
  ASSERT_TRUE(db.execute("CREATE TABLE t (a)"));
  auto none = db.integer_of("SELECT a FROM t");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::not_found);
  EXPECT_THAT(none.error().message, HasSubstr("SELECT a FROM t"));
  EXPECT_EQ(db.text_of("SELECT a FROM t").error().kind, ErrorKind::not_found);
  EXPECT_EQ(db.integer_of("SELECT 7"), 7);
  EXPECT_EQ(db.text_of("SELECT 'seven'"), "seven");
}

TEST_F(DatabaseTest, NullIsToldFromEmpty) {
  Database db = database();
  auto row = db.prepare("SELECT NULL, '', x'', 0");
  ASSERT_TRUE(row);
  ASSERT_TRUE(*row->step());
  EXPECT_TRUE(row->null(0));
  for (int column : {1, 2, 3}) EXPECT_FALSE(row->null(column)) << column;
  EXPECT_EQ(row->text(0), "");
  EXPECT_EQ(row->text(1), "");
  EXPECT_TRUE(row->blob(2).empty());
  EXPECT_FALSE(*row->step()) << "one row only";
}

TEST_F(DatabaseTest, AStatementIsUsedAgainAfterItFailed) {
  Database db = database();
  ASSERT_TRUE(db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT"));
  auto insert = db.prepare("INSERT INTO t VALUES (?)");
  for (std::int64_t value : {1, 1, 2}) {
    insert->bind(1, value);
    static_cast<void>(insert->run());
  }
  EXPECT_EQ(db.integer_of("SELECT count(*) FROM t"), 2);
  insert->bind(1, std::int64_t{2});
  auto doubled = insert->run();
  ASSERT_FALSE(doubled);
  EXPECT_THAT(doubled.error().message, HasSubstr("UNIQUE"));
}

TEST_F(DatabaseTest, WhatIsNotCommittedNeverWas) {
  Database db = database();
  ASSERT_TRUE(db.execute("CREATE TABLE t (a)"));
  {
    auto transaction = Transaction::begin(db);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(db.execute("INSERT INTO t VALUES (1)"));
    EXPECT_EQ(db.integer_of("SELECT count(*) FROM t"), 1);
  }
  EXPECT_EQ(db.integer_of("SELECT count(*) FROM t"), 0) << "undone by leaving";
  {
    auto transaction = Transaction::begin(db);
    ASSERT_TRUE(db.execute("INSERT INTO t VALUES (1)"));
    Transaction moved = std::move(*transaction);
    EXPECT_TRUE(moved.commit());
  }
  EXPECT_EQ(db.integer_of("SELECT count(*) FROM t"), 1);
  Database other = database();
  EXPECT_EQ(other.integer_of("SELECT count(*) FROM t"), 1) << "for everybody";
}

TEST_F(DatabaseTest, ATransactionWithinAnotherIsABugAndTheOuterGoesOn) {
  Database db = database();
  ASSERT_TRUE(db.execute("CREATE TABLE t (a)"));
  auto outer = Transaction::begin(db);
  ASSERT_TRUE(db.execute("INSERT INTO t VALUES (1)"));
  EXPECT_FALSE(Transaction::begin(db));
  EXPECT_TRUE(outer->commit());
  EXPECT_EQ(db.integer_of("SELECT count(*) FROM t"), 1);
}

TEST_F(DatabaseTest, AnyValueComesBackAsItWas) {
  const auto good = rc::check([&] {
    Database db = database();
    RC_ASSERT(
        db.execute("DROP TABLE IF EXISTS t; CREATE TABLE t (i INTEGER, t TEXT, b BLOB) STRICT")
            .has_value());
    const auto number =
        *rc::gen::oneOf(rc::gen::arbitrary<std::int64_t>(), rc::gen::element(INT64_MIN, INT64_MAX));
    const auto text = *rc::gen::arbitrary<std::string>();
    const auto blob = *rc::gen::arbitrary<std::vector<std::uint8_t>>();
    auto insert = db.prepare("INSERT INTO t VALUES (?, ?, ?)");
    insert->bind(1, number);
    insert->bind(2, std::string_view(text));
    insert->bind(3, std::span<const std::uint8_t>(blob));
    RC_ASSERT(insert->run().has_value());
    auto row = db.prepare("SELECT i, t, b FROM t");
    RC_ASSERT(*row->step());
    RC_ASSERT(row->integer(0) == number);
    RC_ASSERT(row->text(1) == text);
    const auto back = row->blob(2);
    RC_ASSERT(std::vector<std::uint8_t>(back.begin(), back.end()) == blob);
  });
  EXPECT_TRUE(good);
}

}  // namespace
}  // namespace henge::ledger
