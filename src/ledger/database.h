// SQLite with owners instead of raw pointers, and its codes as henge's errors. Only the ledger's
// own files include this.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "model/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace henge::ledger {

enum class Access { read, write };

// One prepared statement, used again and again: bind, step until it says done, reset.
class Statement {
 public:
  void bind(int index, std::int64_t value);
  // The text must stay alive until reset().
  void bind(int index, std::string_view text);
  void bind(int index, std::span<const std::uint8_t> blob);
  // True: a row stands ready. False: done. Errors: as error_of().
  Result<bool> step();
  // Steps a statement that returns no rows, and resets it whatever came of it.
  Result<void> run();
  void reset();

  // Columns from 0; views are valid until the next step or reset.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::span<const std::uint8_t> blob(int column) const;
  [[nodiscard]] bool null(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// One connection, used by one thread at a time.
class Database {
 public:
  // `read` needs an existing file and never changes it; `write` makes one. Waits up to five seconds
  // for another connection's lock. Errors: not_found, denied, corrupt, exhausted, unavailable.
  static Result<Database> open(const std::string& path, Access access);

  Result<Statement> prepare(std::string_view sql);
  // Runs all statements of `sql`; what they return is dropped.
  Result<void> execute(const std::string& sql);
  // The first column of the first row. Errors: not_found when there is no row.
  Result<std::int64_t> integer_of(std::string_view sql);
  Result<std::string> text_of(std::string_view sql);

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  explicit Database(sqlite3* handle) : handle_(handle) {}
  std::unique_ptr<sqlite3, Close> handle_;
};

// A transaction that is undone unless commit() is reached and succeeds.
class Transaction {
 public:
  // Takes the write lock at once. Errors: as Database::execute.
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace henge::ledger
