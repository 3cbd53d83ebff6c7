// As json_shape.h, for the large answers: read by simdjson, at many times the speed.
#pragma once

#include <simdjson.h>

#include <optional>

#include "druid/json_shape.h"

namespace henge::druid::dom {

using Element = simdjson::dom::element;

// What `parse` makes of the document. Errors: unavailable.
template <typename F>
auto guarded(std::string_view body, F parse)
    -> Result<decltype(parse(std::declval<const Element&>()))> {
  simdjson::dom::parser parser;
  Element document;
  if (parser.parse(body.data(), body.size()).get(document)) {
    const std::string excerpt = one_line(body, 120);
    return fail(ErrorKind::unavailable, fmt::format("Druid's answer is not JSON ({})",
                                                    excerpt.empty() ? "empty" : excerpt));
  }
  try {
    return parse(document);
  } catch (const Misshapen& bad) {
    return fail(ErrorKind::unavailable, "Druid's answer has an unknown shape: " + bad.what);
  }
}

// Nothing where there is no object, no such member, or null.
std::optional<Element> find_member(const Element& object, std::string_view name);
// These throw Misshapen.
Element member(const Element& object, std::string_view name);
std::string_view text(const Element& object, std::string_view name);
simdjson::dom::array array(const Element& value, std::string_view name);
simdjson::dom::object object(const Element& value, std::string_view name);

std::string_view text_or(const Element& object, std::string_view name, std::string_view otherwise);
std::int64_t number_or(const Element& object, std::string_view name, std::int64_t otherwise);
bool flag_or(const Element& object, std::string_view name, bool otherwise);

// Sorted keys, no white space: the same bytes as nlohmann's dump().
JsonText canonical(const Element& value);

}  // namespace henge::druid::dom
