#include "spec/field_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "spec/rules.h"

namespace henge::spec {
namespace {

std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
    text.insert(at, "\\");
  return text;
}

std::string type_text(const Field& field) {
  switch (field.type) {
    case FieldType::text:
      if (field.choices.empty()) return "text";
      return fmt::format("`{}`{}", fmt::join(field.choices, "` `"),
                         field.more_choices ? " or another" : "");
    case FieldType::secret:
      return "text or reference";
    case FieldType::boolean:
      return "true or false";
    case FieldType::integer:
      return field.max >= INT32_MAX ? fmt::format("whole number from {}", field.min)
                                    : fmt::format("{} to {}", field.min, field.max);
    case FieldType::number:
      return fmt::format("number from {} to {}", field.min, field.max);
    case FieldType::period:
      return "period";
    case FieldType::granularity:
      return "granularity";
    case FieldType::size:
      return "size";
    case FieldType::properties:
      return "map of values or references";
    case FieldType::labels:
      return "map of values";
    case FieldType::object:
      return field.open ? "Druid object" : "object";
    case FieldType::list:
      return "list of " + type_text(field.fields.front()) +
             (field.fields.front().or_name ? " or name" : "");
    case FieldType::druid:
      return "Druid JSON";
  }
  return "";
}

std::string default_text(const Field& field) {
  if (field.required) return "required";
  return field.fallback.empty() ? "" : fmt::format("`{}`", field.fallback);
}

void add_tables(const Field& shape, const std::string& path, std::string& out) {
  out += fmt::format("\n### {}\n\n{}\n\n", path.empty() ? "The document" : "`" + path + "`",
                     shape.doc);
  out += "| field | type | default | meaning |\n|---|---|---|---|\n";
  for (const Field& field : shape.fields) {
    out += fmt::format("| `{}` | {} | {} | {} |\n", field.name, cell(type_text(field)),
                       default_text(field), cell(field.doc));
  }
  if (shape.alike) {
    Field one = shape.fields.front();
    one.doc = "Each of them has the same fields.";
    return add_tables(one, path + ".*", out);
  }
  for (const Field& field : shape.fields) {
    const bool is_list = field.type == FieldType::list;
    const Field& inner = is_list ? field.fields.front() : field;
    if (inner.type != FieldType::object) continue;
    add_tables(inner, (path.empty() ? "" : path + ".") + field.name + (is_list ? "[]" : ""), out);
  }
}

}  // namespace

std::string field_tables(const Field& shape) {
  std::string out;
  add_tables(shape, "", out);
  return out + "\n";
}

std::string rule_table() {
  std::string out = "\n| name | severity | meaning |\n|---|---|---|\n";
  for (const Rule& r : rules()) {
    out += fmt::format("| `{}` | {} | {} |\n", r.code,
                       r.severity == Severity::error ? "error" : "warning",
                       cell(std::string(r.meaning)));
  }
  return out + "\n";
}

Result<std::string> with_part(const std::string& page, const std::string& name,
                              const std::string& part) {
  const std::string from = fmt::format("<!-- {} -->\n", name);
  const std::string to = fmt::format("<!-- end of {} -->", name);
  const std::size_t start = page.find(from);
  const std::size_t end = page.find(to);
  if (start == std::string::npos || end == std::string::npos || end < start) {
    return fail(ErrorKind::invalid, fmt::format("the page has no part between {}and {}", from, to));
  }
  return page.substr(0, start + from.size()) + part + page.substr(end);
}

}  // namespace henge::spec
