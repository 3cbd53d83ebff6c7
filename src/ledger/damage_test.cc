// The laws of the event store when the world is bad: cut and flipped files, lost ends, full disks,
// kill -9. Never another history than the one that was written.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "ledger/ledger_fixture.h"

namespace henge::ledger {
namespace {

namespace fs = std::filesystem;

class DamageTest : public LedgerFixture {
 protected:
  // A closed ledger: one file, its -wal moved into it.
  void make_ledger(int count) const {
    Store store = open(Mode::write);
    append(store, some_records(count));
  }
  // A ledger whose records are still in its -wal file, as after kill -9.
  void make_killed_ledger(int count) const {
    fs::create_directory(folder() + "/running");
    const std::string running = folder() + "/running/ledger.db";
    Result<Store> store = Store::open(running, Mode::write);
    ASSERT_TRUE(store);
    append(*store, some_records(count));
    for (const char* end : {"", "-wal", ".lock"}) fs::copy(running + end, path() + end);
  }
  void overwrite(const std::string& file, std::size_t offset, char value) const {
    std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
    stream.seekp(static_cast<std::streamoff>(offset));
    stream.put(value);
  }
  void expect_refused(ErrorKind kind, const std::string& part) const {
    for (const Mode mode : {Mode::read, Mode::write}) {
      const Result<Store> store = Store::open(path(), mode);
      ASSERT_FALSE(store);
      EXPECT_EQ(store.error().kind, kind) << store.error().message;
      EXPECT_NE(store.error().message.find(part), std::string::npos) << store.error().message;
      EXPECT_NE(store.error().message.find(path()), std::string::npos);
    }
  }
  // What verify says of the first bad record; 0 when it finds none.
  [[nodiscard]] std::int64_t first_bad() const {
    Store store = open(Mode::read);
    const Result<Verification> verification = store.verify();
    EXPECT_TRUE(verification);
    if (verification->faults.empty()) return 0;
    const Fault& fault = verification->faults.front();
    EXPECT_FALSE(fault.message.empty());
    EXPECT_EQ(verification->records, fault.sequence - 1);
    return fault.sequence;
  }
};

TEST_F(DamageTest, ASoundLedgerHasNoFault) {
  make_ledger(50);
  Store store = open(Mode::read);
  const Result<Verification> verification = store.verify();
  ASSERT_TRUE(verification);
  EXPECT_EQ(verification->records, 50);
  EXPECT_EQ(verification->last, *store.last());
  EXPECT_EQ(verification->faults, std::vector<Fault>{});
}

TEST_F(DamageTest, HandsInTheFileAreSeenAtTheRecord) {
  struct Case {
    const char* statements;
    std::int64_t bad;
  };
  const Case cases[] = {
      {"UPDATE record SET body = '{}' WHERE sequence = 3", 3},
      {"UPDATE record SET at_ms = at_ms + 1 WHERE sequence = 1", 1},
      {"UPDATE record SET pipeline = 'other' WHERE sequence = 7", 7},
      {"UPDATE record SET hash = zeroblob(32) WHERE sequence = 5", 5},
      {"DELETE FROM record WHERE sequence = 4", 4},
      {"UPDATE record SET sequence = sequence + 100 WHERE sequence = 6", 6},
      {"UPDATE record SET body = (SELECT body FROM record WHERE sequence = 2) WHERE sequence = 8",
       8},
  };
  for (const Case& c : cases) {
    fs::remove_all(folder());
    fs::create_directory(folder());
    make_ledger(10);
    fs::remove(path() + ".lock");  // the moved record would be the last one otherwise
    sql("DROP TRIGGER record_is_never_changed; DROP TRIGGER record_is_never_removed;");
    sql(c.statements);
    Result<Store> store = Store::open(path(), Mode::read);
    if (!store) {
      EXPECT_EQ(store.error().kind, ErrorKind::corrupt) << c.statements;
      continue;
    }
    EXPECT_EQ(first_bad(), c.bad) << c.statements;
    const Result<void> read = store->read(1, [](const Record&) { return Result<void>(); });
    ASSERT_FALSE(read) << c.statements;
    EXPECT_EQ(read.error().kind, ErrorKind::corrupt);
    EXPECT_NE(read.error().message.find(fmt::format("record {} ", c.bad)), std::string::npos)
        << read.error().message;
  }
}

TEST_F(DamageTest, TheFileItselfRefusesChanges) {
  make_ledger(3);
  Result<Database> database = Database::open(path(), Access::write);
  ASSERT_TRUE(database);
  for (const char* statement :
       {"UPDATE record SET body = ''", "DELETE FROM record WHERE sequence = 3",
        "INSERT INTO record SELECT sequence + 5, epoch, at_ms, pipeline, kind, body, hash "
        "FROM record WHERE sequence = 3"}) {
    const Result<void> done = database->execute(statement);
    ASSERT_FALSE(done) << statement;
    EXPECT_NE(done.error().message.find("the ledger "), std::string::npos);
  }
}

TEST_F(DamageTest, ADanglingReferenceIsRefusedOnOpening) {
  make_ledger(3);
  sql("DELETE FROM writer");
  expect_refused(ErrorKind::corrupt, "refers to a writer that is not there");
}

TEST_F(DamageTest, ALostEndIsRefused) {
  make_ledger(10);
  sql("DROP TRIGGER record_is_never_removed; DELETE FROM record WHERE sequence > 7");
  expect_refused(ErrorKind::corrupt, "ends at record 7, but record 10 had been written");
}

TEST_F(DamageTest, AnotherHistoryOfTheSameLengthIsRefused) {
  make_ledger(4);
  const std::string lock = bytes_of(path() + ".lock");
  for (const char* end : {"", ".lock"}) fs::remove(path() + end);
  {
    Store store = open(Mode::write);
    append(store, some_records(4, 10));
  }
  std::ofstream(path() + ".lock") << lock;
  expect_refused(ErrorKind::corrupt, "record 4 is not the one that was written");
}

TEST_F(DamageTest, AVanishedLedgerIsNotBegunAnew) {
  make_ledger(4);
  fs::remove(path());
  expect_refused(ErrorKind::corrupt, "4 records had been written");
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(DamageTest, ALostWalFileIsRefused) {
  make_killed_ledger(20);
  fs::remove(path() + "-wal");
  expect_refused(ErrorKind::corrupt, "20");
}

TEST_F(DamageTest, AKilledLedgerHasAllItsRecords) {
  make_killed_ledger(20);
  Store reader = open(Mode::read);
  EXPECT_EQ(read_all(reader).size(), 20U);
  Store writer = open(Mode::write);
  EXPECT_EQ(append(writer, some_records(1)), 21);
}

TEST_F(DamageTest, ACutFileIsRefusedAndLeftAsItIs) {
  make_ledger(400);
  const std::uintmax_t size = fs::file_size(path());
  for (const std::uintmax_t keep_bytes : {size - 1, size - 4096, size / 2, std::uintmax_t{4096},
                                          std::uintmax_t{100}, std::uintmax_t{0}}) {
    fs::resize_file(path(), keep_bytes);
    const std::string before = bytes_of(path());
    const Result<Store> writer = Store::open(path(), Mode::write);
    ASSERT_FALSE(writer) << keep_bytes;
    EXPECT_EQ(writer.error().kind, ErrorKind::corrupt) << writer.error().message;
    Result<Store> reader = Store::open(path(), Mode::read);
    if (reader) EXPECT_NE(first_bad(), 0) << keep_bytes;
    EXPECT_EQ(bytes_of(path()), before) << keep_bytes;
  }
}

TEST_F(DamageTest, ACutWalFileLosesNoRecordInSilence) {
  make_killed_ledger(400);
  const std::uintmax_t size = fs::file_size(path() + "-wal");
  for (const std::uintmax_t keep_bytes : {size - 1, size - 5000, size / 2, std::uintmax_t{20}}) {
    fs::resize_file(path() + "-wal", keep_bytes);
    expect_refused(ErrorKind::corrupt, "");
    fs::remove(path() + "-shm");
  }
}

// Whatever byte is flipped: the same history, or an error. Never a third thing.
TEST_F(DamageTest, AFlippedByteNeverMakesAnotherHistory) {
  make_ledger(200);
  std::vector<Record> truth;
  {
    Store store = open(Mode::read);
    truth = read_all(store);
  }
  const std::string sound = bytes_of(path());
  std::mt19937 random(17);  // the same flips on every run
  int refused = 0;
  constexpr int flips = 300;
  for (int i = 0; i < flips; ++i) {
    const std::size_t offset = random() % sound.size();
    overwrite(path(), offset, static_cast<char>(sound[offset] ^ (1 << (random() % 8))));
    Result<Store> store = Store::open(path(), Mode::read);
    std::vector<Record> records;
    const Result<void> read =
        store ? store->read(1, keep(records)) : Result<void>(tl::unexpected<Error>(store.error()));
    if (read) {
      EXPECT_EQ(records, truth) << "byte " << offset;
    } else {
      ++refused;
    }
    if (store && !read) EXPECT_NE(first_bad(), 0) << "byte " << offset;
    overwrite(path(), offset, sound[offset]);
  }
  EXPECT_GT(refused, flips / 4);
}

TEST_F(DamageTest, NoDatabaseIsRefusedAndLeftAsItIs) {
  std::ofstream(path()) << std::string(10'000, 'z');
  expect_refused(ErrorKind::corrupt, "not a database");
  EXPECT_EQ(bytes_of(path()), std::string(10'000, 'z'));
}

// Fills the disk by a limit on the size of files, then makes room.
TEST_F(DamageTest, AFullDiskWritesNothingAndTheStoreGoesOnWhenThereIsRoom) {
  Store store = open(Mode::write);
  append(store, some_records(10));
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, SIG_IGN);
  rlimit tight = before;
  tight.rlim_cur = 200'000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  Result<std::int64_t> full = store.append(some_records(100, 10'000), 10);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind, ErrorKind::exhausted) << full.error().message;
  EXPECT_EQ(read_all(store).size(), 10U);
  EXPECT_EQ(append(store, some_records(100, 10'000)), 110);
  EXPECT_TRUE(store.verify()->faults.empty());
}

class TinyDisk {
 public:
  TinyDisk(std::string folder, const char* options) : folder_(std::move(folder)) {
    fs::create_directory(folder_);
    mounted_ = mount("henge-test", folder_.c_str(), "tmpfs", 0, options) == 0;
  }
  TinyDisk(const TinyDisk&) = delete;
  TinyDisk& operator=(const TinyDisk&) = delete;
  ~TinyDisk() {
    if (mounted_) umount(folder_.c_str());
  }
  [[nodiscard]] bool mounted() const { return mounted_; }

 private:
  std::string folder_;
  bool mounted_ = false;
};

TEST_F(DamageTest, ATrulyFullDiskIsNoDifferent) {
  const TinyDisk disk(folder() + "/tiny", "size=600k");
  if (!disk.mounted()) GTEST_SKIP() << "only root can make a small disk";
  const std::string ledger = folder() + "/tiny/ledger.db";
  Result<Store> store = Store::open(ledger, Mode::write);
  ASSERT_TRUE(store) << store.error().message;
  append(*store, some_records(10));
  const std::string ballast = folder() + "/tiny/ballast";
  std::ofstream(ballast) << std::string(250'000, 'b');
  const Result<std::int64_t> full = store->append(some_records(50, 10'000), 10);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind, ErrorKind::exhausted) << full.error().message;
  EXPECT_EQ(read_all(*store).size(), 10U);
  fs::remove(ballast);
  EXPECT_EQ(append(*store, some_records(10, 10'000)), 20);
  EXPECT_TRUE(store->verify()->faults.empty());
}

// A writer that appends batches of seven until it is killed, telling each end through the pipe.
[[noreturn]] void append_until_killed(const std::string& path, int report) {
  Result<Store> store = Store::open(path, Mode::write);
  if (!store) _exit(1);
  while (true) {
    const Result<std::int64_t> last = store->append(some_records(7), store->last()->sequence);
    if (!last || write(report, &*last, sizeof *last) != sizeof *last) _exit(2);
  }
}

TEST_F(DamageTest, AWriterKilledAtAnyMomentLeavesAWholeLedgerFreeToOpen) {
  std::int64_t known = 0;
  for (int round = 0; round < 8; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) append_until_killed(path(), ends[1]);
    close(ends[1]);
    std::int64_t reported = 0;
    for (int i = 0; i <= round; ++i) {
      ASSERT_EQ(read(ends[0], &reported, sizeof reported), static_cast<ssize_t>(sizeof reported));
    }
    EXPECT_EQ(Store::open(path(), Mode::write).error().kind, ErrorKind::refused);
    Store beside = open(Mode::read);
    EXPECT_GE(beside.last()->sequence, reported);
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    while (read(ends[0], &reported, sizeof reported) == sizeof reported) known = reported;
    close(ends[0]);
    Store after = open(round % 2 == 0 ? Mode::write : Mode::read);
    const std::int64_t last = after.last()->sequence;
    EXPECT_GE(last, known);
    EXPECT_EQ(last % 7, 0) << "half an append";
    EXPECT_TRUE(after.verify()->faults.empty());
    known = last;
  }
}

}  // namespace
}  // namespace henge::ledger
