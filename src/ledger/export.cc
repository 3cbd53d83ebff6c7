#include "ledger/export.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace henge::ledger {

namespace {

using nlohmann::json;

std::string quoted(const std::string& text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

// A raw newline is legal white space in JSON, and would end the line.
bool fits_a_line(const std::string& body) {
  return body.find_first_of("\r\n") == std::string::npos && json::accept(body);
}

}  // namespace

std::string to_json_line(const Record& record) {
  const bool as_it_is = fits_a_line(record.body);
  return fmt::format(
      R"({{"sequence":{},"at":"{}","pipeline":{},"kind":{},"epoch":{},"{}":{},"hash":"{}"}})",
      record.sequence, to_iso(record.at), quoted(record.pipeline), quoted(record.kind),
      record.epoch, as_it_is ? "body" : "body_text", as_it_is ? record.body : quoted(record.body),
      record.hash);
}

Result<void> export_lines(Store& store, const Sink& sink) {
  return store.read(1, [&sink](const Record& record) { return sink(to_json_line(record) + "\n"); });
}

}  // namespace henge::ledger
