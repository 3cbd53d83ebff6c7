// An event as a sentence, for logs and for people who ask why.
#pragma once

#include <string>

#include "ledger/event.h"

namespace henge::ledger {

// One line, no secrets, never longer than a few hundred characters.
std::string describe(const Body& body);

}  // namespace henge::ledger
