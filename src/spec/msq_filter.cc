#include "spec/msq_filter.h"

#include <fmt/format.h>

#include <vector>

namespace henge::spec {
namespace {

tl::unexpected<Error> unfit(std::string_view type) {
  return fail(ErrorKind::invalid,
              fmt::format("filter: {} is not among those that SQL says the same way", type));
}

// Both forms of a comparison are of texts, as rows that are just read are compared.
Result<std::string> column_of(const Json& filter, std::string_view key, MsqColumns& columns) {
  const std::string column = string_at(filter, key);
  if (column == "__time") return unfit("one of __time");
  TRY_VOID(columns.read(column, MsqType::text));
  return sql_name(column);
}

Result<std::string> literal_of(const Json& value, std::string_view type) {
  // A text that is empty is one that is missing for some of Druid's versions.
  if (!value.is_string() || value.get_ref<const std::string&>().empty())
    return unfit(fmt::format("{} with {}", type, value.dump()));
  return sql_literal(value.get_ref<const std::string&>());
}

bool has_more(const Json& filter, std::initializer_list<std::string_view> keys) {
  for (const auto& [key, value] : filter.items())
    if (std::ranges::find(keys, key) == keys.end() && !value.is_null()) return true;
  return false;
}

Result<std::string> comparison(const Json& filter, const std::string& type, MsqColumns& columns) {
  const bool equals = type == "equals";
  const bool plain = equals
                         ? string_at(filter, "matchValueType") == "STRING" &&
                               !has_more(filter, {"type", "column", "matchValueType", "matchValue"})
                         : !has_more(filter, {"type", "dimension", "value"});
  if (!plain) return unfit(type + " of that form");
  TRY(const std::string column, column_of(filter, equals ? "column" : "dimension", columns));
  TRY(const std::string value,
      literal_of(at_or_null(filter, equals ? "matchValue" : "value"), type));
  return fmt::format("{} = {}", column, value);
}

Result<std::string> one_of(const Json& filter, MsqColumns& columns) {
  if (has_more(filter, {"type", "dimension", "values"})) return unfit("in of that form");
  TRY(const std::string column, column_of(filter, "dimension", columns));
  std::vector<std::string> values;
  for (const Json& value : at_or_null(filter, "values")) {
    TRY(std::string text, literal_of(value, "in"));
    values.push_back(std::move(text));
  }
  if (values.empty()) return unfit("in without values");
  return fmt::format("{} IN ({})", column, fmt::join(values, ", "));
}

Result<std::string> joined(const Json& filter, const char* by, MsqColumns& columns) {
  std::vector<std::string> fields;
  for (const Json& field : at_or_null(filter, "fields")) {
    TRY(const std::string text, sql_filter(field, columns));
    fields.push_back("(" + text + ")");
  }
  if (fields.empty()) return unfit("one without fields");
  return fmt::format("{}", fmt::join(fields, by));
}

}  // namespace

Result<std::string> sql_filter(const Json& filter, MsqColumns& columns) {
  const std::string type = string_at(filter, "type");
  if (type == "and") return joined(filter, " AND ", columns);
  if (type == "or") return joined(filter, " OR ", columns);
  if (type == "selector" || type == "equals") return comparison(filter, type, columns);
  if (type == "in") return one_of(filter, columns);
  if (type == "null") {
    TRY(const std::string column, column_of(filter, "column", columns));
    return column + " IS NULL";
  }
  if (type == "not") {
    TRY(const std::string text, sql_filter(at_or_null(filter, "field"), columns));
    return fmt::format("NOT ({})", text);
  }
  return unfit(type.empty() ? "one without a type" : type);
}

}  // namespace henge::spec
