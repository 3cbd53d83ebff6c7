// Filters by hand: what is refused, null's third way, numbers. tests/golden/scan/filters.jsonl has
// Druid's own answers.
#include "scan/filter.h"

#include <gtest/gtest.h>

#include "scan/row_filter.h"

namespace henge::scan {
namespace {

Result<Filter> compile(std::string text, const std::vector<std::string>& computed = {}) {
  return Filter::compile(JsonText{std::move(text)}, computed);
}

bool matches(const std::string& filter, const Field& x) {
  const auto compiled = compile(filter);
  EXPECT_TRUE(compiled) << filter;
  const std::vector<Field> fields(compiled->columns().size(), x);
  return compiled->matches(fields);
}

TEST(Filter, numbers_of_rows_are_compared_as_numbers) {
  const std::string is_one = R"({"type":"selector","dimension":"x","value":"1.0"})";
  EXPECT_TRUE(matches(is_one, std::int64_t{1}));
  EXPECT_TRUE(matches(is_one, 1.0));
  EXPECT_TRUE(matches(is_one, Texts{"1.0"}));
  EXPECT_FALSE(matches(is_one, Texts{"1"}));
  EXPECT_FALSE(matches(is_one, NullField{}));
  EXPECT_TRUE(matches(is_one, Texts{"a", "1.0"}));
}

TEST(Filter, null_is_neither_in_a_comparison_nor_in_its_negation) {
  const std::string leaf =
      R"({"type":"equals","column":"x","matchValueType":"STRING","matchValue":"a"})";
  const std::string negated = R"({"type":"not","field":)" + leaf + "}";
  EXPECT_FALSE(matches(leaf, NullField{}));
  EXPECT_FALSE(matches(negated, NullField{}));
  EXPECT_FALSE(matches(negated, Texts{}));
  EXPECT_TRUE(matches(negated, Texts{"b"}));
  EXPECT_TRUE(matches(R"({"type":"not","field":)" + negated + "}", Texts{"a"}));
  EXPECT_TRUE(matches(R"({"type":"null","column":"x"})", Texts{}));
}

TEST(Filter, columns_are_named_once) {
  const auto filter =
      compile(R"({"type":"or","fields":[{"type":"null","column":"a"},)"
              R"({"type":"selector","dimension":"b","value":null},{"type":"null","column":"a"}]})");
  EXPECT_EQ(filter->columns(), (std::vector<std::string>{"a", "b"}));
}

TEST(Filter, what_only_druid_can_evaluate_is_refused_and_mistakes_are_invalid) {
  for (const char* text :
       {R"({"type":"expression","expression":"x > 1"})",
        R"({"type":"regex","dimension":"x","pattern":"a"})",
        R"({"type":"selector","dimension":"x","value":"a","extractionFn":{"type":"upper"}})",
        R"({"type":"bound","dimension":"x","lower":"1","ordering":"alphanumeric"})",
        R"({"type":"selector","dimension":"computed","value":"1"})",
        R"({"type":"equals","column":"x","matchValueType":"LONG","matchValue":"true"})",
        R"({"type":"inType","column":"x","matchValueType":"LONG","sortedValues":[2,1]})",
        R"({"type":"inType","column":"x","matchValueType":"DOUBLE","sortedValues":[1]})",
        R"({"type":"inType","column":"x","matchValueType":"FLOAT","values":[1.5]})",
        R"({"type":"selector","dimension":"x","value":1.5})"}) {
    EXPECT_EQ(compile(text, {"computed"}).error().kind, ErrorKind::refused) << text;
  }
  for (const char* text :
       {"", "[]", R"({"type":"and","fields":[]})", R"({"type":"not"})",
        R"({"type":"selector","value":"a"})", R"({"type":"bound","dimension":"x"})",
        R"({"type":7})", R"({"type":"istrue"})",
        R"({"type":"inType","column":"x","matchValueType":"LONG"})",
        R"({"type":"equals","column":"x","matchValueType":"LONG","matchValue":"a"})",
        R"({"type":"bound","dimension":"x","lower":"1","lowerStrict":"yes"})"}) {
    EXPECT_EQ(compile(text).error().kind, ErrorKind::invalid) << text;
  }
}

TEST(RowFilter, what_is_left_to_druid_lowers_the_proof) {
  Schema schema;
  EXPECT_EQ(RowFilter::compile(schema)->proof(), Proof::counted);
  schema.filter.text = R"({"type":"selector","dimension":"x","value":"1"})";
  auto filter = RowFilter::compile(schema);
  EXPECT_TRUE(filter->is_set());
  EXPECT_EQ(filter->proof(), Proof::counted);
  schema.transforms.push_back({"x", {"{}"}});
  filter = RowFilter::compile(schema);
  EXPECT_FALSE(filter->is_set());
  EXPECT_EQ(filter->proof(), Proof::reported);
  schema.filter.text = R"({"type":"bound","dimension":"__time","lower":"5","ordering":"numeric"})";
  filter = RowFilter::compile(schema);
  EXPECT_TRUE(filter->columns().empty());
  EXPECT_TRUE(filter->passes(instant_of_ms(5), [](std::size_t) { return Field(); }));
  EXPECT_FALSE(filter->passes(instant_of_ms(4), [](std::size_t) { return Field(); }));
}

}  // namespace
}  // namespace henge::scan
