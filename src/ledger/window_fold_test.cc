// Windows as a table: which step may follow which, and that one suspension is shared by all windows
// that overlap.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/state.h"

namespace henge::ledger {
namespace {

using testing::HasSubstr;

const Instant noon = instant_of_ms(3'600'000);

class Windows : public testing::Test {
 protected:
  Windows() {
    add(PipelineDeclared{1, "doc", "f", "", "c0ffee00"});
    ask(1);
    ask(2);
  }
  void ask(std::int64_t number) {
    LoadRequested load;
    load.number = number;
    load.load = "load-" + std::to_string(number);
    load.key = load.load;
    load.content.chunks = {{instant_of_ms(number * 3'600'000), 1}};
    load.parts = {{{load.content.chunks[0].chunk}, {}, 1}};
    add(load);
  }
  Result<void> offer(Body body) {
    return apply(state_, Event{instant_of_ms(++at_), "p", std::move(body)});
  }
  void add(Body body) {
    auto done = offer(std::move(body));
    EXPECT_TRUE(done) << done.error().message;
  }
  void refuses(Body body, const std::string& why) {
    const State before = state_;
    auto done = offer(std::move(body));
    ASSERT_FALSE(done) << why;
    EXPECT_THAT(done.error().message, HasSubstr(why));
    EXPECT_EQ(state_, before) << "nothing is changed by what is refused";
  }
  static WindowOpened window(std::int64_t number, bool resume = true) {
    return {number, "load-" + std::to_string(number), "locks", noon, resume};
  }
  [[nodiscard]] const PipelineState& pipeline() const { return state_.pipelines.at("p"); }

  State state_;
  std::int64_t at_ = 0;
};

TEST_F(Windows, GoThroughTheirStepsInOrder) {
  EXPECT_FALSE(pipeline().held());
  add(window(1));
  EXPECT_TRUE(pipeline().held()) << "from the intent on";
  EXPECT_EQ(pipeline().stand->phase, StandPhase::asked);
  refuses(WindowQuiesced{1}, "its suspension is asked");
  add(WindowSuspended{1});
  refuses(WindowSuspended{1}, "its suspension is suspended");
  add(WindowQuiesced{1});
  EXPECT_EQ(pipeline().stand->phase, StandPhase::quiesced);
  refuses(WindowResumed{1, "resumed"}, "window 1 is open");
  add(WindowClosed{1, "counted"});
  EXPECT_TRUE(pipeline().held()) << "until the supervisor was seen to be resumed";
  EXPECT_EQ(find_window(pipeline(), "load-1"), nullptr);
  refuses(WindowClosed{1, "counted"}, "window 1 is over: counted");
  add(WindowResumed{1, "resumed"});
  EXPECT_FALSE(pipeline().held());
  ASSERT_EQ(pipeline().windows.size(), 1U);
  EXPECT_EQ(pipeline().windows[0].outcome, "counted");
  EXPECT_EQ(pipeline().windows[0].closed_at, instant_of_ms(at_ - 2));
  refuses(WindowResumed{1, "resumed"}, "does not stand since window 1");
}

TEST_F(Windows, ThatOverlapShareOneSuspension) {
  add(window(1));
  add(WindowSuspended{1});
  add(WindowQuiesced{1});
  refuses(window(2, false), "share one suspension");
  add(window(2));
  EXPECT_EQ(pipeline().stand->first, 1);
  EXPECT_EQ(pipeline().stand->phase, StandPhase::quiesced) << "it is not suspended a second time";
  refuses(WindowSuspended{2}, "does not stand since window 2");
  add(WindowClosed{1, "counted"});
  refuses(WindowResumed{1, "resumed"}, "window 2 is open");
  add(WindowClosed{2, "deadline"});
  add(WindowResumed{1, "resumed"});
  EXPECT_FALSE(pipeline().stand);
}

TEST_F(Windows, AreRefusedWhereTheyCanNotBe) {
  refuses(window(2), "windows must count up");
  refuses(WindowOpened{1, "load-9", "", noon, true}, "there is no load-9");
  refuses(WindowClosed{1, "counted"}, "window 1 was never opened");
  add(LoadEnded{"load-2", LoadEnd::cancelled, ""});
  refuses(WindowOpened{1, "load-2", "", noon, true}, "load-2 is over");
  add(window(1));
  refuses(WindowOpened{2, "load-1", "", noon, true}, "load-1 has a window");
  refuses(WindowClosed{1, ""}, "it must say why");
}

TEST_F(Windows, OfABrokenSuspensionAreNotJoined) {
  add(window(1));
  add(WindowSuspended{1});
  add(WindowBroken{1});
  EXPECT_EQ(pipeline().stand->phase, StandPhase::broken);
  refuses(window(2), "somebody resumed the supervisor");
  refuses(WindowQuiesced{1}, "its suspension is broken");
  add(WindowClosed{1, "cancelled"});
  add(WindowResumed{1, "resumed_by_hand"});
  add(window(2));
  EXPECT_EQ(pipeline().stand->first, 2);
}

TEST_F(Windows, AndResetsKeepOutOfEachOthersWay) {
  add(ResetIntended{1, "earliest", {{0, 0}}, {{0, 5}}, true, false, "", ""});
  refuses(window(1), "its offsets are being reset");
  add(ResetQuiesced{1, {{0, 5}}});
  add(ResetEnded{1, "the log is gone"});
  add(window(1));
  refuses(ResetIntended{2, "earliest", {{0, 0}}, {{0, 5}}, true, false, "", ""},
          "streaming stands in a window");
}

TEST_F(Windows, OfAPipelineThatIsLetGoAreRefused) {
  add(ReleaseIntended{"", ""});
  refuses(window(1), "it is being released");
}

}  // namespace
}  // namespace henge::ledger
