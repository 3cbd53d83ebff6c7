// Events and their fold as one: recorded first, folded after, and the same again when replayed.
#include "ledger/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "ledger/ledger_fixture.h"

namespace henge::ledger {
namespace {

using testing::HasSubstr;

const Instant hour = instant_of_ms(3'600'000);
const Instant now = instant_of_ms(1'764'000'000'000);

PipelineDeclared declared(std::int64_t version = 1) {
  return {version, "doc", "f", "", "c0ffee00"};
}

ScanAdvanced scanned(std::int64_t from, std::int64_t to, std::int64_t on_time = 1) {
  ScanAdvanced e;
  scan::PartitionProgress p;
  p.from = from;
  p.to = to;
  p.records = to - from;
  e.batch.partitions = {p};
  e.batch.chunks[hour][0] = {on_time, 0, 0, 0, to - 1};
  return e;
}

// A store that keeps records in memory and fails when it is told to.
class Memory final : public EventStore {
 public:
  struct Disk {
    std::vector<Record> records;
    std::optional<Error> fails;
    int appends = 0;
  };
  explicit Memory(Disk& disk) : disk_(disk) {}

  Result<std::int64_t> append(const std::vector<NewRecord>& records,
                              std::int64_t expected) override {
    ++disk_.appends;
    if (disk_.fails) return tl::unexpected<Error>(*disk_.fails);
    if (expected != std::ssize(disk_.records)) return fail(ErrorKind::conflict, "another end");
    for (const auto& r : records)
      disk_.records.push_back(
          {std::ssize(disk_.records) + 1, 1, r.at, r.pipeline, r.kind, r.body, ""});
    return std::ssize(disk_.records);
  }
  Result<void> read(std::int64_t from, const Visit& visit) override {
    for (const auto& r : disk_.records)
      if (r.sequence >= from) TRY_VOID(visit(r));
    return {};
  }
  Result<Head> last() override { return Head{std::ssize(disk_.records), genesis}; }
  Result<Verification> verify() override { return Verification{}; }

 private:
  Disk& disk_;
};

Journal must_open(Memory::Disk& disk) {
  auto journal = Journal::open(std::make_unique<Memory>(disk));
  if (!journal) {
    ADD_FAILURE() << journal.error().message;
    std::abort();
  }
  return std::move(*journal);
}

TEST(Journal, OfNothingIsEmpty) {
  Memory::Disk disk;
  Journal journal = must_open(disk);
  EXPECT_EQ(journal.sequence(), 0);
  EXPECT_EQ(journal.state(), State{});
  EXPECT_EQ(journal.find("p"), nullptr);
  ASSERT_TRUE(journal.append("p", {}, now));
  EXPECT_EQ(disk.appends, 0) << "an empty list is not even sent";
  EXPECT_EQ(journal.find("p"), nullptr) << "asking makes no pipeline";
}

TEST(Journal, RecordsAndFolds) {
  Memory::Disk disk;
  Journal journal = must_open(disk);
  ASSERT_TRUE(journal.append("p", {declared()}, now));
  ASSERT_TRUE(journal.append("p", {scanned(0, 5), ChunkClosed{hour, "x"}}, now + Millis(1)));
  EXPECT_EQ(journal.sequence(), 3);
  EXPECT_EQ(journal.state().events, 3);
  ASSERT_NE(journal.find("p"), nullptr);
  EXPECT_EQ(journal.find("p")->chunks.at(hour).status, ChunkStatus::closed);
  ASSERT_EQ(disk.records.size(), 3u);
  EXPECT_EQ(disk.records[1].kind, "scan_advanced");
  EXPECT_EQ(disk.records[2].at, now + Millis(1));
  EXPECT_EQ(disk.records[2].pipeline, "p");
  EXPECT_EQ(must_open(disk).state(), journal.state());
}

// On any refusal: nothing recorded, nothing folded, and the next append works.
void expect_untouched(Memory::Disk& disk, Journal& journal, const std::vector<Body>& events,
                      ErrorKind kind, const char* name) {
  const State before = journal.state();
  const auto sequence = journal.sequence();
  const auto records = disk.records;
  auto refused = journal.append("p", events, now);
  ASSERT_FALSE(refused) << name;
  EXPECT_EQ(refused.error().kind, kind) << name;
  EXPECT_EQ(journal.state(), before) << name;
  EXPECT_EQ(journal.sequence(), sequence) << name;
  EXPECT_EQ(disk.records, records) << name;
}

TEST(Journal, AnEventThatCanNotFollowIsNotRecorded) {
  Memory::Disk disk;
  Journal journal = must_open(disk);
  expect_untouched(disk, journal, {scanned(0, 5)}, ErrorKind::corrupt, "undeclared");
  ASSERT_TRUE(journal.append("p", {declared(), scanned(0, 5)}, now));
  const auto gap = ErrorKind::corrupt;
  expect_untouched(disk, journal, {scanned(6, 7)}, gap, "alone");
  expect_untouched(disk, journal, {scanned(5, 6), scanned(7, 8)}, gap, "last of two");
  expect_untouched(disk, journal, {scanned(6, 7), scanned(5, 6)}, gap, "first of two");
  expect_untouched(disk, journal, {ChunkClosed{hour, ""}, ChunkSealed{Instant{}, 1, 1, ""}}, gap,
                   "a chunk nobody knows");
  EXPECT_EQ(disk.appends, 1) << "what can't follow is never sent to the store";
  ASSERT_TRUE(journal.append("p", {scanned(5, 6)}, now));
  EXPECT_EQ(must_open(disk).state(), journal.state());
}

TEST(Journal, AStoreThatFailsLeavesTheStateAsItWas) {
  Memory::Disk disk;
  Journal journal = must_open(disk);
  ASSERT_TRUE(journal.append("p", {declared(), scanned(0, 5)}, now));
  for (ErrorKind kind : {ErrorKind::exhausted, ErrorKind::conflict, ErrorKind::unavailable,
                         ErrorKind::unknown_outcome, ErrorKind::refused}) {
    disk.fails = Error{kind, "the store says no"};
    expect_untouched(disk, journal, {scanned(5, 9)}, kind, "one");
    expect_untouched(disk, journal, {scanned(5, 9), ChunkClosed{hour, ""}}, kind, "two");
    expect_untouched(disk, journal, {Frozen{"why", "who"}}, kind, "a freeze");
  }
  disk.fails.reset();
  ASSERT_TRUE(journal.append("p", {scanned(5, 9)}, now)) << "when there is room again";
  EXPECT_EQ(must_open(disk).state(), journal.state());
}

TEST(Journal, PipelinesDoNotTouchEachOther) {
  Memory::Disk disk;
  Journal journal = must_open(disk);
  ASSERT_TRUE(journal.append("a", {declared(), scanned(0, 5)}, now));
  const PipelineState a = *journal.find("a");
  ASSERT_TRUE(journal.append("b", {declared(), scanned(100, 200)}, now));
  EXPECT_EQ(*journal.find("a"), a);
  EXPECT_EQ(journal.find("b")->partitions.at(0).next, 200);
  EXPECT_FALSE(journal.append("c", {scanned(0, 1)}, now));
  EXPECT_EQ(journal.find("c"), nullptr) << "a refused event leaves no empty pipeline";
  EXPECT_EQ(must_open(disk).state(), journal.state());
}

TEST(Journal, ARecordThatCanNotBeReadIsNamed) {
  struct Case {
    const char* kind;
    const char* body;
    const char* why;
  };
  for (auto [kind, body, why] :
       {Case{"from_the_future", "{}", "no such kind"},
        {"chunk_closed", "{}", "chunk"},
        {"chunk_closed", R"({"chunk":0,"evidence":"x"})", "can't follow"},
        {"pipeline_declared",
         R"({"version":7,"document":"","fingerprint":"","reason":"","incarnation":""})",
         "version 7 after 1"}}) {
    Memory::Disk disk;
    Journal journal = must_open(disk);
    ASSERT_TRUE(journal.append("p", {declared()}, now));
    disk.records.push_back({2, 1, now, "p", kind, body, ""});
    auto refused = Journal::open(std::make_unique<Memory>(disk));
    ASSERT_FALSE(refused) << kind;
    EXPECT_EQ(refused.error().kind, ErrorKind::corrupt);
    EXPECT_THAT(refused.error().message, HasSubstr("record 2: "));
    EXPECT_THAT(refused.error().message, HasSubstr(why));
  }
}

TEST(Journal, CatchesUpWithWhatAnotherWrote) {
  Memory::Disk disk;
  Journal writer = must_open(disk);
  ASSERT_TRUE(writer.append("p", {declared()}, now));
  Journal reader = must_open(disk);
  ASSERT_TRUE(writer.append("p", {scanned(0, 5)}, now));
  EXPECT_NE(reader.state(), writer.state());
  ASSERT_TRUE(reader.catch_up());
  EXPECT_EQ(reader.state(), writer.state());
  EXPECT_EQ(reader.sequence(), 2);
  ASSERT_TRUE(reader.catch_up()) << "nothing new is nothing folded twice";
  EXPECT_EQ(reader.state(), writer.state());
}

class JournalFile : public LedgerFixture {};

TEST_F(JournalFile, IsTheSameAfterARestart) {
  State before;
  {
    auto journal = Journal::open(path(), Mode::write);
    ASSERT_TRUE(journal) << journal.error().message;
    ASSERT_TRUE(journal->append("p", {declared(), scanned(0, 5)}, now));
    ASSERT_TRUE(journal->append("p", {ChunkClosed{hour, "x"}}, now));
    before = journal->state();
  }
  for (Mode mode : {Mode::read, Mode::write}) {
    auto journal = Journal::open(path(), mode);
    ASSERT_TRUE(journal) << journal.error().message;
    EXPECT_EQ(journal->state(), before);
    EXPECT_EQ(journal->sequence(), 3);
  }
}

TEST_F(JournalFile, AReaderChangesNothing) {
  auto writer = Journal::open(path(), Mode::write);
  ASSERT_TRUE(writer->append("p", {declared()}, now));
  auto reader = Journal::open(path(), Mode::read);
  ASSERT_TRUE(reader);
  auto refused = reader->append("p", {scanned(0, 1)}, now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::refused);
  EXPECT_EQ(reader->state(), writer->state());
  EXPECT_FALSE(Journal::open(folder() + "/none.db", Mode::read));
}

// Offered events, of which many can't follow.
Body any_event() {
  const std::int64_t from = *rc::gen::inRange<std::int64_t>(0, 6);
  switch (*rc::gen::inRange(0, 7)) {
    case 0:
      return declared(*rc::gen::inRange<std::int64_t>(1, 4));
    case 1:
    case 2:
      return scanned(from, from + *rc::gen::inRange<std::int64_t>(0, 3), from % 2);
    case 3:
      return ChunkClosed{hour, "x"};
    case 4:
      return ChunkSealed{hour, 1, 1, "counted"};
    case 5:
      return ChunkUncertain{hour, 1, 2, "why"};
    default:
      return SupervisorPosted{*rc::gen::inRange<std::int64_t>(0, 4), "created"};
  }
}

RC_GTEST_PROP(JournalLaw, state_is_the_fold_of_what_was_recorded_and_of_nothing_else, ()) {
  Memory::Disk disk;
  Journal journal = must_open(disk);
  RC_ASSERT(journal.append("p", {declared()}, now).has_value());
  const int appends = *rc::gen::inRange(1, 12);
  for (int i = 0; i < appends; ++i) {
    std::vector<Body> events;
    for (int n = *rc::gen::inRange(0, 4); n > 0; --n) events.push_back(any_event());
    const std::size_t records = disk.records.size();
    const bool taken = journal.append("p", events, now + Millis(i)).has_value();
    RC_ASSERT(disk.records.size() == records + (taken ? events.size() : 0));
    RC_ASSERT(must_open(disk).state() == journal.state());
  }
}

RC_GTEST_PROP(JournalLaw, events_one_by_one_or_together_are_the_same, ()) {
  Memory::Disk one, together;
  Journal a = must_open(one), b = must_open(together);
  std::vector<Body> taken{declared()};
  RC_ASSERT(a.append("p", taken, now).has_value());
  for (int n = *rc::gen::inRange(0, 20); n > 0; --n) {
    const Body event = any_event();
    if (a.append("p", {event}, now)) taken.push_back(event);
  }
  RC_ASSERT(b.append("p", taken, now).has_value());
  RC_ASSERT(a.state() == b.state());
  RC_ASSERT(one.records == together.records);
}

RC_GTEST_PROP(JournalLaw, every_prefix_is_a_ledger, ()) {
  Memory::Disk disk;
  Journal journal = must_open(disk);
  std::vector<State> states{journal.state()};
  RC_ASSERT(journal.append("p", {declared()}, now).has_value());
  states.push_back(journal.state());
  for (int n = *rc::gen::inRange(0, 15); n > 0; --n)
    if (journal.append("p", {any_event()}, now)) states.push_back(journal.state());
  for (std::size_t length = 0; length < states.size(); ++length) {
    Memory::Disk prefix;
    prefix.records.assign(disk.records.begin(),
                          disk.records.begin() + static_cast<std::ptrdiff_t>(length));
    RC_ASSERT(must_open(prefix).state() == states[length]);
  }
}

}  // namespace
}  // namespace henge::ledger
