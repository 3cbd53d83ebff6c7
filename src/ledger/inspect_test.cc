// Looking a ledger's file over: where it ends, whether the chain holds from there on, what is gone.
#include "ledger/inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/ledger_fixture.h"
#include "ledger/migrations.h"

namespace henge::ledger {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class InspectTest : public LedgerFixture {
 protected:
  void make(int count) const {
    Store store = open(Mode::write);
    append(store, some_records(count));
  }
  // Past the triggers that keep hands off.
  void by_force(const std::string& statements) const {
    sql("DROP TRIGGER IF EXISTS record_is_never_changed;"
        "DROP TRIGGER IF EXISTS record_is_never_removed;" +
        statements);
  }
  [[nodiscard]] Database file() const {
    auto opened = Database::open(path(), Access::read);
    if (!opened) {
      ADD_FAILURE() << opened.error().message;
      std::abort();
    }
    return std::move(*opened);
  }
  // The sequences a walk from `head` visits; how it ended stands in `ended`.
  std::vector<std::int64_t> walked(Head head) {
    Database database = file();
    Chain chain;
    std::vector<std::int64_t> seen;
    ended = walk(database, chain, head, [&](const Record& record) -> Result<void> {
      seen.push_back(record.sequence);
      return {};
    });
    reached = head;
    return seen;
  }
  Result<void> ended;
  Head reached;
};

TEST_F(InspectTest, AnEmptyLedgerEndsAtGenesis) {
  make(0);
  Database database = file();
  EXPECT_EQ(last_in(database), Head{});
  EXPECT_EQ(head_at(database, 0), Head{});
  EXPECT_EQ(head_at(database, -3), Head{}) << "before the first there is only genesis";
  EXPECT_EQ(head_at(database, 1).error().kind, ErrorKind::not_found);
  EXPECT_THAT(walked({}), testing::IsEmpty());
  EXPECT_TRUE(ended);
}

TEST_F(InspectTest, EveryRecordIsAPlaceToStartFrom) {
  make(5);
  Database database = file();
  EXPECT_EQ(last_in(database), head_at(database, 5));
  EXPECT_EQ(head_at(database, 6).error().kind, ErrorKind::not_found);
  EXPECT_THAT(walked({}), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(reached, *last_in(database));
  EXPECT_THAT(walked(*head_at(database, 3)), ElementsAre(4, 5));
  EXPECT_THAT(walked(*head_at(database, 5)), testing::IsEmpty());
  EXPECT_TRUE(ended);
}

TEST_F(InspectTest, AWalkGoesOnOnlyFromTheRightHash) {
  make(5);
  Database database = file();
  Head wrong = *head_at(database, 3);
  wrong.hash[0] ^= 1;
  EXPECT_THAT(walked(wrong), testing::IsEmpty());
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::corrupt);
  EXPECT_THAT(ended.error().message, HasSubstr("record 4 is not what was written"));
  EXPECT_EQ(reached, wrong) << "it has come nowhere";
}

TEST_F(InspectTest, AGapIsToldFromTheEnd) {
  make(5);
  by_force("DELETE FROM record WHERE sequence = 3");
  Database database = file();
  EXPECT_EQ(head_at(database, 3).error().kind, ErrorKind::corrupt);
  EXPECT_EQ(head_at(database, 6).error().kind, ErrorKind::not_found);
  EXPECT_THAT(walked({}), ElementsAre(1, 2));
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().message, HasSubstr("record 3 is missing"));
  EXPECT_EQ(reached.sequence, 2);
}

TEST_F(InspectTest, TheVisitorsErrorStopsBeforeTheHeadMoves) {
  make(3);
  Database database = file();
  Chain chain;
  Head head;
  auto stopped = walk(database, chain, head, [](const Record& record) -> Result<void> {
    if (record.sequence == 2) return fail(ErrorKind::cancelled, "enough");
    return {};
  });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error(), (Error{ErrorKind::cancelled, "enough"}));
  EXPECT_EQ(head.sequence, 1) << "the record that was refused is not behind it";
}

TEST_F(InspectTest, AHashOfAWrongLengthIsDamage) {
  make(3);
  by_force(
      "PRAGMA ignore_check_constraints = ON; UPDATE record SET hash = x'00' WHERE sequence = 2");
  Database database = file();
  EXPECT_EQ(head_at(database, 2).error().kind, ErrorKind::corrupt);
  EXPECT_THAT(walked({}), ElementsAre(1));
  EXPECT_EQ(ended.error().kind, ErrorKind::corrupt);
}

TEST_F(InspectTest, AQuickLookSeesTheEndAndAThoroughOneAll) {
  make(8);
  {
    Database database = file();
    for (Depth depth : {Depth::last_link, Depth::whole_chain})
      EXPECT_EQ(probe(database, std::nullopt, depth), schema_version());
  }
  by_force("UPDATE record SET body = '{}' WHERE sequence = 3");
  {
    Database database = file();
    EXPECT_EQ(probe(database, std::nullopt, Depth::last_link), schema_version())
        << "a reader finds it when it comes there";
    auto refused = probe(database, std::nullopt, Depth::whole_chain);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::corrupt);
    EXPECT_THAT(refused.error().message, HasSubstr("record 3"));
  }
  by_force("UPDATE record SET body = '{}' WHERE sequence = 8");
  Database database = file();
  auto refused = probe(database, std::nullopt, Depth::last_link);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("record 8"));
}

TEST_F(InspectTest, TheNoteIsBehindTheLedgerOrAtItsEndButNeverAhead) {
  make(5);
  Database database = file();
  const Head second = *head_at(database, 2), last = *last_in(database);
  struct Case {
    const char* name;
    std::optional<Head> noted;
    const char* why;  // empty: fine
  };
  Head another = second;
  another.hash[5] ^= 1;
  Head ahead = last;
  ++ahead.sequence;
  const Case cases[] = {
      {"none", std::nullopt, ""},
      {"of an empty ledger", Head{}, ""},
      {"behind", second, ""},
      {"at the end", last, ""},
      {"ahead", ahead, "ends at record 5, but record 6 had been written"},
      {"of another history", another, "record 2 is not the one that was written"},
  };
  for (const auto& c : cases) {
    auto probed = probe(database, c.noted, Depth::whole_chain);
    Chain chain;
    auto whole = inspect(database, chain, c.noted);
    ASSERT_TRUE(whole) << c.name;
    EXPECT_EQ(whole->records, 5) << c.name;
    EXPECT_EQ(whole->last, last) << c.name;
    if (*c.why == '\0') {
      EXPECT_TRUE(probed) << c.name;
      EXPECT_TRUE(whole->faults.empty()) << c.name;
    } else {
      ASSERT_FALSE(probed) << c.name;
      EXPECT_EQ(probed.error().kind, ErrorKind::corrupt);
      EXPECT_THAT(probed.error().message, HasSubstr(c.why));
      ASSERT_EQ(whole->faults.size(), 1u) << c.name;
      EXPECT_THAT(whole->faults[0].message, HasSubstr(c.why));
    }
  }
}

TEST_F(InspectTest, AFileWithNothingInItIsNoLedgerYetUnlessThereWasOne) {
  std::ofstream(path()).close();
  Database database = file();
  EXPECT_EQ(probe(database, std::nullopt, Depth::whole_chain), 0);
  auto refused = probe(database, Head{4, genesis}, Depth::whole_chain);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::corrupt);
  EXPECT_THAT(refused.error().message, HasSubstr("empty, but 4 records had been written"));
}

TEST_F(InspectTest, EveryKindOfDamageIsAFaultOfItsOwn) {
  make(5);
  by_force(
      "PRAGMA foreign_keys = OFF;"
      "UPDATE record SET body = '{}' WHERE sequence = 2;"
      "UPDATE record SET epoch = 99 WHERE sequence = 4");
  Database database = file();
  Chain chain;
  auto found = inspect(database, chain, std::nullopt);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->records, 1) << "good ones, from the first on";
  EXPECT_EQ(found->last, *head_at(database, 1));
  ASSERT_EQ(found->faults.size(), 2u);
  EXPECT_EQ(found->faults[0].sequence, 2);
  EXPECT_THAT(found->faults[0].message, HasSubstr("checksum"));
  EXPECT_EQ(found->faults[1].sequence, 4);
  EXPECT_THAT(found->faults[1].message, HasSubstr("refers to a writer that is not there"));
}

// Whatever single field of whichever record is changed, the check names that record.
TEST_F(InspectTest, AnyChangeOfAnyRecordIsFoundThere) {
  make(6);
  const std::string whole = bytes_of(path());
  for (const char* change :
       {"at_ms = at_ms + 1", "pipeline = 'other'", "pipeline = ''", "kind = kind || ' '",
        "body = body || ' '", "hash = zeroblob(32)", "body = replace(body, 'padding', 'Padding')"})
    for (int sequence = 1; sequence <= 6; ++sequence) {
      for (const char* end : {"-wal", "-shm"}) std::filesystem::remove(path() + end);
      std::ofstream(path(), std::ios::binary) << whole;
      by_force(fmt::format("UPDATE record SET {} WHERE sequence = {}", change, sequence));
      Database database = file();
      Chain chain;
      auto found = inspect(database, chain, std::nullopt);
      ASSERT_TRUE(found) << found.error().message;
      ASSERT_EQ(found->faults.size(), 1u) << change << " in " << sequence;
      EXPECT_EQ(found->faults[0].sequence, sequence) << change;
      EXPECT_EQ(found->records, sequence - 1);
    }
}

}  // namespace
}  // namespace henge::ledger
