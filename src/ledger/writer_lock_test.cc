// One writer a ledger, by the operating system's word, and a note of how far it was written.
#include "ledger/writer_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "ledger/ledger_fixture.h"

namespace henge::ledger {
namespace {

using testing::HasSubstr;

Head head(std::int64_t sequence) {
  Head h{sequence, genesis};
  for (std::size_t i = 0; i < h.hash.size(); ++i)
    h.hash[i] = static_cast<std::uint8_t>(i * 7 + static_cast<std::size_t>(sequence));
  return h;
}

class WriterLockTest : public LedgerFixture {
 protected:
  [[nodiscard]] std::string lock_file() const { return folder() + "/ledger.db.lock"; }
  void write(const std::string& text) const { std::ofstream(lock_file()) << text; }
};

TEST_F(WriterLockTest, NamesThisProcess) {
  EXPECT_EQ(this_process().pid, getpid());
  EXPECT_FALSE(this_process().host.empty());
  auto lock = WriterLock::acquire(lock_file());
  ASSERT_TRUE(lock) << lock.error().message;
  EXPECT_EQ(noted_writer(lock_file()), this_process());
  EXPECT_EQ(noted_head(lock_file()), Head{}) << "nothing written yet";
}

TEST_F(WriterLockTest, ASecondIsRefusedAndChangesNothing) {
  auto first = WriterLock::acquire(lock_file());
  ASSERT_TRUE(first->note(head(5)));
  const std::string before = bytes_of(lock_file());
  auto second = WriterLock::acquire(lock_file());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::refused);
  EXPECT_THAT(second.error().message, HasSubstr(fmt::format("process {} on ", getpid())));
  EXPECT_EQ(bytes_of(lock_file()), before);
  ASSERT_TRUE(first->note(head(6))) << "the first goes on";
}

TEST_F(WriterLockTest, AHolderThatCanNotBeNamedStillHolds) {
  auto first = WriterLock::acquire(lock_file());
  write("");
  auto second = WriterLock::acquire(lock_file());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::refused);
  EXPECT_THAT(second.error().message, HasSubstr("another process"));
}

TEST_F(WriterLockTest, IsFreeWhenItsHolderIsGoneAndKeepsTheNote) {
  {
    auto lock = WriterLock::acquire(lock_file());
    ASSERT_TRUE(lock->note(head(42)));
  }
  auto next = WriterLock::acquire(lock_file());
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_EQ(noted_head(lock_file()), head(42)) << "a new holder does not forget how far it was";
}

TEST_F(WriterLockTest, MovesWithItsOwner) {
  auto lock = WriterLock::acquire(lock_file());
  {
    WriterLock moved = std::move(*lock);
    EXPECT_FALSE(WriterLock::acquire(lock_file())) << "held by the new owner";
    *lock = std::move(moved);
  }
  EXPECT_FALSE(WriterLock::acquire(lock_file())) << "and back: what was moved from lets go nothing";
  ASSERT_TRUE(lock->note(head(1)));
}

TEST_F(WriterLockTest, IsFreeTheMomentAnotherProcessIsKilled) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto lock = WriterLock::acquire(lock_file());
    alarm(30);  // should nobody be left to end it
    const char byte = lock ? '1' : '0';
    if (::write(ready[1], &byte, 1) == 1) pause();
    _exit(1);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_EQ(byte, '1');
  auto refused = WriterLock::acquire(lock_file());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr(fmt::format("process {} on", child)));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(WriterLock::acquire(lock_file()));
  close(ready[0]);
  close(ready[1]);
}

TEST_F(WriterLockTest, SaysWhyThereIsNone) {
  auto no_folder = WriterLock::acquire(folder() + "/none/ledger.db.lock");
  ASSERT_FALSE(no_folder);
  EXPECT_EQ(no_folder.error().kind, ErrorKind::not_found);
  EXPECT_THAT(no_folder.error().message, HasSubstr(folder() + "/none/ledger.db.lock"));
  auto below_a_file = WriterLock::acquire("/dev/null/ledger.db.lock");
  ASSERT_FALSE(below_a_file);
  EXPECT_EQ(below_a_file.error().kind, ErrorKind::not_found);
  auto a_folder = WriterLock::acquire(folder());
  EXPECT_FALSE(a_folder);
}

TEST_F(WriterLockTest, EachNoteTakesThePlaceOfTheOneBefore) {
  auto lock = WriterLock::acquire(lock_file());
  const auto size = bytes_of(lock_file()).size();
  for (std::int64_t sequence : {std::int64_t{1}, std::int64_t{999}, INT64_MAX, std::int64_t{7}}) {
    ASSERT_TRUE(lock->note(head(sequence)));
    EXPECT_EQ(noted_head(lock_file()), head(sequence));
    EXPECT_EQ(noted_writer(lock_file()), this_process());
    EXPECT_EQ(bytes_of(lock_file()).size(), size) << "of a fixed width";
  }
}

TEST_F(WriterLockTest, TheLongerNameOfAnEarlierHolderLeavesNoRest) {
  write(fmt::format("head {:019} {}\npid 4711 host {}\n", 3, to_hex(head(3).hash),
                    std::string(300, 'h')));
  auto lock = WriterLock::acquire(lock_file());
  ASSERT_TRUE(lock);
  EXPECT_EQ(noted_writer(lock_file()), this_process());
  EXPECT_EQ(noted_head(lock_file()), head(3));
  EXPECT_EQ(std::ranges::count(bytes_of(lock_file()), '\n'), 2);
}

TEST_F(WriterLockTest, AnUnreadableNoteIsNone) {
  const std::string digits = to_hex(head(3).hash);
  const std::string texts[] = {
      "",
      "\n",
      "head ",
      "head 3 " + digits,                                    // not of the fixed width
      "head 0000000000000000003 " + digits.substr(1),        // a digit short
      "head 0000000000000000003 " + digits + "0",            // one too many
      "head 000000000000000000x " + digits,                  // no number
      "head 0000000000000000003 " + digits.substr(1) + "g",  // no hash
      "HEAD 0000000000000000003 " + digits,
      " head 0000000000000000003 " + digits,
      "head 9999999999999999999 " + digits,  // more than a number holds
  };
  for (const auto& text : texts) {
    write(text);
    EXPECT_EQ(noted_head(lock_file()), std::nullopt) << text;
  }
  EXPECT_EQ(noted_head(folder() + "/none"), std::nullopt);
  write("head 0000000000000000003 " + digits);
  EXPECT_EQ(noted_head(lock_file()), head(3)) << "the one that is whole";
}

TEST_F(WriterLockTest, AnUnreadableWriterIsNone) {
  for (const char* line : {"", "pid", "pid 4711", "pid 4711 on a", "pid x host a", "pid  host a",
                           "host a pid 4711", "pid 99999999999999999999 host a"}) {
    write("head\n" + std::string(line) + "\n");
    EXPECT_EQ(noted_writer(lock_file()), std::nullopt) << line;
  }
  write("head\npid 4711 host a b host c\n");
  EXPECT_EQ(noted_writer(lock_file()), (Writer{4711, "a b host c"}));
}

}  // namespace
}  // namespace henge::ledger
