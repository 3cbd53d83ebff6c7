#include "ledger/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>

namespace henge::ledger {

namespace {

constexpr int busy_wait_ms = 5000;

// A full disk arrives in several guises: SQLite's own FULL, and I/O errors whose cause is ENOSPC, a
// quota, or a limit on the file's size.
bool out_of_room(int code, int system_code) {
  if (code == SQLITE_FULL) return true;
  return code == SQLITE_IOERR &&
         (system_code == ENOSPC || system_code == EDQUOT || system_code == EFBIG);
}

ErrorKind kind_of(int code, int system_code) {
  if (out_of_room(code, system_code)) return ErrorKind::exhausted;
  switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::unavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorKind::corrupt;
    case SQLITE_CANTOPEN:
      return system_code == EACCES ? ErrorKind::denied : ErrorKind::not_found;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return ErrorKind::denied;
    // After a failed write or sync nobody knows what the disk holds until the file is read again.
    case SQLITE_IOERR:
      return ErrorKind::unknown_outcome;
    default:
      return ErrorKind::internal;
  }
}

int last_errno(sqlite3_file* file) {
  int code = 0;
  if (file == nullptr || file->pMethods == nullptr) return 0;
  file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &code);
  return code;
}

// SQLite forgets errno while it rolls back; the file that failed, most often the -wal, still knows.
int errno_of_failed_file(sqlite3* handle) {
  for (const int operation : {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER}) {
    sqlite3_file* file = nullptr;
    sqlite3_file_control(handle, "main", operation, static_cast<void*>(&file));
    if (const int code = last_errno(file); code != 0) return code;
  }
  return sqlite3_system_errno(handle);
}

tl::unexpected<Error> error_of(sqlite3* handle) {
  const int code = sqlite3_errcode(handle) & 0xff;
  std::string message = sqlite3_errmsg(handle);
  int system_code = 0;
  if (code == SQLITE_IOERR) system_code = errno_of_failed_file(handle);
  if (code == SQLITE_CANTOPEN) system_code = sqlite3_system_errno(handle);
  if (system_code != 0) {
    message += fmt::format(" ({})", std::strerror(system_code));
  }
  return fail(kind_of(code, system_code), std::move(message));
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Statement::bind(int index, std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_.get(), index, value);
  invariant(code == SQLITE_OK, "a parameter of a prepared statement exists");
}

void Statement::bind(int index, std::string_view text) {
  const int code = sqlite3_bind_text64(statement_.get(), index, text.empty() ? "" : text.data(),
                                       text.size(), SQLITE_STATIC, SQLITE_UTF8);
  invariant(code == SQLITE_OK || code == SQLITE_TOOBIG, "a text parameter exists");
}

void Statement::bind(int index, std::span<const std::uint8_t> blob) {
  const int code =
      sqlite3_bind_blob64(statement_.get(), index, blob.data(), blob.size(), SQLITE_STATIC);
  invariant(code == SQLITE_OK, "a blob parameter exists");
}

Result<bool> Statement::step() {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return error_of(sqlite3_db_handle(statement_.get()));
  }
}

Result<void> Statement::run() {
  const Result<bool> stepped = step();
  reset();
  if (!stepped) return tl::unexpected<Error>(stepped.error());
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());  // repeats step()'s error, which the caller already has
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::span<const std::uint8_t> Statement::blob(int column) const {
  const auto* data =
      static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool Statement::null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

Result<Database> Database::open(const std::string& path, Access access) {
  const int mode =
      access == Access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, mode | SQLITE_OPEN_NOMUTEX, nullptr);
  if (handle == nullptr) return fail(ErrorKind::internal, "no memory for a database connection");
  Database database(handle);
  if (code != SQLITE_OK) return error_of(handle);
  sqlite3_extended_result_codes(handle, 0);
  sqlite3_busy_timeout(handle, busy_wait_ms);
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return error_of(handle_.get());
  return Statement(statement);
}

Result<void> Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(handle_.get());
  return {};
}

Result<std::int64_t> Database::integer_of(std::string_view sql) {
  TRY(Statement statement, prepare(sql));
  TRY(const bool row, statement.step());
  if (!row) return fail(ErrorKind::not_found, fmt::format("no row for {}", sql));
  return statement.integer(0);
}

Result<std::string> Database::text_of(std::string_view sql) {
  TRY(Statement statement, prepare(sql));
  TRY(const bool row, statement.step());
  if (!row) return fail(ErrorKind::not_found, fmt::format("no row for {}", sql));
  return std::string(statement.text(0));
}

Result<Transaction> Transaction::begin(Database& database) {
  TRY_VOID(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  if (database_ == nullptr) return;
  // SQLite has already rolled back after some errors (disk full); then this says so, and that is
  // what was wanted.
  static_cast<void>(database_->execute("ROLLBACK"));
}

Result<void> Transaction::commit() {
  TRY_VOID(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace henge::ledger
