#include "ledger/offset_event_json.h"

#include <charconv>
#include <stdexcept>

#include "ledger/extent_json.h"

namespace henge::ledger {

using nlohmann::json;

namespace {

json by_partition(const std::map<std::int32_t, std::int64_t>& values) {
  json out = json::object();
  for (const auto& [partition, value] : values) out[std::to_string(partition)] = value;
  return out;
}

std::map<std::int32_t, std::int64_t> of_partition(const json& j) {
  std::map<std::int32_t, std::int64_t> out;
  for (const auto& [key, value] : j.items()) {
    std::int32_t partition = 0;
    const char* end = key.data() + key.size();
    const auto [stop, error] = std::from_chars(key.data(), end, partition);
    if (error != std::errc() || stop != end)
      throw std::invalid_argument("'" + key + "' is no partition");
    out[partition] = value.get<std::int64_t>();
  }
  return out;
}

json write_chunk(const ResetChunk& c) {
  return {{"chunk", to_ms(c.chunk)},
          {"skipped", by_partition(c.skipped)},
          {"again", by_partition(c.again)},
          {"rebuilt", c.rebuilt}};
}

ResetChunk read_chunk(const json& j) {
  return {instant_of_ms(j.at("chunk").get<std::int64_t>()), of_partition(j.at("skipped")),
          of_partition(j.at("again")), j.at("rebuilt")};
}

ResetMeasured read_measured(const json& j) {
  ResetMeasured e;
  e.number = j.at("number");
  for (const json& c : j.at("chunks")) e.chunks.push_back(read_chunk(c));
  for (const json& x : j.at("extents")) e.extents.push_back(extent_of(x));
  e.lost = j.at("lost");
  return e;
}

}  // namespace

json write(const ResetIntended& e) {
  return {{"number", e.number},
          {"to", e.to},
          {"targets", by_partition(e.targets)},
          {"before", by_partition(e.before)},
          {"resume", e.resume},
          {"anew", e.anew},
          {"reason", e.reason},
          {"by", e.by}};
}
json write(const ResetQuiesced& e) {
  return {{"number", e.number}, {"committed", by_partition(e.committed)}};
}
json write(const ResetMeasured& e) {
  json chunks = json::array();
  for (const ResetChunk& c : e.chunks) chunks.push_back(write_chunk(c));
  json extents = json::array();
  for (const scan::Extent& x : e.extents) extents.push_back(extent_json(x));
  return {{"number", e.number}, {"chunks", chunks}, {"extents", extents}, {"lost", e.lost}};
}
json write(const OffsetsReset& e) {
  return {{"number", e.number}};
}
json write(const ResetEnded& e) {
  return {{"number", e.number}, {"error", e.error}};
}

std::optional<Body> read_offset_event(const std::string& kind, const json& j) {
  if (kind == "reset_intended") {
    return ResetIntended{j.at("number"),
                         j.at("to"),
                         of_partition(j.at("targets")),
                         of_partition(j.at("before")),
                         j.at("resume"),
                         j.at("anew"),
                         j.at("reason"),
                         j.at("by")};
  }
  if (kind == "reset_quiesced") {
    return ResetQuiesced{j.at("number"), of_partition(j.at("committed"))};
  }
  if (kind == "reset_measured") return read_measured(j);
  if (kind == "offsets_reset") return OffsetsReset{j.at("number")};
  if (kind == "reset_ended") return ResetEnded{j.at("number"), j.at("error")};
  return std::nullopt;
}

}  // namespace henge::ledger
