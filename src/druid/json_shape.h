// Reads what is expected out of a JSON tree that may be anything, for the parsers of this folder.
#pragma once

#include <nlohmann/json.hpp>

#include "model/druid.h"

namespace henge::druid {

using nlohmann::json;

inline constexpr std::size_t excerpt_max = 300;

// Where an expected shape is missing. Never leaves this folder: every parser runs inside guarded().
struct Misshapen {
  std::string what;
};

// Without line breaks, at most so many bytes of UTF-8.
std::string one_line(std::string_view text, std::size_t size_max);

// What `parse` makes of the document. Errors: unavailable.
template <typename F>
auto guarded(std::string_view body, F parse)
    -> Result<decltype(parse(std::declval<const json&>()))> {
  const json document = json::parse(body, nullptr, false);
  if (document.is_discarded()) {
    const std::string excerpt = one_line(body, 120);
    return fail(ErrorKind::unavailable, fmt::format("Druid's answer is not JSON ({})",
                                                    excerpt.empty() ? "empty" : excerpt));
  }
  try {
    return parse(document);
  } catch (const Misshapen& bad) {
    return fail(ErrorKind::unavailable, "Druid's answer has an unknown shape: " + bad.what);
  } catch (const json::exception& bad) {
    return fail(ErrorKind::unavailable,
                std::string("Druid's answer has an unknown shape: ") + bad.what());
  }
}

// All that follows throws Misshapen where a shape is not as it must be; `_or` and `find_` do not.
const json& member(const json& object, const char* name);
const json* find_member(const json& object, const char* name);
std::string text(const json& object, const char* name);
std::string text_or(const json& object, const char* name, std::string otherwise);
std::int64_t number_or(const json& object, const char* name, std::int64_t otherwise);
bool flag_or(const json& object, const char* name, bool otherwise);
Instant instant(const json& value, const char* name);
Interval interval(const std::string& text);
const json& array(const json& value, const char* name);
std::int32_t partition_of(const std::string& key);

// One element of any list of segments, and of any list of rules.
Segment segment(const json& element);
Rule rule(const json& element);

}  // namespace henge::druid
