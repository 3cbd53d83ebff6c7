// When streaming has to stand, and what is done with the supervisor next: tables of situations.
// Every event goes through the fold, which refuses what can't follow.
#include "reconcile/fencing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcile/loads.h"

namespace henge::reconcile {
namespace {

using ledger::Body;
using ledger::LoadEnd;
using ledger::StandPhase;
using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Instant start = instant_of_ms(36'000'000'000);
const StreamSight running{};
const StreamSight suspended{.suspended = true};
const StreamSight quiet{.suspended = true, .quiet = true};
const StreamSight missing{.missing = true};

class Fencing : public testing::Test {
 protected:
  Fencing() {
    pipeline.name = "p";
    add({ledger::PipelineDeclared{1, "doc", "f", "", "c0ffee00"},
         ledger::SupervisorPosted{1, "created"}});
    ask(1);
    ask(2);
  }
  void add(const std::vector<Body>& events) {
    for (const Body& body : events) {
      auto done = ledger::apply(all, {now, "p", body});
      ASSERT_TRUE(done) << done.error().message;
    }
  }
  static std::string name(std::int64_t number) { return "load-" + std::to_string(number); }
  void ask(std::int64_t number) {
    ledger::LoadRequested load;
    load.number = number;
    load.load = load.key = name(number);
    load.content.chunks = {{instant_of_ms(number * 3'600'000), 1}};
    load.parts = {{{load.content.chunks[0].chunk}, {}, 1}};
    add({load, ledger::LoadRouted{load.load, "window", "exclusive locks", {}}});
  }
  void open(std::set<std::string> loads, const StreamSight& seen = running) {
    add(open_windows(state(), loads, seen, limits, now));
  }
  void send(std::int64_t number) {
    ledger::LoadTaskIntended task{name(number), 0, 1, "task" + name(number), {}};
    task.targets = {{instant_of_ms(number * 3'600'000), 1, 0, "", 0, {}, {}, {}}};
    add({task});
  }
  void end(std::int64_t number, LoadEnd how) { add({ledger::LoadEnded{name(number), how, "why"}}); }
  std::vector<std::string> close() {
    const auto events = close_windows(state(), now);
    add(events);
    std::vector<std::string> out;
    for (const Body& body : events) out.push_back(ledger::kind_of(body));
    return out;
  }
  // Through the steps that need no more than the ledger, until the phase is reached.
  void stand(StandPhase phase) {
    if (phase == StandPhase::asked) return;
    add({ledger::WindowSuspended{1}});
    if (phase == StandPhase::quiesced) add({ledger::WindowQuiesced{1}});
    if (phase == StandPhase::broken) add({ledger::WindowBroken{1}});
  }
  StandStep step(const StreamSight& seen) { return next_step(state(), seen); }
  const ledger::PipelineState& state() { return all.pipelines.at("p"); }

  Pipeline pipeline;
  ledger::State all;
  FencingLimits limits;
  Instant now = start;
};

TEST_F(Fencing, NeedsAWindowWhereLocksAreExclusiveOrTheRouteSaysSo) {
  EXPECT_TRUE(needs_window(pipeline, state().loads.at(name(1))));
  add({ledger::LoadRouted{name(1), "concurrent_append", "", {}}});
  EXPECT_FALSE(needs_window(pipeline, state().loads.at(name(1))));
  pipeline.locks = Locks::exclusive;
  EXPECT_TRUE(needs_window(pipeline, state().loads.at(name(1))))
      << "declared exclusive since it was asked for";
}

TEST_F(Fencing, OpensWithADeadlineAndTheReason) {
  open({name(1)});
  const auto& window = state().windows.at(0).intent;
  EXPECT_EQ(window.deadline, start + limits.window_max);
  EXPECT_EQ(window.reason, "exclusive locks");
  EXPECT_TRUE(window.resume);
  EXPECT_EQ(window_wait(state(), name(1)),
            "the supervisor is suspended, and its tasks come to their end");
  EXPECT_EQ(window_wait(state(), name(2)), "streaming has to stand for it, and a window opens");
  EXPECT_FALSE(may_open_window(state(), name(1))) << "it has one";
  EXPECT_TRUE(may_open_window(state(), name(2))) << "they nest";
}

TEST_F(Fencing, NestsInOneSuspension) {
  open({name(1)});
  stand(StandPhase::quiesced);
  EXPECT_EQ(window_wait(state(), name(1)), "");
  open({name(2)}, suspended);
  EXPECT_TRUE(state().windows.at(1).intent.resume) << "henge's own suspension is not a person's";
  EXPECT_EQ(window_wait(state(), name(2)), "") << "streaming stands already";
  end(1, LoadEnd::cancelled);
  EXPECT_THAT(close(), ElementsAre("window_closed"));
  EXPECT_EQ(step(quiet), StandStep::wait) << "the other window needs it";
  end(2, LoadEnd::failed);
  EXPECT_THAT(close(), ElementsAre("window_closed"));
  EXPECT_EQ(state().windows.at(1).outcome, "failed");
  EXPECT_EQ(step(quiet), StandStep::resume);
}

TEST_F(Fencing, TwoLoadsWhoseTurnComesAtOnceGetAWindowEach) {
  open({name(1), name(2)});
  EXPECT_EQ(state().windows.size(), 2U);
  EXPECT_EQ(state().stand->first, 1);
}

TEST_F(Fencing, OpensNothingWhereItCanNot) {
  EXPECT_THAT(open_windows(state(), {name(1)}, missing, limits, now), IsEmpty())
      << "there is nothing to suspend";
  EXPECT_THAT(open_windows(state(), {"load-9"}, running, limits, now), IsEmpty());
  end(1, LoadEnd::cancelled);
  EXPECT_THAT(open_windows(state(), {name(1)}, running, limits, now), IsEmpty());
  add({ledger::PipelineDeclared{2, "doc", "f", "", "c0ffee00"}});
  EXPECT_FALSE(may_open_window(state(), name(2))) << "a version is being applied";
}

TEST_F(Fencing, NextStepFollowsFromPhaseAndSight) {
  struct Case {
    StandPhase phase;
    const StreamSight& seen;
    StandStep step;
    const char* why;
  };
  const Case cases[] = {
      {StandPhase::asked, running, StandStep::suspend, "not sent, or the request was lost"},
      {StandPhase::asked, suspended, StandStep::note_suspended, "sent before henge died"},
      {StandPhase::asked, missing, StandStep::wait, "drift tells of it"},
      {StandPhase::suspended, suspended, StandStep::wait, "tasks publish"},
      {StandPhase::suspended, quiet, StandStep::note_quiesced, ""},
      {StandPhase::suspended, running, StandStep::note_broken, "never suspended twice"},
      {StandPhase::quiesced, quiet, StandStep::wait, "the load runs"},
      {StandPhase::quiesced, running, StandStep::note_broken, ""},
      {StandPhase::broken, running, StandStep::wait, "not fought"},
      {StandPhase::broken, suspended, StandStep::wait, ""},
  };
  for (const Case& c : cases) {
    all.pipelines.at("p").windows.clear();
    all.pipelines.at("p").stand.reset();
    open({name(1)});
    stand(c.phase);
    EXPECT_EQ(step(c.seen), c.step) << ledger::to_string(c.phase) << ": " << c.why;
  }
}

TEST_F(Fencing, AfterTheLastWindowTheSupervisorIsAsAPersonHadIt) {
  struct Case {
    bool resume;
    StandPhase phase;
    const StreamSight& seen;
    StandStep step;
  };
  const Case cases[] = {
      {true, StandPhase::asked, running, StandStep::resume},
      {true, StandPhase::suspended, suspended, StandStep::resume},
      {true, StandPhase::quiesced, quiet, StandStep::resume},
      // Sent before henge died, or not: told again, and seen.
      {true, StandPhase::quiesced, running, StandStep::resume},
      {true, StandPhase::quiesced, missing, StandStep::note_missing},
      {true, StandPhase::broken, running, StandStep::note_by_hand},
      {true, StandPhase::broken, suspended, StandStep::note_left},
      {false, StandPhase::quiesced, quiet, StandStep::note_left},
      {false, StandPhase::quiesced, running, StandStep::note_by_hand},
  };
  for (const Case& c : cases) {
    all.pipelines.at("p").windows.clear();
    all.pipelines.at("p").stand.reset();
    open({name(1)}, c.resume ? running : suspended);
    EXPECT_EQ(state().stand->resume, c.resume);
    stand(c.phase);
    add({ledger::WindowClosed{1, "counted"}});
    EXPECT_EQ(step(c.seen), c.step) << c.resume << ledger::to_string(c.phase);
  }
}

TEST_F(Fencing, APersonsSuspensionThatEndsBeforeItWasSeenIsNotRepeated) {
  open({name(1)}, suspended);
  EXPECT_EQ(step(running), StandStep::note_broken);
  EXPECT_EQ(step(quiet), StandStep::note_suspended);
}

TEST_F(Fencing, WithoutAWindowThereIsNothingToDo) {
  for (const StreamSight& seen : {running, suspended, quiet, missing})
    EXPECT_EQ(step(seen), StandStep::wait);
  EXPECT_THAT(close(), IsEmpty());
}

TEST_F(Fencing, TheDeadlineEndsWindowAndLoad) {
  open({name(1)});
  now += minutes(30);
  open({name(2)}, suspended);
  now = start + limits.window_max - Millis(1);
  EXPECT_THAT(close(), IsEmpty());
  now += Millis(1);
  EXPECT_THAT(close(), ElementsAre("load_cancel_asked", "window_closed"));
  EXPECT_EQ(state().windows.at(0).outcome, "deadline");
  EXPECT_THAT(state().loads.at(name(1)).cancel->reason, HasSubstr("for as long as it may"));
  EXPECT_EQ(step(suspended), StandStep::note_suspended) << "the second one goes on";
  EXPECT_FALSE(state().loads.at(name(2)).cancel);
}

TEST_F(Fencing, AtTheDeadlineACancelledLoadIsNotCancelledAgain) {
  open({name(1)});
  add({ledger::LoadCancelAsked{name(1), "me", "mine"}});
  EXPECT_THAT(close(), IsEmpty()) << "what runs is counted first";
  now += limits.window_max;
  EXPECT_THAT(close(), ElementsAre("window_closed"));
  EXPECT_EQ(state().loads.at(name(1)).cancel->by, "me");
}

TEST_F(Fencing, ABrokenWindowCountsWhatWasSentAndThenEndsItsLoad) {
  open({name(1), name(2)});
  stand(StandPhase::quiesced);
  send(1);
  add({ledger::WindowBroken{1}});
  EXPECT_THAT(window_wait(state(), name(1)), HasSubstr("somebody else resumed"));
  EXPECT_FALSE(may_open_window(state(), name(2)));
  EXPECT_THAT(close(), ElementsAre("load_cancel_asked")) << "nothing of the second was sent";
  EXPECT_TRUE(state().loads.at(name(2)).cancel);
  EXPECT_FALSE(state().loads.at(name(1)).cancel);
  end(2, LoadEnd::cancelled);
  EXPECT_THAT(close(), ElementsAre("window_closed"));
  EXPECT_EQ(step(running), StandStep::wait) << "the first one is not over";
}

TEST_F(Fencing, ARetriedLoadGetsAWindowOfItsOwn) {
  open({name(1)});
  stand(StandPhase::quiesced);
  end(1, LoadEnd::failed);
  close();
  add({ledger::WindowResumed{1, "resumed"}, ledger::LoadRetryAsked{name(1), "me", ""}});
  EXPECT_TRUE(may_open_window(state(), name(1)));
  now += hours(1);
  open({name(1)});
  EXPECT_EQ(state().windows.at(1).intent.deadline, now + limits.window_max);
}

}  // namespace
}  // namespace henge::reconcile
