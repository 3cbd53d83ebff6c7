// A changed supervisor is believed only when it was seen to work, and the last good one comes back
// when it is not.
#include "reconcile/judge_change.h"

#include <gtest/gtest.h>

namespace henge::reconcile {
namespace {

using ledger::DeclaredVersion;
using ledger::PipelineState;

const Instant noon = instant_of_ms(1'764'000'000'000);
constexpr ChangePatience patience;

DeclaredVersion version(std::int64_t number, bool proven = false, bool refused = false) {
  DeclaredVersion v;
  v.number = number;
  v.proven = proven;
  v.refused = refused;
  return v;
}

// Version 2 was posted over version 1, which was good.
PipelineState changed() {
  PipelineState state;
  state.version = state.posted_version = 2;
  state.proven_version = 1;
  state.versions = {version(1, true), version(2)};
  return state;
}

SupervisorStatus working() {
  SupervisorStatus status;
  status.state = "RUNNING";
  status.active = {{"t0", {{0, 1}}, {{0, 5}}, noon}, {"t1", {{1, 1}}, {{1, 9}}, noon}};
  return status;
}

SupervisorStatus unwell() {
  SupervisorStatus status;
  status.state = "UNHEALTHY_TASKS";
  status.detailed_state = "UNHEALTHY_TASKS";
  status.healthy = false;
  status.recent_errors = {"older", "org.example.Broken: no such column"};
  return status;
}

// Judges the looks one after the other, ten seconds apart, and gives the verdict of each.
std::vector<ChangeVerdict> follow(const PipelineState& state,
                                  const std::vector<std::optional<SupervisorStatus>>& looks) {
  std::vector<ChangeVerdict> verdicts;
  ChangeWatch watch;
  Instant now = noon;
  for (const auto& status : looks) {
    auto judged = judge_change(state, {now, status, false}, watch, patience);
    watch = judged.watch;
    verdicts.push_back(judged.verdict);
    now += std::chrono::seconds(10);
  }
  return verdicts;
}

using Looks = std::vector<std::optional<SupervisorStatus>>;

TEST(JudgeChange, IsProvenAfterTwoMinutesOfWork) {
  const auto verdicts = follow(changed(), Looks(14, working()));
  for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(verdicts[i], ChangeVerdict::wait) << i;
  EXPECT_EQ(verdicts[12], ChangeVerdict::proven);
}

TEST(JudgeChange, TasksThatDieAtStartNeverProveIt) {
  // Healthy by name, while no reader ever tells an offset.
  SupervisorStatus starting = working();
  for (auto& task : starting.active) task.current_offsets.clear();
  for (const auto verdict : follow(changed(), Looks(60, starting)))
    EXPECT_EQ(verdict, ChangeVerdict::wait);
  SupervisorStatus none = working();
  none.active.clear();
  for (const auto verdict : follow(changed(), Looks(60, none)))
    EXPECT_EQ(verdict, ChangeVerdict::wait);
}

// Tasks of a minute: between two generations there is a moment without readers.
TEST(JudgeChange, AMomentBetweenTwoGenerationsOfTasksDoesNotCount) {
  Looks looks;
  for (int minute = 0; minute < 3; ++minute) {
    looks.insert(looks.end(), 5, working());
    looks.emplace_back(SupervisorStatus{});
  }
  const auto verdicts = follow(changed(), looks);
  EXPECT_EQ(std::ranges::count(verdicts, ChangeVerdict::proven), 5) << "from the 13th look on";
}

TEST(JudgeChange, ALongGapInTheWorkStartsTheTimeAgain) {
  Looks looks(11, working());
  looks.insert(looks.end(), 4, SupervisorStatus{});
  looks.insert(looks.end(), 12, working());
  for (const auto verdict : follow(changed(), looks)) EXPECT_EQ(verdict, ChangeVerdict::wait);
  looks.emplace_back(working());
  EXPECT_EQ(follow(changed(), looks).back(), ChangeVerdict::proven);
}

TEST(JudgeChange, NoAnswerSaysNothing) {
  Looks looks(13, working());
  looks[4] = looks[5] = std::nullopt;
  EXPECT_EQ(follow(changed(), looks).back(), ChangeVerdict::proven);
  for (const auto verdict : follow(changed(), Looks(30, std::nullopt)))
    EXPECT_EQ(verdict, ChangeVerdict::wait);
}

TEST(JudgeChange, UnwellForTooLongGoesBackWithTheReason) {
  ChangeWatch watch;
  auto first = judge_change(changed(), {noon, unwell(), false}, watch, patience);
  EXPECT_EQ(first.verdict, ChangeVerdict::wait);
  auto later =
      judge_change(changed(), {noon + patience.unwell_max, unwell(), false}, first.watch, patience);
  EXPECT_EQ(later.verdict, ChangeVerdict::roll_back);
  EXPECT_NE(later.reason.find("UNHEALTHY_TASKS"), std::string::npos) << later.reason;
  EXPECT_NE(later.reason.find("no such column"), std::string::npos) << later.reason;
}

TEST(JudgeChange, AMomentOfTroubleIsForgiven) {
  const Looks looks{unwell(), unwell(), working(), unwell(), unwell()};
  for (const auto verdict : follow(changed(), looks)) EXPECT_EQ(verdict, ChangeVerdict::wait);
}

TEST(JudgeChange, OneThatVanishedComesBackAtOnce) {
  const auto judged = judge_change(changed(), {noon, std::nullopt, true}, {}, patience);
  EXPECT_EQ(judged.verdict, ChangeVerdict::roll_back);
  EXPECT_NE(judged.reason.find("vanished"), std::string::npos);
}

TEST(JudgeChange, SuspendedCannotBeJudged) {
  SupervisorStatus suspended = unwell();
  suspended.suspended = true;
  for (const auto verdict : follow(changed(), Looks(30, suspended)))
    EXPECT_EQ(verdict, ChangeVerdict::wait);
}

struct Unwatched {
  const char* why;
  PipelineState state;
};

TEST(JudgeChange, WatchesOnlyWhatIsNewAndPosted) {
  std::vector<Unwatched> cases;
  cases.push_back({"proven already", changed()});
  cases.back().state.proven_version = 2;
  cases.push_back({"not posted yet", changed()});
  cases.back().state.posted_version = 1;
  cases.push_back({"refused already", changed()});
  cases.back().state.refused_version = 2;
  cases.push_back({"released", changed()});
  cases.back().state.released = true;
  cases.push_back({"never declared", PipelineState{}});
  for (const auto& c : cases) {
    for (const auto verdict : follow(c.state, Looks(30, unwell())))
      EXPECT_EQ(verdict, ChangeVerdict::wait) << c.why;
    for (const auto verdict : follow(c.state, Looks(30, working())))
      EXPECT_EQ(verdict, ChangeVerdict::wait) << c.why;
  }
}

TEST(JudgeChange, WithoutAnOlderVersionNothingIsTakenAway) {
  PipelineState first;
  first.version = first.posted_version = 1;
  first.versions = {version(1)};
  for (const auto verdict : follow(first, Looks(30, unwell())))
    EXPECT_EQ(verdict, ChangeVerdict::wait);
  EXPECT_EQ(judge_change(first, {noon, std::nullopt, true}, {}, patience).verdict,
            ChangeVerdict::wait);
  EXPECT_EQ(follow(first, Looks(13, working())).at(12), ChangeVerdict::proven);
}

TEST(JudgeChange, AnotherVersionIsWatchedFromItsBeginning) {
  ChangeWatch watch{1, noon - std::chrono::hours(1), noon, std::nullopt};
  const auto judged = judge_change(changed(), {noon, working(), false}, watch, patience);
  EXPECT_EQ(judged.verdict, ChangeVerdict::wait);
  EXPECT_EQ(judged.watch.version, 2);
  EXPECT_EQ(judged.watch.well_since, noon);
}

TEST(VersionBefore, PrefersTheLastGoodOne) {
  struct Case {
    const char* why;
    std::vector<DeclaredVersion> versions;
    std::int64_t proven;
    std::int64_t failed;
    std::int64_t back_to;
  };
  const std::vector<Case> cases{
      {"the only one", {version(1)}, 0, 1, 0},
      {"the one before, not proven", {version(1), version(2)}, 0, 2, 1},
      {"the proven one, not the one before", {version(1, true), version(2), version(3)}, 1, 3, 1},
      {"never one that failed itself", {version(1), version(2, false, true), version(3)}, 0, 3, 1},
      {"all before failed", {version(1, false, true), version(2)}, 0, 2, 0},
  };
  for (const auto& c : cases) {
    PipelineState state;
    state.versions = c.versions;
    state.proven_version = c.proven;
    EXPECT_EQ(version_before(state, c.failed), c.back_to) << c.why;
  }
}

}  // namespace
}  // namespace henge::reconcile
