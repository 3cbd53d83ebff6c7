#include "ledger/extent_json.h"

#include <fmt/format.h>

#include <stdexcept>

namespace henge::ledger {

using nlohmann::json;
using scan::DeltaKind;

namespace {

DeltaKind kind_named(const std::string& name) {
  for (const DeltaKind kind : {DeltaKind::late, DeltaKind::early, DeltaKind::unparseable})
    if (name == scan::to_string(kind)) return kind;
  throw std::invalid_argument(fmt::format("kind has no value '{}'", name));
}

}  // namespace

json extent_json(const scan::Extent& e) {
  return {{"file", e.file},
          {"offset", e.offset},
          {"bytes", e.bytes},
          {"rows", e.rows},
          {"payload_bytes", e.payload_bytes},
          {"kind", scan::to_string(e.kind)},
          {"chunk", to_ms(e.chunk)},
          {"arrival_first", to_ms(e.arrival_first)},
          {"checksum", e.checksum}};
}

scan::Extent extent_of(const json& j) {
  scan::Extent e;
  e.file = j.at("file");
  e.offset = j.at("offset");
  e.bytes = j.at("bytes");
  e.rows = j.at("rows");
  e.payload_bytes = j.at("payload_bytes");
  e.kind = kind_named(j.at("kind").get<std::string>());
  e.chunk = instant_of_ms(j.at("chunk").get<std::int64_t>());
  e.arrival_first = instant_of_ms(j.at("arrival_first").get<std::int64_t>());
  e.checksum = j.at("checksum");
  return e;
}

}  // namespace henge::ledger
