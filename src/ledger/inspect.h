// Looks a ledger's file over: its end, its references, its chain. Only the ledger's own files use
// it.
#pragma once

#include <optional>

#include "ledger/chain.h"
#include "ledger/database.h"
#include "ledger/store.h"

namespace henge::ledger {

// Sequence 0 and genesis for an empty ledger.
Result<Head> last_in(Database& database);

// Record `sequence` as the place from which a walk can start. Errors: not_found (beyond the end),
// corrupt (a gap).
Result<Head> head_at(Database& database, std::int64_t sequence);

// Visits the records after `head`, checking each against the chain; `head` follows the good ones.
// Errors: corrupt (names the record), those of `visit`.
Result<void> walk(Database& database, Chain& chain, Head& head, const Visit& visit);

enum class Depth {
  last_link,    // quick; a reader checks the rest as it reads
  whole_chain,  // for who is about to write: after that it is too late to refuse
};

// Whether the file may be opened at all: format, end, references, chain. Changes nothing. Gives the
// format version, 0 where nothing was ever written. `visit` gets the records whose links are
// checked. Errors: invalid, corrupt, those of `visit`.
Result<int> probe(
    Database& database, const std::optional<Head>& noted, Depth depth,
    const Visit& visit = [](const Record&) { return Result<void>(); });

// The whole check behind Store::verify.
Result<Verification> inspect(Database& database, Chain& chain, const std::optional<Head>& noted);

}  // namespace henge::ledger
