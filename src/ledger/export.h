// A ledger as JSON lines, for people and other programs.
#pragma once

#include <string>

#include "ledger/store.h"

namespace henge::ledger {

// One line without its newline: sequence, at, pipeline, kind, epoch, body, hash. A body that is
// JSON stands there byte for byte, so that the hash can be computed again from the line; another
// body is a JSON string under "body_text".
std::string to_json_line(const Record& record);

// Takes a piece of text, such as a writer to a file. Errors end the export.
using Sink = std::function<Result<void>(std::string_view)>;

// Every record, in order. Errors: as Store::read, and those of `sink`.
Result<void> export_lines(Store& store, const Sink& sink);

}  // namespace henge::ledger
