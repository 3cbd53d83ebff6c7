#include "druid/dom_shape.h"

#include <algorithm>
#include <tuple>

namespace henge::druid::dom {

namespace {

void write_text(std::string_view text, std::string& out) {
  out += '"';
  std::size_t plain = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(plain, at - plain);
    plain = at + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += fmt::format("\\u{:04x}", c);
    }
  }
  out += text.substr(plain);
  out += '"';
}

void write(const Element& value, std::string& out);

void write_object(const simdjson::dom::object& object, std::string& out) {
  struct Member {
    std::string_view key;
    std::size_t number;
    Element value;
  };
  std::vector<Member> members;
  members.reserve(object.size());
  for (const auto [key, value] : object) members.push_back({key, members.size(), value});
  // Of a key that is there twice, the last one counts.
  std::ranges::sort(members, [](const Member& a, const Member& b) {
    return std::tie(a.key, a.number) < std::tie(b.key, b.number);
  });
  out += '{';
  bool first = true;
  for (std::size_t at = 0; at < members.size(); ++at) {
    if (at + 1 < members.size() && members[at + 1].key == members[at].key) continue;
    if (!std::exchange(first, false)) out += ',';
    write_text(members[at].key, out);
    out += ':';
    write(members[at].value, out);
  }
  out += '}';
}

void write_array(const simdjson::dom::array& array, std::string& out) {
  out += '[';
  bool first = true;
  for (const Element element : array) {
    if (!std::exchange(first, false)) out += ',';
    write(element, out);
  }
  out += ']';
}

void write(const Element& value, std::string& out) {
  using Type = simdjson::dom::element_type;
  switch (value.type()) {
    case Type::OBJECT:
      return write_object(value.get_object().value_unsafe(), out);
    case Type::ARRAY:
      return write_array(value.get_array().value_unsafe(), out);
    case Type::STRING:
      return write_text(value.get_string().value_unsafe(), out);
    case Type::INT64:
      out += fmt::format("{}", value.get_int64().value_unsafe());
      return;
    case Type::UINT64:
      out += fmt::format("{}", value.get_uint64().value_unsafe());
      return;
    case Type::DOUBLE:
      out += json(value.get_double().value_unsafe()).dump();
      return;
    case Type::BOOL:
      out += value.get_bool().value_unsafe() ? "true" : "false";
      return;
    case Type::NULL_VALUE:
      out += "null";
      return;
  }
}

}  // namespace

std::optional<Element> find_member(const Element& object, std::string_view name) {
  simdjson::dom::object members;
  if (object.get_object().get(members)) return std::nullopt;
  // Not at_key(): of a key that is there twice, the last one counts.
  std::optional<Element> found;
  for (const auto [key, value] : members) {
    if (key == name) found = value;
  }
  if (found && found->is_null()) return std::nullopt;
  return found;
}

Element member(const Element& object, std::string_view name) {
  if (!object.is_object()) throw Misshapen{fmt::format("expected an object with {}", name)};
  const auto found = find_member(object, name);
  if (!found) throw Misshapen{fmt::format("{} is missing", name)};
  return *found;
}

std::string_view text(const Element& object, std::string_view name) {
  std::string_view out;
  if (member(object, name).get_string().get(out)) {
    throw Misshapen{fmt::format("{} is no text", name)};
  }
  return out;
}

simdjson::dom::array array(const Element& value, std::string_view name) {
  simdjson::dom::array out;
  if (value.get_array().get(out)) throw Misshapen{fmt::format("{} is no array", name)};
  return out;
}

simdjson::dom::object object(const Element& value, std::string_view name) {
  simdjson::dom::object out;
  if (value.get_object().get(out)) throw Misshapen{fmt::format("{} is no object", name)};
  return out;
}

std::string_view text_or(const Element& object, std::string_view name, std::string_view otherwise) {
  std::string_view out = otherwise;
  const auto found = find_member(object, name);
  if (found && found->get_string().get(out)) return otherwise;
  return out;
}

std::int64_t number_or(const Element& object, std::string_view name, std::int64_t otherwise) {
  const auto found = find_member(object, name);
  if (!found) return otherwise;
  std::int64_t whole = 0;
  if (!found->get_int64().get(whole)) return whole;
  double real = 0;
  if (!found->is_double() || found->get_double().get(real)) return otherwise;
  return static_cast<std::int64_t>(real);
}

bool flag_or(const Element& object, std::string_view name, bool otherwise) {
  const auto found = find_member(object, name);
  bool out = otherwise;
  if (found && found->get_bool().get(out)) return otherwise;
  return out;
}

JsonText canonical(const Element& value) {
  JsonText out;
  write(value, out.text);
  return out;
}

}  // namespace henge::druid::dom
