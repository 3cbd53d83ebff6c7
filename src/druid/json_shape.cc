#include "druid/json_shape.h"

#include <charconv>

#include "druid/druid_json.h"

namespace henge::druid {

std::string one_line(std::string_view text, std::size_t size_max) {
  std::string out;
  for (const char c : text) {
    const bool space = static_cast<unsigned char>(c) <= ' ';
    if (space && (out.empty() || out.back() == ' ')) continue;
    out += space ? ' ' : c;
    if (out.size() > size_max) break;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  if (out.size() <= size_max) return out;
  // Not in the middle of a UTF-8 character.
  out.resize(size_max);
  while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0U) == 0x80U) out.pop_back();
  if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xC0U) out.pop_back();
  return out + "...";
}

const json& member(const json& object, const char* name) {
  if (!object.is_object()) throw Misshapen{fmt::format("expected an object with {}", name)};
  const auto it = object.find(name);
  if (it == object.end() || it->is_null()) throw Misshapen{fmt::format("{} is missing", name)};
  return *it;
}

const json* find_member(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(name);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

std::string text_or(const json& object, const char* name, std::string otherwise) {
  const json* value = find_member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::move(otherwise);
}

std::int64_t number_or(const json& object, const char* name, std::int64_t otherwise) {
  const json* value = find_member(object, name);
  return value != nullptr && value->is_number() ? value->get<std::int64_t>() : otherwise;
}

bool flag_or(const json& object, const char* name, bool otherwise) {
  const json* value = find_member(object, name);
  return value != nullptr && value->is_boolean() ? value->get<bool>() : otherwise;
}

std::string text(const json& object, const char* name) {
  const json& value = member(object, name);
  if (!value.is_string()) throw Misshapen{fmt::format("{} is no text", name)};
  return value.get<std::string>();
}

Instant instant(const json& value, const char* name) {
  if (!value.is_string()) throw Misshapen{fmt::format("{} is no time", name)};
  auto parsed = parse_instant(value.get<std::string>());
  if (!parsed) throw Misshapen{fmt::format("{}: {}", name, parsed.error().message)};
  return *parsed;
}

Interval interval(const std::string& text) {
  auto parsed = parse_druid_interval(text);
  if (!parsed) throw Misshapen{parsed.error().message};
  return *parsed;
}

const json& array(const json& value, const char* name) {
  if (!value.is_array()) throw Misshapen{fmt::format("{} is no array", name)};
  return value;
}

std::int32_t partition_of(const std::string& key) {
  const char* const end = key.data() + key.size();
  std::int32_t number = 0;
  const auto [stop, ec] = std::from_chars(key.data(), end, number);
  if (ec != std::errc() || stop != end) throw Misshapen{fmt::format("\"{}\" is no partition", key)};
  return number;
}

Segment segment(const json& element) {
  Segment out;
  out.id = text(element, "identifier");
  out.interval = interval(text(element, "interval"));
  out.version = text(element, "version");
  out.size_bytes = number_or(element, "size", 0);
  if (const json* shard = find_member(element, "shardSpec")) {
    out.partition = static_cast<std::int32_t>(number_or(*shard, "partitionNum", 0));
    out.tombstone = text_or(*shard, "type", "") == "tombstone";
  }
  return out;
}

Rule rule(const json& element) {
  Rule out;
  out.type = text(element, "type");
  out.period = text_or(element, "period", "");
  out.include_future = flag_or(element, "includeFuture", true);
  if (find_member(element, "interval") != nullptr) {
    out.interval = interval(text(element, "interval"));
  }
  if (const json* tiers = find_member(element, "tieredReplicants")) {
    for (const auto& [tier, count] : tiers->items()) {
      out.replicants.emplace(tier, count.get<std::int64_t>());
    }
  }
  return out;
}

}  // namespace henge::druid
