// Which ledger this is: the hash of its first record, which holds a random incarnation and a time.
#pragma once

#include <string>

#include "ledger/store.h"

namespace henge::ledger {

// 64 hexadecimal digits; empty for a ledger in which nothing was recorded yet. Errors: those of
// EventStore::read.
Result<std::string> identity(EventStore& store);

}  // namespace henge::ledger
