#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "ledger/chain.h"
#include "ledger/database.h"
#include "ledger/inspect.h"
#include "ledger/migrations.h"
#include "ledger/store.h"

namespace henge::ledger {

namespace {

constexpr const char* writer_settings =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
    "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;";
constexpr const char* reader_settings =
    "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;";

std::string lock_path(const std::string& path) {
  return path + ".lock";
}

bool exists(const std::string& path) {
  std::error_code ignored;  // an unreadable folder is reported by the opening that follows
  return std::filesystem::exists(path, ignored);
}

tl::unexpected<Error> about(const std::string& path, Error error) {
  return tl::unexpected<Error>(std::move(error).within("ledger " + path));
}

// Keeps the file as it was before its format changes, beside it: ledger.db.v1.
Result<void> keep_copy(Database& database, const std::string& path, int version) {
  const std::string copy = fmt::format("{}.v{}", path, version);
  if (exists(copy)) return {};
  const std::string partial = copy + ".partial";
  std::error_code error;
  std::filesystem::remove(partial, error);
  TRY(Statement statement, database.prepare("VACUUM INTO ?"));
  statement.bind(1, std::string_view(partial));
  TRY_VOID(statement.run());
  std::filesystem::rename(partial, copy, error);
  if (error) return fail(ErrorKind::unavailable, "keep a copy as " + copy + ": " + error.message());
  return {};
}

Result<std::int64_t> begin_epoch(Database& database) {
  TRY(Transaction transaction, Transaction::begin(database));
  TRY(const std::int64_t epoch,
      database.integer_of("SELECT coalesce(max(epoch), 0) + 1 FROM writer"));
  TRY(Statement insert,
      database.prepare("INSERT INTO writer (epoch, pid, host, henge_version) VALUES (?, ?, ?, ?)"));
  const Writer self = this_process();
  insert.bind(1, epoch);
  insert.bind(2, self.pid);
  insert.bind(3, std::string_view(self.host));
  insert.bind(4, std::string_view(HENGE_VERSION));
  TRY_VOID(insert.run());
  TRY_VOID(transaction.commit());
  return epoch;
}

}  // namespace

struct Store::Impl {
  // What only a writer has.
  struct Writing {
    WriterLock lock;  // released last
    std::int64_t epoch = 0;
    Head last;
    bool broken = false;  // the disk failed: what it holds is known only after opening again
  };
  std::string path;
  std::optional<Writing> writing;
  Database database;
  Chain chain{};

  static Result<std::unique_ptr<Impl>> open_to_read(const std::string& path, Depth depth,
                                                    const Visit& visit);
  static Result<std::unique_ptr<Impl>> open_to_write(const std::string& path, const Visit& replay);
  Result<std::int64_t> append(const std::vector<NewRecord>& records);
  Result<void> check_fence();
  Result<Head> insert(const std::vector<NewRecord>& records);
};

Result<std::unique_ptr<Store::Impl>> Store::Impl::open_to_read(const std::string& path, Depth depth,
                                                               const Visit& visit) {
  const std::optional<Head> noted = noted_head(lock_path(path));
  if (!exists(path)) {
    if (!noted || noted->sequence == 0) return fail(ErrorKind::not_found, "there is no such file");
    return fail(ErrorKind::corrupt,
                fmt::format("the file is gone, but {} records had been written", noted->sequence));
  }
  TRY(Database database, Database::open(path, Access::read));
  TRY_VOID(database.execute(reader_settings));
  TRY(const int version, probe(database, noted, depth, visit));
  if (version == 0) return fail(ErrorKind::not_found, "the file is empty");
  return std::make_unique<Impl>(
      Impl{.path = path, .writing = std::nullopt, .database = std::move(database)});
}

Result<std::unique_ptr<Store::Impl>> Store::Impl::open_to_write(const std::string& path,
                                                                const Visit& replay) {
  TRY(WriterLock lock, WriterLock::acquire(lock_path(path)));
  int version = 0;
  if (exists(path) || noted_head(lock_path(path)).value_or(Head{}).sequence > 0) {
    // Seen through a reader first: a damaged file is refused before anything can change it.
    Result<std::unique_ptr<Impl>> seen = open_to_read(path, Depth::whole_chain, replay);
    if (!seen && seen.error().kind != ErrorKind::not_found) {
      return tl::unexpected<Error>(std::move(seen).error());
    }
    if (seen) {
      TRY(version, version_of((*seen)->database));
    }
  }
  TRY(Database database, Database::open(path, Access::write));
  TRY_VOID(database.execute(writer_settings));
  if (version > 0 && version < schema_version()) TRY_VOID(keep_copy(database, path, version));
  TRY_VOID(migrate(database, schema_version()));
  TRY(const std::int64_t epoch, begin_epoch(database));
  TRY(const Head last, last_in(database));
  TRY_VOID(lock.note(last));
  Writing writing{.lock = std::move(lock), .epoch = epoch, .last = last};
  return std::make_unique<Impl>(
      Impl{.path = path, .writing = std::move(writing), .database = std::move(database)});
}

Result<void> Store::Impl::check_fence() {
  TRY(const std::int64_t epoch, database.integer_of("SELECT max(epoch) FROM writer"));
  TRY(const Head last, last_in(database));
  if (epoch == writing->epoch && last == writing->last) return {};
  TRY(const std::string holder,
      database.text_of("SELECT 'process ' || pid || ' on ' || host FROM writer "
                       "ORDER BY epoch DESC LIMIT 1"));
  return fail(ErrorKind::conflict,
              fmt::format("{} has opened this ledger for writing since (epoch {}, ours is {}; last "
                          "record {}, ours is {})",
                          holder, epoch, writing->epoch, last.sequence, writing->last.sequence));
}

Result<Head> Store::Impl::insert(const std::vector<NewRecord>& records) {
  TRY(Statement statement,
      database.prepare("INSERT INTO record (sequence, epoch, at_ms, pipeline, kind, body, hash) "
                       "VALUES (?, ?, ?, ?, ?, ?, ?)"));
  Head head = writing->last;
  for (const NewRecord& record : records) {
    ++head.sequence;
    head.hash = chain.link(head.hash, {.sequence = head.sequence,
                                       .epoch = writing->epoch,
                                       .at = record.at,
                                       .pipeline = record.pipeline,
                                       .kind = record.kind,
                                       .body = record.body});
    statement.bind(1, head.sequence);
    statement.bind(2, writing->epoch);
    statement.bind(3, to_ms(record.at));
    statement.bind(4, std::string_view(record.pipeline));
    statement.bind(5, std::string_view(record.kind));
    statement.bind(6, std::string_view(record.body));
    statement.bind(7, std::span<const std::uint8_t>(head.hash));
    TRY_VOID(statement.run());
  }
  return head;
}

Result<std::int64_t> Store::Impl::append(const std::vector<NewRecord>& records) {
  TRY(Transaction transaction, Transaction::begin(database));
  TRY_VOID(check_fence());
  TRY(const Head head, insert(records));
  TRY_VOID(transaction.commit());
  writing->last = head;
  // The records are durable already; a note that fails leaves the file behind, which is allowed,
  // and the next append writes it again.
  static_cast<void>(writing->lock.note(head));
  return head.sequence;
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

namespace {

Result<void> look_on(const Record&) {
  return {};
}

}  // namespace

Result<Store> Store::open(const std::string& path, Mode mode) {
  Result<std::unique_ptr<Impl>> impl = mode == Mode::write
                                           ? Impl::open_to_write(path, look_on)
                                           : Impl::open_to_read(path, Depth::last_link, look_on);
  if (!impl) return about(path, std::move(impl).error());
  return Store(std::move(*impl));
}

Result<Store> Store::open(const std::string& path, Mode mode, const Visit& replay) {
  if (mode == Mode::read) {
    TRY(Store store, open(path, mode));
    TRY_VOID(store.read(1, replay));
    return store;
  }
  Result<std::unique_ptr<Impl>> impl = Impl::open_to_write(path, replay);
  if (!impl) return about(path, std::move(impl).error());
  return Store(std::move(*impl));
}

Result<std::int64_t> Store::append(const std::vector<NewRecord>& records,
                                   std::int64_t expected_last_sequence) {
  if (!impl_->writing) return about(impl_->path, {ErrorKind::refused, "opened for reading only"});
  Impl::Writing& writing = *impl_->writing;
  if (writing.broken) {
    return about(impl_->path, {ErrorKind::unknown_outcome,
                               "the disk failed while writing; start henge again to see what was "
                               "kept"});
  }
  if (expected_last_sequence != writing.last.sequence) {
    return about(impl_->path,
                 {ErrorKind::conflict, fmt::format("the last record is {}, not {}",
                                                   writing.last.sequence, expected_last_sequence)});
  }
  if (records.empty()) return writing.last.sequence;
  Result<std::int64_t> last = impl_->append(records);
  if (last) return last;
  writing.broken = last.error().kind == ErrorKind::unknown_outcome;
  return about(impl_->path,
               std::move(last).error().within(fmt::format("append {} records", records.size())));
}

Result<void> Store::read(std::int64_t from, const Visit& visit) {
  std::optional<Error> by_visit;  // the visitor's own error is passed on as it is
  const Visit guarded = [&](const Record& record) {
    Result<void> seen = visit(record);
    if (!seen) by_visit = seen.error();
    return seen;
  };
  Result<Head> head = head_at(impl_->database, from - 1);
  if (!head && head.error().kind == ErrorKind::not_found) return {};
  if (!head) return about(impl_->path, std::move(head).error());
  Result<void> walked = walk(impl_->database, impl_->chain, *head, guarded);
  if (by_visit) return tl::unexpected<Error>(*by_visit);
  if (!walked) return about(impl_->path, std::move(walked).error());
  return {};
}

Result<Head> Store::last() {
  Result<Head> head = last_in(impl_->database);
  if (!head) return about(impl_->path, std::move(head).error());
  return head;
}

Result<Verification> Store::verify() {
  const std::optional<Head> noted = noted_head(lock_path(impl_->path));
  Result<Verification> verification = inspect(impl_->database, impl_->chain, noted);
  if (!verification) return about(impl_->path, std::move(verification).error());
  return verification;
}

}  // namespace henge::ledger
