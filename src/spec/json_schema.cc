#include "spec/json_schema.h"

#include <nlohmann/json.hpp>

#include "spec/config_shape.h"
#include "spec/load_document.h"
#include "spec/pipeline_shape.h"

namespace henge::spec {
namespace {

// Editors show fields in the order of the file.
using Ordered = nlohmann::ordered_json;

Ordered any_of(Ordered a, Ordered b) {
  Ordered both = Ordered::array();
  both.push_back(std::move(a));
  both.push_back(std::move(b));
  return {{"anyOf", std::move(both)}};
}

Ordered text_schema(const Field& field) {
  if (field.choices.empty()) return {{"type", "string"}};
  Ordered closed = {{"enum", field.choices}};
  return field.more_choices ? any_of(std::move(closed), {{"type", "string"}}) : closed;
}

Ordered granularity_schema() {
  Ordered names = Ordered::array();
  for (int g = 0; g <= static_cast<int>(Granularity::all); ++g)
    names.push_back(to_string(static_cast<Granularity>(g)));
  // Lower case and ISO periods are taken too.
  return any_of({{"enum", names}}, {{"type", "string"}, {"pattern", "^([A-Za-z_]+|P[0-9A-Z]+)$"}});
}

Ordered schema_of(const Field& field);

Ordered object_schema(const Field& field) {
  Ordered properties = Ordered::object();
  Ordered required = Ordered::array();
  for (const Field& inner : field.fields) {
    properties[inner.name] = schema_of(inner);
    if (inner.required) required.push_back(inner.name);
  }
  Ordered schema = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = field.open;
  return field.or_name ? any_of({{"type", "string"}}, std::move(schema)) : schema;
}

Ordered constraint_of(const Field& field) {
  switch (field.type) {
    case FieldType::text:
      return text_schema(field);
    case FieldType::secret:
      return {{"type", "string"}};
    case FieldType::boolean:
      return {{"type", "boolean"}};
    case FieldType::integer:
      return {{"type", "integer"}, {"minimum", field.min}, {"maximum", field.max}};
    case FieldType::number:
      return {{"type", "number"}, {"minimum", field.min}, {"maximum", field.max}};
    case FieldType::period:
      return {{"type", "string"},
              {"pattern", "^P([0-9]+W)?([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+(\\.[0-9]+)?S)?)?$"},
              {"examples", {"PT10M", "PT1H", "P7D"}}};
    case FieldType::granularity:
      return granularity_schema();
    case FieldType::size:
      return any_of({{"type", "integer"}, {"minimum", 0}},
                    {{"type", "string"}, {"pattern", "^[0-9]+[kKMG]?$"}});
    case FieldType::properties:
    case FieldType::labels:
      return {{"type", "object"},
              {"additionalProperties", {{"type", {"string", "number", "boolean"}}}}};
    case FieldType::object:
      return object_schema(field);
    case FieldType::list:
      return {{"type", "array"}, {"items", schema_of(field.fields.front())}};
    case FieldType::druid:
      return Ordered::object();
  }
  return Ordered::object();
}

// The default in the type that the field has.
Ordered fallback_of(const Field& field) {
  if (field.type == FieldType::boolean) return field.fallback == "true";
  if (field.type == FieldType::integer || field.type == FieldType::number)
    return std::stoll(field.fallback);
  return field.fallback;
}

Ordered schema_of(const Field& field) {
  Ordered schema = {{"description", field.doc}};
  Ordered constraint = constraint_of(field);
  for (auto& [key, value] : constraint.items()) schema[key] = std::move(value);
  if (!field.fallback.empty()) schema["default"] = fallback_of(field);
  return schema;
}

}  // namespace

std::string json_schema(const Field& shape, std::string_view title, std::string_view id) {
  Ordered schema = {
      {"$schema", "http://json-schema.org/draft-07/schema#"}, {"$id", id}, {"title", title}};
  Ordered body = schema_of(shape);
  for (auto& [key, value] : body.items()) schema[key] = std::move(value);
  return schema.dump(2) + "\n";
}

std::string pipeline_schema() {
  return json_schema(pipeline_shape(), "henge pipeline", "pipeline.schema.json");
}

std::string load_schema() {
  return json_schema(load_shape(), "henge load", "load.schema.json");
}

std::string document_schema() {
  const Ordered schema = {
      {"$schema", "http://json-schema.org/draft-07/schema#"},
      {"$id", "henge.schema.json"},
      {"title", "henge pipelines and loads"},
      {"type", "object"},
      {"if", {{"properties", {{"kind", {{"const", "Load"}}}}}, {"required", {"kind"}}}},
      {"then", {{"$ref", "load.schema.json"}}},
      {"else", {{"$ref", "pipeline.schema.json"}}}};
  return schema.dump(2) + "\n";
}

std::string config_schema() {
  return json_schema(config_shape(), "henge configuration", "config.schema.json");
}

}  // namespace henge::spec
