// The shape of the ledger's file, version by version. A version that was once released is never
// edited: a change is a new migration.
#pragma once

#include <span>

#include "ledger/database.h"

namespace henge::ledger {

// "Heng" in ASCII: marks a SQLite file as a henge ledger (PRAGMA application_id).
inline constexpr std::int64_t application_id = 0x48656e67;

struct Migration {
  int version;  // what PRAGMA user_version says afterwards
  const char* sql;
};

std::span<const Migration> migrations();
// The version this henge writes. It reads every version from 1 to this one.
int schema_version();

// The file's version; 0 for a file without any table. Errors: corrupt (no database), invalid (not a
// ledger, or newer than schema_version(): says both versions).
Result<int> version_of(Database& database);

// Brings the file to `target`, each version in a transaction of its own. Errors: as Database.
Result<void> migrate(Database& database, int target);

}  // namespace henge::ledger
