// Windows through a running henge: what is recorded before what is sent, and that a henge that died
// anywhere on the way is followed by one that goes on and resumes.
#include "daemon/fencing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/load_request.h"
#include "daemon/offset_reset.h"
#include "daemon/shell_fixture.h"
#include "daemon/streaming_druid.h"

namespace henge::daemon {
namespace {

using ledger::LoadEnd;
using ledger::StandPhase;
using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string document = std::string(clicks_document) + "  locks: exclusive\n";

const Instant hour = *parse_instant("2026-03-01T08:00:00Z");

// From a certain call on nothing reaches it, or no answer comes back.
class CutDruid : public StreamingDruid {
 public:
  int calls_left = -1;  // -1: as many as are made
  bool answer_lost = false;
  std::string payload;  // of the last task

  ports::Async<SupervisorStatus> supervisor_status(std::string id) override {
    return cut(StreamingDruid::supervisor_status(std::move(id)));
  }
  ports::Async<void> suspend_supervisor(std::string id, Audit audit) override {
    return cut(StreamingDruid::suspend_supervisor(std::move(id), std::move(audit)));
  }
  ports::Async<void> resume_supervisor(std::string id, Audit audit) override {
    return cut(StreamingDruid::resume_supervisor(std::move(id), std::move(audit)));
  }
  ports::Async<Submitted> submit_task(JsonText text) override {
    payload = text.text;
    return cut(StreamingDruid::submit_task(std::move(text)));
  }
  ports::Async<std::vector<SupervisorListing>> supervisors() override {
    if (!supervisor) co_return std::vector<SupervisorListing>{};
    SupervisorListing listed;
    listed.id = listed.datasource = "ds";
    listed.suspended = status.suspended;
    listed.spec = *supervisor;
    co_return std::vector{listed};
  }
  // Streaming and an exclusive load at once is what windows are there to prevent.
  [[nodiscard]] bool streams() const { return !status.suspended || !status.active.empty(); }

 private:
  template <typename T>
  ports::Async<T> cut(ports::Async<T> call) {
    if (calls_left == 0 && !answer_lost) co_return away();
    auto answer = co_await std::move(call);
    if (calls_left == 0) co_return away();
    if (calls_left > 0) --calls_left;
    co_return answer;
  }
  static tl::unexpected<Error> away() { return fail(ErrorKind::unknown_outcome, "cut off"); }
};

class Windows : public ShellTest {
 protected:
  Windows() : ShellTest("windows") {
    settings.patience.retry_min = Millis(0);
    open();
    ledger::ScanAdvanced scan;
    scan::PartitionProgress p;
    p.to = 90;
    p.arrival_floor = clock.at;
    scan.batch.partitions = {p};
    for (int i = 0; i < 3; ++i) scan.batch.chunks[chunk(i)][0] = {5, 0, 0, 0, 80};
    append({ledger::PipelineDeclared{1, document, "f", "", "c0ffee00"},
            ledger::SupervisorPosted{1, "created"}, scan});
    for (int i = 0; i < 3; ++i) druid.published[chunk(i)] = {5};
    engine->start();
    rounds(3);
    druid.calls.clear();
  }
  ~Windows() override { close_shell(); }
  static Instant chunk(int number) { return hour - number * hours(1); }
  void open() {
    open_shell(druid, no_scan);
    engine.emplace(*shell);
  }
  // As a henge that was killed and started again.
  void die() {
    close_shell();
    open();
    engine->start();
  }
  void run(std::function<boost::asio::awaitable<void>()> work) {
    spawn(std::move(work));
    run_tasks();
  }
  static std::string name(int number) { return fmt::format("load-{:06}", number); }
  // Seven rows for a chunk of its own, in the task itself.
  void ask(int number) {
    ledger::LoadRequested load;
    load.number = number;
    load.load = load.key = name(number);
    load.request.pipeline = "clicks";
    load.request.interval = bucket(Granularity::hour, chunk(number - 1));
    load.request.inline_rows = "{}";
    load.content.input = LoadInput::inlined;
    load.content.files = {{"-", 2, "digest", 7, {chunk(number - 1)}}};
    load.content.chunks = {{chunk(number - 1), 7}};
    load.parts = {{{chunk(number - 1)}, {0}, 7}};
    append({load, ledger::LoadRouted{load.load, "window", "exclusive locks", {}}});
  }
  static std::string task(int number, int attempt = 1) {
    return fmt::format("henge_clicks_load_c0ffee00_{:06}_1_{}", number, attempt);
  }
  void succeed(int number) {
    druid.published[chunk(number - 1)].push_back(7);
    druid.finish(task(number), TaskState::success);
  }
  const ledger::LoadState& load(int number = 1) { return state().loads.at(name(number)); }
  [[nodiscard]] std::optional<StandPhase> phase() {
    return state().stand ? std::optional(state().stand->phase) : std::nullopt;
  }

  CutDruid druid;
};

TEST_F(Windows, OpenForALoadAndAreOverWhenItIsCounted) {
  druid.looks_until_quiet = 2;
  ask(1);
  rounds(2);
  EXPECT_EQ(phase(), StandPhase::suspended);
  EXPECT_THAT(druid.submitted, IsEmpty()) << "its tasks still publish";
  rounds(3);
  EXPECT_EQ(phase(), StandPhase::quiesced);
  ASSERT_THAT(druid.submitted, ElementsAre(task(1)));
  EXPECT_THAT(druid.payload, HasSubstr(R"("useConcurrentLocks":false)"));
  EXPECT_THAT(druid.calls, ElementsAre("suspend"));
  succeed(1);
  rounds(4);
  EXPECT_EQ(load().end, LoadEnd::counted);
  EXPECT_THAT(druid.calls, ElementsAre("suspend", "resume"));
  EXPECT_FALSE(state().stand);
  EXPECT_EQ(state().windows.at(0).outcome, "counted");
  rounds(3);
  EXPECT_EQ(druid.calls.size(), 2u) << "and that was that";
}

TEST_F(Windows, AreTakenUpWhereverTheirHengeDied) {
  for (const bool answer_lost : {false, true}) {
    for (int calls = 0; calls < 12; ++calls) {
      SCOPED_TRACE(fmt::format("{} calls, then {}", calls, answer_lost ? "no answer" : "nothing"));
      const int number = static_cast<int>(state().loads_planned) + 1;
      const Instant target = chunk(0);
      const std::int64_t before = state().chunks.at(target).expected();
      ledger::LoadRequested again;
      again.number = number;
      again.load = again.key = name(number);
      again.request.interval = bucket(Granularity::hour, target);
      again.request.inline_rows = "{}";
      again.content.input = LoadInput::inlined;
      again.content.files = {{"-", 2, "digest", 7, {target}}};
      again.content.chunks = {{target, 7}};
      again.parts = {{{target}, {0}, 7}};
      append({again, ledger::LoadRouted{name(number), "window", "exclusive locks", {}}});
      druid.status.active = {{"task", {{0, 90}}, {{0, 100}}, {}}};
      druid.calls_left = calls;
      druid.answer_lost = answer_lost;
      bool published = false;
      const auto work = [&](int count) {
        for (int i = 0; i < count; ++i) {
          rounds(1);
          if (!druid.tasks.contains(task(number)) || published) continue;
          EXPECT_FALSE(druid.streams());
          druid.published[target].push_back(7);
          druid.finish(task(number), TaskState::success);
          published = true;
        }
      };
      work(4);
      die();
      druid.calls_left = -1;
      work(10);
      EXPECT_EQ(load(number).end, LoadEnd::counted);
      EXPECT_FALSE(state().stand);
      EXPECT_FALSE(druid.status.suspended);
      EXPECT_EQ(state().chunks.at(target).expected(), before + 7);
    }
  }
}

TEST_F(Windows, OpenOnlyInTheHoursThatThePipelineAllows) {
  const auto with = [&](const std::string& windows) {
    append({ledger::PipelineDeclared{state().version + 1, document + windows, "f", "", "c0ffee00"},
            ledger::SupervisorPosted{state().version + 1, "updated"}});
  };
  // It is about noon, of the first of March.
  with(
      "  windows: {allow: [{cron: '0 13 * * *', duration: PT1H}], deny: [{cron: '20 13 * * *', "
      "duration: PT10M}]}\n");
  ask(1);
  rounds(5);
  EXPECT_THAT(druid.calls, IsEmpty()) << "streaming is not made to stand before one o'clock";
  EXPECT_THAT(engine->find_runner("clicks")->loader().waits().at(name(1)),
              HasSubstr("which it may from 2026-03-01T13:00Z on"));
  EXPECT_TRUE(load().open());
  clock.at = *parse_instant("2026-03-01T13:25:00Z");
  rounds(2);
  EXPECT_THAT(druid.calls, IsEmpty()) << "deny beats allow";
  clock.at = *parse_instant("2026-03-01T13:59:00Z");
  rounds(3);
  ASSERT_EQ(phase(), StandPhase::quiesced);
  clock.at = *parse_instant("2026-03-01T14:30:00Z");
  rounds(3);
  EXPECT_EQ(phase(), StandPhase::quiesced) << "one that was opened goes on";
  succeed(1);
  rounds(4);
  EXPECT_EQ(load().end, LoadEnd::counted);
  EXPECT_THAT(druid.calls, ElementsAre("suspend", "resume"));
}

TEST_F(Windows, OfALoadThatFailsAreOver) {
  druid.next_answer = FakeDruid::Answer::refuse;
  ask(1);
  rounds(8);
  EXPECT_EQ(load().end, LoadEnd::failed);
  EXPECT_EQ(state().windows.at(0).outcome, "failed");
  EXPECT_THAT(druid.calls, ElementsAre("suspend", "resume"));
}

TEST_F(Windows, OfALoadThatIsCancelledAreOver) {
  ask(1);
  rounds(3);
  ASSERT_EQ(phase(), StandPhase::quiesced);
  ASSERT_TRUE(cancel_load(*shell, "clicks", name(1), "me", ""));
  druid.finish(task(1), TaskState::failed);
  rounds(5);
  EXPECT_EQ(load().end, LoadEnd::cancelled);
  EXPECT_THAT(druid.calls, ElementsAre("suspend", "resume"));
}

// Who can't count, can resume all the same.
TEST_F(Windows, EndAtTheirDeadlineWhereNothingCanBeCounted) {
  ask(1);
  rounds(3);
  ASSERT_EQ(phase(), StandPhase::quiesced);
  succeed(1);
  druid.counts = false;
  clock.at += settings.fencing.window_max;
  rounds(2);
  EXPECT_TRUE(troubles.all().contains("clicks: round"));
  EXPECT_FALSE(druid.status.suspended);
  EXPECT_FALSE(state().stand);
}

TEST_F(Windows, EndAtTheirDeadlineWhateverTheLoadDoes) {
  ask(1);
  rounds(3);
  ASSERT_EQ(phase(), StandPhase::quiesced);
  die();
  clock.at += settings.fencing.window_max;
  rounds(1);
  EXPECT_FALSE(druid.status.suspended) << "the task still runs";
  EXPECT_FALSE(state().stand);
  EXPECT_EQ(state().windows.at(0).outcome, "deadline");
  EXPECT_EQ(load().cancel->by, "henge");
  succeed(1);
  rounds(5);
  EXPECT_EQ(load().end, LoadEnd::counted) << "what it brought is counted all the same";
  EXPECT_THAT(druid.calls, ElementsAre("suspend", "resume"));
}

TEST_F(Windows, LeaveAPersonsSuspensionAsItWas) {
  druid.stand();
  ask(1);
  rounds(3);
  ASSERT_EQ(phase(), StandPhase::quiesced);
  die();
  succeed(1);
  rounds(5);
  EXPECT_EQ(load().end, LoadEnd::counted);
  EXPECT_FALSE(state().stand);
  EXPECT_TRUE(druid.status.suspended);
  EXPECT_THAT(druid.calls, IsEmpty());
}

TEST_F(Windows, DoNotFightAPersonWhoResumes) {
  ask(1);
  ask(2);
  rounds(3);
  ASSERT_THAT(druid.submitted, testing::SizeIs(2));
  ask(3);
  druid.go_on();
  rounds(2);
  EXPECT_EQ(phase(), StandPhase::broken);
  EXPECT_TRUE(troubles.all().contains("clicks: window"));
  succeed(1);
  succeed(2);
  rounds(6);
  EXPECT_EQ(load(1).end, LoadEnd::counted);
  EXPECT_EQ(load(2).end, LoadEnd::counted);
  EXPECT_EQ(druid.submitted.size(), 3u) << "the third one got a window of its own afterwards";
  EXPECT_THAT(druid.calls, ElementsAre("suspend", "suspend"));
  EXPECT_FALSE(troubles.all().contains("clicks: window"));
}

TEST_F(Windows, ThatOverlapAreResumedOnceAfterTheLast) {
  ask(1);
  rounds(3);
  ask(2);
  rounds(2);
  ASSERT_EQ(state().windows.size(), 2u);
  succeed(1);
  rounds(4);
  EXPECT_EQ(load(1).end, LoadEnd::counted);
  EXPECT_EQ(load(2).end, std::nullopt);
  EXPECT_THAT(druid.calls, ElementsAre("suspend")) << "the second one needs it";
  die();
  succeed(2);
  rounds(4);
  EXPECT_THAT(druid.calls, ElementsAre("suspend", "resume"));
}

void refused(const auto& answer) {
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::refused);
  EXPECT_THAT(answer.error().message, HasSubstr("stands in a window for load-000001"));
}

TEST_F(Windows, KeepOthersFromTheSupervisor) {
  ask(1);
  rounds(3);
  run([&]() -> boost::asio::awaitable<void> {
    refused(co_await intend_reset(*shell, {"clicks", "earliest", {{0, 0}}, {}, false, "", ""}));
    refused(co_await engine->release("clicks", SupervisorFate::keep, {}));
  });
}

// A round that had begun before them may open a window while they wait for Druid.
TEST_F(Windows, ThatOpenedMeanwhileKeepOthersOut) {
  const auto declared = read_declaration("clicks.yaml", document + "  late: {maxDelay: PT5M}\n");
  ASSERT_TRUE(declared);
  ask(1);
  rounds(3);
  run([&]() -> boost::asio::awaitable<void> {
    refused(co_await release_pipeline(*shell, "clicks", SupervisorFate::keep, {}));
    refused(co_await release_pipeline(*shell, "clicks", SupervisorFate::terminate, {}));
    refused(co_await apply_pipeline(*shell, *declared, {}));
  });
  EXPECT_EQ(state().version, 1);
  EXPECT_FALSE(state().released || state().releasing);
}

TEST_F(Windows, AreNoDrift) {
  const auto found = [&] {
    return std::ranges::any_of(state().drifts, [](const auto& item) {
      return item.second.drift.kind == DriftKind::supervisor_suspended;
    });
  };
  settings.reconcile_interval = Millis(0);
  ask(1);
  for (int i = 0; i < 4; ++i) {
    rounds(1);
    EXPECT_FALSE(found());
  }
  ASSERT_EQ(phase(), StandPhase::quiesced);
  succeed(1);
  for (int i = 0; i < 5; ++i) {
    rounds(1);
    EXPECT_FALSE(found());
  }
  ASSERT_FALSE(state().stand);
  druid.stand();
  rounds(2);
  EXPECT_TRUE(found()) << "a person's is";
}

TEST_F(Windows, StandStillWhileFrozen) {
  ask(1);
  rounds(3);
  append({ledger::Frozen{"hands off", "bob"}});
  succeed(1);
  rounds(5);
  EXPECT_EQ(load().end, LoadEnd::counted) << "looking goes on";
  EXPECT_THAT(druid.calls, ElementsAre("suspend")) << "what is frozen is left alone";
  append({ledger::Unfrozen{"", ""}});
  rounds(1);
  EXPECT_THAT(druid.calls, ElementsAre("suspend", "resume"));
}

TEST_F(Windows, OfASupervisorThatIsGoneEndWithoutIt) {
  ask(1);
  rounds(3);
  succeed(1);
  druid.supervisor.reset();
  rounds(5);
  EXPECT_EQ(load().end, LoadEnd::counted);
  EXPECT_FALSE(state().stand);
  EXPECT_THAT(druid.calls, ElementsAre("suspend"));
}

}  // namespace
}  // namespace henge::daemon
