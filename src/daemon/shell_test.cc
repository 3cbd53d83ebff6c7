// Recording: what is tried again, and what only a new start can mend.
#include "daemon/shell.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "daemon/fake_druid.h"

namespace henge::daemon {
namespace {

class FixedClock : public ports::Clock {
 public:
  [[nodiscard]] Instant now() const override { return instant_of_ms(1'764'000'000'000); }
};

// A store whose appends end in one error, or succeed while there is none.
class FailingStore : public ledger::EventStore {
 public:
  explicit FailingStore(std::optional<ErrorKind>& error) : error_(error) {}

  Result<std::int64_t> append(const std::vector<ledger::NewRecord>& records,
                              std::int64_t last) override {
    if (error_) return fail(*error_, "the append failed");
    return last + static_cast<std::int64_t>(records.size());
  }
  Result<void> read(std::int64_t, const ledger::Visit&) override { return {}; }
  Result<ledger::Head> last() override { return ledger::Head{}; }
  Result<ledger::Verification> verify() override { return ledger::Verification{}; }

 private:
  std::optional<ErrorKind>& error_;
};

struct RecordCase {
  ErrorKind error;
  bool ends_the_process;
};

TEST(Record, OnlyWhatANewStartMendsEndsTheProcess) {
  for (const RecordCase& c :
       {RecordCase{ErrorKind::exhausted, false}, RecordCase{ErrorKind::unavailable, false},
        RecordCase{ErrorKind::unknown_outcome, true}, RecordCase{ErrorKind::conflict, true}}) {
    std::optional<ErrorKind> error = c.error;
    auto journal = ledger::Journal::open(std::make_unique<FailingStore>(error));
    ASSERT_TRUE(journal);
    FakeDruid druid;
    const FixedClock clock;
    Troubles troubles;
    Doors doors{druid, clock, *journal, troubles, {}};
    const std::vector<ledger::Body> events{
        ledger::PipelineDeclared{1, "document", "f", "", "c0ffee00"}};
    if (c.ends_the_process) {
      EXPECT_THROW(static_cast<void>(record(doors, "clicks", events)), std::runtime_error)
          << to_string(c.error);
      continue;
    }
    EXPECT_FALSE(record(doors, "clicks", events));
    EXPECT_TRUE(troubles.all().contains("ledger"));
    error.reset();
    EXPECT_TRUE(record(doors, "clicks", events)) << "room again: the same append succeeds";
    EXPECT_TRUE(troubles.all().empty());
  }
}

}  // namespace
}  // namespace henge::daemon
