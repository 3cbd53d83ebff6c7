// What a file may hold, said once: the check of a file, the JSON Schema for editors and the
// reference page come from it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/report.h"
#include "spec/view.h"

namespace henge::spec {

enum class FieldType {
  text,
  boolean,
  integer,
  number,
  period,       // ISO 8601 of fixed length: PT10M
  granularity,  // Druid's name for a bucket: HOUR
  size,         // bytes: 65536, 64k, 1M
  properties,   // a map of names to plain values; values may hold references to secrets
  labels,       // a map of names to text
  secret,       // text that may hold references
  object,
  list,
  druid,  // any value, passed on to Druid as it is
};

// A name that people bring along from somewhere else, and what to do instead.
struct Stranger {
  std::string name;
  std::string code;
  std::string message;
  std::string hint;
};

struct Field {
  std::string name;
  FieldType type = FieldType::text;
  std::string doc;
  bool required = false;
  std::string fallback;  // the default as it would be written; empty where there is none
  std::vector<std::string> choices;  // text: the words it takes
  bool more_choices = false;         // choices are those henge knows; Druid may know others
  std::int64_t min = 0;              // integer, number: inclusive
  std::int64_t max = 0;
  std::vector<Field> fields;        // object: its fields; list: one, its item
  bool open = false;                // object: passed on to Druid, which may know more fields
  bool alike = false;               // object: its fields are objects with the same fields
  bool or_name = false;             // object: a plain name stands for an object that has only that
  std::vector<Stranger> strangers;  // object; those of the root are refused everywhere

  // Modifiers for the tables in *_shape.cc.
  Field must() &&;
  Field otherwise(std::string text) &&;
  Field one_of(std::vector<std::string> words) &&;
  Field mostly(std::vector<std::string> words) &&;
  Field refusing(std::vector<Stranger> names) &&;

  [[nodiscard]] const Field* find(std::string_view field_name) const;
  [[nodiscard]] std::vector<std::string> field_names() const;
};

Field text(std::string name, std::string doc);
Field boolean(std::string name, std::string doc);
Field integer(std::string name, std::int64_t min, std::int64_t max, std::string doc);
Field number(std::string name, std::int64_t min, std::int64_t max, std::string doc);
Field period(std::string name, std::string doc);
Field granularity(std::string name, std::string doc);
Field size(std::string name, std::string doc);
Field properties(std::string name, std::string doc);
Field labels(std::string name, std::string doc);
Field secret(std::string name, std::string doc);
Field druid(std::string name, std::string doc);
Field object(std::string name, std::string doc, std::vector<Field> fields);
// An object in Druid's own shape: the fields henge knows are checked, others pass.
Field open_object(std::string name, std::string doc, std::vector<Field> fields);
Field list(std::string name, std::string doc, Field item);

// Reports everything in `value` that does not fit the shape. `root` is where unknown names are
// looked for elsewhere.
void check(const Field& shape, const View& value, const Field& root, Report& report);

// 65536, 64k, 1M, 2G; k, M and G are powers of 1024. Errors: invalid.
Result<std::int64_t> parse_size(std::string_view text);

}  // namespace henge::spec
