// What is generated from the shapes and shipped: the JSON Schemas and the tables in
// docs/pipeline.md. UPDATE_GOLDEN=1 writes them anew.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "spec/config_shape.h"
#include "spec/field_page.h"
#include "spec/json_schema.h"
#include "spec/load.h"
#include "spec/load_document.h"
#include "spec/pipeline_shape.h"

namespace henge::spec {
namespace {

const std::string root = HENGE_SOURCE_DIR "/";

std::string shipped(const std::string& path) {
  auto text = read_text(root + path, 1 << 22);
  return text ? *text : "";
}

void expect_shipped(const std::string& path, const std::string& generated) {
  if (std::getenv("UPDATE_GOLDEN")) std::ofstream(root + path) << generated;
  EXPECT_EQ(shipped(path), generated) << "write it anew with UPDATE_GOLDEN=1";
}

TEST(Generated, schemas_are_the_shipped_ones) {
  expect_shipped("schema/pipeline.schema.json", pipeline_schema());
  expect_shipped("schema/load.schema.json", load_schema());
  expect_shipped("schema/henge.schema.json", document_schema());
  expect_shipped("schema/config.schema.json", config_schema());
}

TEST(Generated, page_has_every_field_and_rule) {
  const std::string page = shipped("docs/pipeline.md");
  auto with_fields = with_part(page, "fields", field_tables(pipeline_shape()));
  ASSERT_TRUE(with_fields);
  auto with_rules = with_part(*with_fields, "rules", rule_table());
  ASSERT_TRUE(with_rules);
  auto whole = with_part(*with_rules, "configuration", field_tables(config_shape()));
  ASSERT_TRUE(whole);
  expect_shipped("docs/pipeline.md", *whole);
}

TEST(Generated, page_of_loads_has_every_field) {
  auto page = with_part(shipped("docs/loads.md"), "fields", field_tables(load_shape()));
  ASSERT_TRUE(page) << page.error().message;
  expect_shipped("docs/loads.md", *page);
}

TEST(Generated, part_needs_its_markers) {
  EXPECT_FALSE(with_part("no markers", "x", "y"));
  EXPECT_FALSE(with_part("<!-- end of x -->\n<!-- x -->\n", "x", "y"));
  EXPECT_EQ(with_part("a\n<!-- x -->\nold<!-- end of x -->\n", "x", "new\n").value(),
            "a\n<!-- x -->\nnew\n<!-- end of x -->\n");
}

void expect_documented(const Field& field, const std::string& path) {
  EXPECT_FALSE(field.doc.empty()) << path;
  EXPECT_FALSE(field.required && !field.fallback.empty())
      << path << " is required and has a default";
  for (const Field& inner : field.fields) expect_documented(inner, path + "." + inner.name);
}

TEST(Shapes, every_field_is_documented) {
  expect_documented(pipeline_shape(), "");
  expect_documented(load_shape(), "");
  expect_documented(config_shape(), "");
}

TEST(Schema, of_all_documents_chooses_by_kind) {
  const auto schema = nlohmann::json::parse(document_schema());
  EXPECT_EQ(schema["if"]["properties"]["kind"]["const"], "Load");
  EXPECT_EQ(schema["if"]["required"], nlohmann::json::array({"kind"}));
  EXPECT_EQ(schema["then"]["$ref"], "load.schema.json");
  EXPECT_EQ(schema["else"]["$ref"], "pipeline.schema.json");
  const auto load = nlohmann::json::parse(load_schema());
  EXPECT_EQ(load["properties"]["kind"]["enum"], nlohmann::json::array({"Load"}));
  EXPECT_EQ(load["properties"]["spec"]["properties"]["mode"]["default"], "append");
}

TEST(Schema, says_type_default_choice_and_requirement) {
  const auto schema = nlohmann::json::parse(pipeline_schema());
  EXPECT_EQ(schema["$schema"], "http://json-schema.org/draft-07/schema#");
  EXPECT_EQ(schema["properties"]["apiVersion"]["enum"], nlohmann::json::array({"henge/v1"}));
  EXPECT_EQ(schema["additionalProperties"], false);
  const auto& spec = schema["properties"]["spec"];
  EXPECT_THAT(spec["required"].get<std::vector<std::string>>(),
              testing::ElementsAre("schema", "stream", "lateness"));
  const auto& stream = spec["properties"]["stream"]["properties"];
  EXPECT_EQ(stream["taskCount"]["default"], 1);
  EXPECT_EQ(stream["taskCount"]["minimum"], 1);
  EXPECT_EQ(stream["useEarliestOffset"]["default"], true);
  EXPECT_EQ(stream["taskDuration"]["default"], "PT1H");
  EXPECT_EQ(stream["inputFormat"]["additionalProperties"], true);
  const auto& dimension = spec["properties"]["schema"]["properties"]["dimensions"]["items"];
  EXPECT_EQ(dimension["anyOf"][0]["type"], "string");
  EXPECT_EQ(dimension["anyOf"][1]["required"], nlohmann::json::array({"name"}));
}

}  // namespace
}  // namespace henge::spec
