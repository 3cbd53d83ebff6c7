// A ledger is known by its beginning, however much is added.
#include "ledger/identity.h"

#include <gtest/gtest.h>

#include "ledger/ledger_fixture.h"

namespace henge::ledger {
namespace {

class IdentityTest : public LedgerFixture {};

TEST_F(IdentityTest, AnEmptyLedgerHasNoneYet) {
  Store store = open(Mode::write);
  auto found = identity(store);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, "");
}

TEST_F(IdentityTest, StaysWhileTheLedgerGrows) {
  Store store = open(Mode::write);
  append(store, some_records(1));
  auto first = identity(store);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->size(), 64U);
  append(store, some_records(5));
  auto later = identity(store);
  ASSERT_TRUE(later) << later.error().message;
  EXPECT_EQ(*later, *first);
}

}  // namespace
}  // namespace henge::ledger
