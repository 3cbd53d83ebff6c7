// For the ledger's tests: a folder of its own for each, and short words for what they all do.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "ledger/database.h"
#include "ledger/store.h"

namespace henge::ledger {

inline std::vector<NewRecord> some_records(int count, std::size_t body_bytes = 0) {
  std::vector<NewRecord> records;
  for (int i = 0; i < count; ++i) {
    const std::string padding(body_bytes, 'x');
    records.push_back({instant_of_ms(1'764'000'000'000 + i), "clicks", "scanned",
                       fmt::format(R"({{"n":{},"padding":"{}"}})", i, padding)});
  }
  return records;
}

inline Visit keep(std::vector<Record>& records) {
  return [&records](const Record& record) {
    records.push_back(record);
    return Result<void>();
  };
}

// For what must succeed for the test to mean anything.
inline std::int64_t append(EventStore& store, const std::vector<NewRecord>& records) {
  const Result<std::int64_t> last = store.append(records, store.last()->sequence);
  EXPECT_TRUE(last) << last.error().message;
  return last.value_or(-1);
}
inline std::vector<Record> read_all(EventStore& store) {
  std::vector<Record> records;
  const Result<void> read = store.read(1, keep(records));
  EXPECT_TRUE(read) << read.error().message;
  return records;
}

inline std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class LedgerFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder = (std::filesystem::temp_directory_path() / "henge-ledger-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string folder() const { return folder_; }
  [[nodiscard]] std::string path() const { return folder_ + "/ledger.db"; }

  // For what must succeed for the test to mean anything.
  [[nodiscard]] Store open(Mode mode) const {
    Result<Store> store = Store::open(path(), mode);
    if (!store) {
      ADD_FAILURE() << store.error().message;
      std::abort();
    }
    return std::move(*store);
  }
  // Somebody's hand in the file, past the store.
  void sql(const std::string& statements) const {
    Result<Database> database = Database::open(path(), Access::write);
    ASSERT_TRUE(database) << database.error().message;
    const Result<void> done = database->execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }

 private:
  std::string folder_;
};

}  // namespace henge::ledger
