// Errors as values: they keep their kind and their cause on the way up, and stop what follows.
#include "model/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <vector>

namespace henge {
namespace {

constexpr ErrorKind kinds[] = {
    ErrorKind::invalid, ErrorKind::not_found, ErrorKind::conflict,        ErrorKind::unavailable,
    ErrorKind::refused, ErrorKind::denied,    ErrorKind::unknown_outcome, ErrorKind::cancelled,
    ErrorKind::corrupt, ErrorKind::exhausted, ErrorKind::internal,
};

TEST(Error, EachKindHasANameOfItsOwn) {
  std::set<std::string> names;
  for (ErrorKind kind : kinds) names.insert(to_string(kind));
  EXPECT_EQ(names.size(), std::size(kinds));
  EXPECT_STREQ(to_string(ErrorKind::unknown_outcome), "unknown_outcome");
  EXPECT_STREQ(to_string(ErrorKind::not_found), "not_found");
  for (ErrorKind kind : kinds) EXPECT_EQ(error_kind_of(to_string(kind)), kind);
  EXPECT_EQ(error_kind_of("of_tomorrow"), ErrorKind::internal);
}

TEST(Error, ContextIsAddedInFrontAndTheCauseStaysLast) {
  Error e{ErrorKind::unavailable, "connection refused"};
  e = std::move(e).within("POST /task");
  e = std::move(e).within("submit task x");
  EXPECT_EQ(e.message, "submit task x: POST /task: connection refused");
  EXPECT_EQ(e.kind, ErrorKind::unavailable) << "context never changes how a caller reacts";
}

TEST(Error, WithoutAnythingSaidIsABug) {
  EXPECT_EQ(Error{}.kind, ErrorKind::internal);
}

TEST(Error, FailMakesAResultOfAnyType) {
  const Result<int> number = fail(ErrorKind::conflict, "moved");
  const Result<void> nothing = fail(ErrorKind::conflict, "moved");
  ASSERT_FALSE(number);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(number.error(), nothing.error());
  EXPECT_EQ(number.error(), (Error{ErrorKind::conflict, "moved"}));
  EXPECT_NE(number.error(), (Error{ErrorKind::invalid, "moved"}));
  EXPECT_NE(number.error(), (Error{ErrorKind::conflict, "stayed"}));
}

Result<int> half(int n) {
  if (n % 2 != 0) return fail(ErrorKind::invalid, "odd");
  return n / 2;
}

Result<int> quarter(int n, std::vector<std::string>& steps) {
  steps.push_back("first");
  TRY(const int first, half(n));
  steps.push_back("second");
  TRY(const int second, half(first));
  steps.push_back("done");
  return second;
}

TEST(Try, GoesOnWithTheValueAndReturnsTheFirstError) {
  struct Case {
    int n;
    std::vector<std::string> steps;
    Result<int> result;
  };
  const Case cases[] = {
      {8, {"first", "second", "done"}, 2},
      {6, {"first", "second"}, fail(ErrorKind::invalid, "odd")},
      {5, {"first"}, fail(ErrorKind::invalid, "odd")},
  };
  for (const auto& c : cases) {
    std::vector<std::string> steps;
    EXPECT_EQ(quarter(c.n, steps), c.result) << c.n;
    EXPECT_EQ(steps, c.steps) << c.n;
  }
}

Result<std::string> checked(const Result<void>& check) {
  TRY_VOID(check);
  return "went on";
}

TEST(Try, OfNothingStopsOnAnErrorToo) {
  EXPECT_EQ(checked({}), "went on");
  EXPECT_EQ(checked(fail(ErrorKind::refused, "no")).error(), (Error{ErrorKind::refused, "no"}));
}

Result<std::unique_ptr<int>> boxed(int n) {
  return std::make_unique<int>(n);
}
Result<int> unboxed(int n) {
  TRY(const std::unique_ptr<int> box, boxed(n));
  return *box;
}

TEST(Try, MovesWhatCanNotBeCopied) {
  EXPECT_EQ(unboxed(7), 7);
}

TEST(Try, AssignsToWhatIsThereOnlyOnSuccess) {
  int kept = 1;
  auto assign = [&](int n) -> Result<void> {
    TRY(kept, half(n));
    return {};
  };
  EXPECT_FALSE(assign(3));
  EXPECT_EQ(kept, 1) << "an error leaves it alone";
  EXPECT_TRUE(assign(4));
  EXPECT_EQ(kept, 2);
}

TEST(InvariantDeathTest, StopsTheProgramAndSaysWhy) {
  invariant(true, "one is one");
  EXPECT_DEATH(invariant(false, "one is two"), "broken invariant: one is two");
}

}  // namespace
}  // namespace henge
