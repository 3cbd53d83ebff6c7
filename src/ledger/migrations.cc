#include "ledger/migrations.h"

#include <fmt/format.h>

#include <array>

namespace henge::ledger {

namespace {

// A writer's row is made when it opens the ledger; its epoch fences off every writer before it.
constexpr const char* records_and_writers = R"sql(
  CREATE TABLE writer (
    epoch INTEGER PRIMARY KEY,
    pid INTEGER NOT NULL,
    host TEXT NOT NULL,
    henge_version TEXT NOT NULL
  ) STRICT;
  CREATE TABLE record (
    sequence INTEGER PRIMARY KEY CHECK (sequence > 0),
    epoch INTEGER NOT NULL REFERENCES writer (epoch),
    at_ms INTEGER NOT NULL,
    pipeline TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
  ) STRICT;
  CREATE TABLE migration (
    version INTEGER PRIMARY KEY,
    henge_version TEXT NOT NULL
  ) STRICT;
)sql";

// The file itself refuses what the code never does, so that a hand with a SQL shell gets told too.
constexpr const char* append_only_triggers = R"sql(
  CREATE TRIGGER record_is_never_changed BEFORE UPDATE ON record
  BEGIN SELECT raise(ABORT, 'the ledger is append-only: a record is never changed'); END;
  CREATE TRIGGER record_is_never_removed BEFORE DELETE ON record
  BEGIN SELECT raise(ABORT, 'the ledger is append-only: a record is never removed'); END;
  CREATE TRIGGER record_has_no_gap BEFORE INSERT ON record
  WHEN NEW.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM record)
  BEGIN SELECT raise(ABORT, 'the ledger has no gaps: a record takes the next sequence'); END;
)sql";

constexpr std::array all_migrations{
    Migration{.version = 1, .sql = records_and_writers},
    Migration{.version = 2, .sql = append_only_triggers},
};

Result<void> apply(Database& database, const Migration& migration) {
  TRY(Transaction transaction, Transaction::begin(database));
  TRY_VOID(database.execute(migration.sql));
  TRY_VOID(database.execute(
      fmt::format("INSERT INTO migration (version, henge_version) VALUES ({}, '{}');"
                  "PRAGMA application_id = {}; PRAGMA user_version = {};",
                  migration.version, HENGE_VERSION, application_id, migration.version)));
  return transaction.commit();
}

}  // namespace

std::span<const Migration> migrations() {
  return all_migrations;
}

int schema_version() {
  return all_migrations.back().version;
}

Result<int> version_of(Database& database) {
  TRY(const std::int64_t marked, database.integer_of("PRAGMA application_id"));
  TRY(const std::int64_t version, database.integer_of("PRAGMA user_version"));
  TRY(const std::int64_t objects, database.integer_of("SELECT count(*) FROM sqlite_schema"));
  if (marked == 0 && version == 0 && objects == 0) return 0;
  if (marked != application_id || version < 1) {
    return fail(ErrorKind::invalid, "this is a SQLite file, but not a henge ledger");
  }
  if (version > schema_version()) {
    return fail(ErrorKind::invalid,
                fmt::format("the ledger has format version {}, this henge ({}) knows up to {}: use "
                            "the newer henge that wrote it",
                            version, HENGE_VERSION, schema_version()));
  }
  return static_cast<int>(version);
}

Result<void> migrate(Database& database, int target) {
  TRY(const int version, version_of(database));
  for (const Migration& migration : migrations()) {
    if (migration.version <= version || migration.version > target) continue;
    Result<void> applied = apply(database, migration);
    if (!applied) {
      return tl::unexpected<Error>(std::move(applied).error().within(
          fmt::format("bring the ledger to format version {}", migration.version)));
    }
  }
  return {};
}

}  // namespace henge::ledger
