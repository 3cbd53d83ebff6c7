// The supervisor: which of its drifts is found in which state, and what tells one edit from
// another.
#include "reconcile/drift_fixture.h"

namespace henge::reconcile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Supervisor : public CalmWorld {
 protected:
  SupervisorListing& live() { return world.supervisors->at("clicks"); }
  // The live spec reads another topic.
  void topic(const std::string& text) {
    live().spec.text =
        R"({"spec":{"dataSchema":{"dataSource":"clicks"},"ioConfig":{"taskCount":1,"topic":")" +
        text + R"("}},"type":"kafka"})";
  }
};

TEST_F(Supervisor, IsFoundInEveryStateAsWhatItIs) {
  const struct {
    const char* name;
    bool listed, confirmed_missing, tombstone, suspended, healthy;
    const char* state;
    std::vector<std::string> found;
  } cases[] = {
      {"well", true, false, false, false, true, "RUNNING", {}},
      {"starting", true, false, false, false, true, "PENDING", {}},
      {"listed is there, whatever was asked", true, true, true, false, true, "RUNNING", {}},
      {"not listed", false, false, false, false, true, "", {}},
      {"not listed, of which an old history ends", false, false, true, false, true, "", {}},
      {"not there", false, true, false, false, true, "", {"supervisor_missing"}},
      {"terminated", false, true, true, false, true, "", {"supervisor_terminated"}},
      {"suspended", true, false, false, true, true, "SUSPENDED", {"supervisor_suspended"}},
      {"a suspended one is not ill",
       true,
       false,
       false,
       true,
       false,
       "UNHEALTHY_SUPERVISOR",
       {"supervisor_suspended"}},
      {"not healthy", true, false, false, false, false, "RUNNING", {"supervisor_unhealthy"}},
      {"ill by its state",
       true,
       false,
       false,
       false,
       true,
       "UNHEALTHY_TASKS",
       {"supervisor_unhealthy"}},
      {"ill by both",
       true,
       false,
       false,
       false,
       false,
       "UNHEALTHY_TASKS",
       {"supervisor_unhealthy"}},
      {"in the middle of a word", true, false, false, false, true, "NOT_UNHEALTHY", {}},
  };
  const SupervisorListing calm = live();
  for (const auto& c : cases) {
    SupervisorListing listing = calm;
    listing.state = listing.detailed_state = c.state;
    listing.suspended = c.suspended;
    listing.healthy = c.healthy;
    world.supervisors.emplace();
    if (c.listed) (*world.supervisors)["clicks"] = listing;
    world.confirmed_missing.clear();
    world.terminated.clear();
    if (c.confirmed_missing) world.confirmed_missing = {"clicks"};
    if (c.tombstone) world.terminated = {"clicks"};
    std::vector<std::string> found;
    for (const std::string& kind : c.found) found.push_back(kind + " clicks");
    EXPECT_EQ(keys(), found) << c.name;
  }
}

TEST_F(Supervisor, OfAnotherNameSaysNothing) {
  SupervisorListing other = live();
  other.id = "views";
  other.suspended = true;
  other.healthy = false;
  other.spec.text = "{}";
  (*world.supervisors)["views"] = other;
  world.confirmed_missing = world.terminated = {"views"};
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(Supervisor, IsLeftToWhoChangesItAndItsDriftStaysUnknownMeanwhile) {
  live().suspended = true;
  live().healthy = false;
  topic("x");
  ASSERT_THAT(keys(), ElementsAre("supervisor_edited clicks", "supervisor_suspended clicks"));
  for (const Drift& d : find().drifts) record(d);
  state().version = 4;
  EXPECT_THAT(keys(), IsEmpty());
  EXPECT_EQ(find().unknown.size(), 2u);
  state().posted_version = 4;
  EXPECT_EQ(keys().size(), 2u);
  EXPECT_THAT(find().unknown, IsEmpty());
}

TEST_F(Supervisor, WhatIsOverIsOverOnlyByItsOwnAnswer) {
  for (DriftKind kind : {DriftKind::supervisor_missing, DriftKind::supervisor_terminated,
                         DriftKind::supervisor_edited, DriftKind::supervisor_suspended,
                         DriftKind::supervisor_unhealthy}) {
    Drift d;
    d.kind = kind;
    d.object = "clicks";
    record(d);
  }
  EXPECT_THAT(find().unknown, IsEmpty()) << "listed and well";
  const std::string spec = live().spec.text;
  live().spec.text = "no spec";
  EXPECT_THAT(find().unknown, ElementsAre("supervisor_edited clicks"));
  live().spec.text = spec;
  world.supervisors.emplace();
  EXPECT_EQ(find().unknown.size(), 5u) << "a list may hide it";
  world.confirmed_missing = {"clicks"};
  EXPECT_THAT(keys(), ElementsAre("supervisor_missing clicks"));
  EXPECT_THAT(find().unknown, IsEmpty()) << "what is gone is neither edited nor suspended";
}

TEST_F(Supervisor, AnEditIsTheSameUntilAnotherIsMade) {
  topic("one");
  const Drift one = only();
  memory = {};
  EXPECT_EQ(only(), one) << "after a restart";
  topic("two");
  const Drift two = only();
  EXPECT_NE(two.value, one.value);
  topic("one");
  EXPECT_EQ(only(), one);
  live().spec.text = desired_spec;
  EXPECT_THAT(keys(), IsEmpty());
}

// Equal values are the same drift: a long text that differs behind what is shown would be adopted
// with the first.
TEST_F(Supervisor, AnEditBehindWhatIsShownIsAnotherEdit) {
  for (std::size_t length : {10u, 79u, 80u, 81u, 200u, 5'000u}) {
    const std::string same(length, 'x');
    topic(same + "1");
    const Drift one = only();
    topic(same + "2");
    const Drift other = only();
    EXPECT_NE(one.value, other.value) << length;
    topic(same + "1");
    EXPECT_EQ(only().value, one.value) << length;
    EXPECT_LT(one.value.size(), 1'000u) << "the ledger keeps it";
  }
}

TEST_F(Supervisor, AnEditIsShownShortlyAndNeverCutInsideACharacter) {
  for (std::size_t before = 0; before < 90; ++before) {
    topic(std::string(before, 'x') + "\xf0\x9f\x97\xbf" + std::string(90, 'y'));
    const std::string evidence = only().evidence;
    EXPECT_THAT(evidence, HasSubstr("spec.ioConfig.topic is"));
    EXPECT_LT(evidence.size(), 300u);
    const auto at = evidence.find('\xf0');
    EXPECT_TRUE(at == std::string::npos || evidence.substr(at, 4) == "\xf0\x9f\x97\xbf") << before;
  }
}

TEST_F(Supervisor, ItsNewestErrorIsShownInOneShortLine) {
  live().healthy = false;
  live().state = "UNHEALTHY_SUPERVISOR";
  live().detailed_state = "";
  EXPECT_EQ(only().evidence, "supervisor 'clicks' is UNHEALTHY_SUPERVISOR");
  const struct {
    std::vector<std::string> errors;
    std::string shown;
  } cases[] = {
      {{}, ""},
      {{"no broker"}, ": no broker"},
      {{"newest", "older"}, ": newest"},
      {{"no broker\n\tat Line.java"}, ": no broker"},
      {{std::string(80, 'x')}, ": " + std::string(80, 'x')},
      {{std::string(81, 'x')}, ": " + std::string(80, 'x') + "..."},
  };
  for (const auto& c : cases) {
    world.statuses["clicks"].recent_errors = c.errors;
    EXPECT_EQ(only().evidence, "supervisor 'clicks' is UNHEALTHY_SUPERVISOR" + c.shown);
    EXPECT_EQ(only().value, "UNHEALTHY_SUPERVISOR") << "another error is not another drift";
  }
}

TEST_F(Supervisor, OnlyAnEditRestartsTasksAndOnlyIllnessCanNotBeHealed) {
  topic("x");
  live().suspended = true;
  auto found = find().drifts;
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(found[0].restarts_tasks);
  EXPECT_THAT(found[0].action, HasSubstr("post the spec of version 3"));
  EXPECT_FALSE(found[1].restarts_tasks);
  EXPECT_EQ(found[1].action, "resume it");
  live().suspended = false;
  live().healthy = false;
  found = find().drifts;
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].action, "");
  EXPECT_THAT(found[0].evidence, Not(HasSubstr("more"))) << "one edit";
}

}  // namespace
}  // namespace henge::reconcile
