// From a record's value to its rows, in each format: which bytes are a row, what is refused, and
// how far the proof goes. tests/golden/scan has Druid's own answers.
#include "scan/row_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace henge::scan {
namespace {

Pipeline pipeline(InputFormatKind kind, std::string format, std::string filter = "") {
  Pipeline p;
  p.schema.timestamp = {"t", "millis", std::nullopt};
  p.schema.filter.text = std::move(filter);
  p.stream.input_format = {kind, {std::move(format)}};
  return p;
}
Pipeline json(std::string filter = "") {
  return pipeline(InputFormatKind::json, R"({"type":"json"})", std::move(filter));
}
Pipeline csv(const std::string& more = "", std::string filter = "") {
  return pipeline(InputFormatKind::csv, R"({"type":"csv","columns":["t","x"])" + more + "}",
                  std::move(filter));
}
Pipeline tsv(const std::string& more = "", std::string filter = "") {
  return pipeline(InputFormatKind::tsv, R"({"type":"tsv","columns":["t","x"])" + more + "}",
                  std::move(filter));
}

// Each row as event=bytes, with ! for one that the filter drops and - for no event.
std::vector<std::string> read(const Pipeline& p, std::string_view value) {
  auto choice = make_row_reader(p);
  EXPECT_TRUE(choice) << choice.error().message;
  std::vector<Row> rows;
  choice->reader->read(value, rows);
  std::vector<std::string> shown;
  for (const Row& row : rows) {
    shown.push_back((row.event ? fmt::format("{}", to_ms(*row.event)) : "-") +
                    (row.passes ? "=" : "!") + std::string(row.bytes));
  }
  return shown;
}
using Rows = std::vector<std::string>;

TEST(JsonRows, each_root_value_is_a_row) {
  EXPECT_EQ(read(json(), R"({"t":1})"), (Rows{R"(1={"t":1})"}));
  EXPECT_EQ(read(json(), "{\"t\":1}\n {\"t\":2}"), (Rows{R"(1={"t":1})", R"(2={"t":2})"}));
  EXPECT_EQ(read(json(), R"({"t":1}{"t":null}{})"),
            (Rows{R"(1={"t":1})", R"(-={"t":null})", "-={}"}));
  EXPECT_EQ(read(json(), "7 [] \"x\""), (Rows{"-=7", "-=[]", "-=\"x\""}));
}

TEST(JsonRows, one_mistake_makes_the_whole_record_one_unparseable_row) {
  for (const std::string record :
       {R"({"t":1} x)", R"({"t":1}{"t":2)", R"({"t":1},{"t":2})", "x", R"({"t":1}{"a":")"}) {
    EXPECT_EQ(read(json(), record), Rows{"-=" + record}) << record;
  }
}

TEST(JsonRows, an_empty_record_is_one_unparseable_row) {
  EXPECT_EQ(read(json(), ""), Rows{"-="});
  EXPECT_EQ(read(json(), " \n"), Rows{"-= \n"});
}

TEST(JsonRows, the_filter_sees_rows_with_a_time_only) {
  const std::string is_one = R"({"type":"selector","dimension":"x","value":"1"})";
  EXPECT_EQ(read(json(is_one), R"({"t":1,"x":1}{"t":2,"x":2}{"x":2})"),
            (Rows{R"(1={"t":1,"x":1})", R"(2!{"t":2,"x":2})", R"(-={"x":2})"}));
}

TEST(JsonRows, values_that_are_no_timestamp) {
  for (const char* value : {"true", "[1]", "{}", "{\"t\":1}", "\"\"", "\"x\"", "1e300"}) {
    const std::string record = std::string("{\"t\":") + value + "}";
    EXPECT_EQ(read(json(), record), Rows{"-=" + record}) << record;
  }
}

TEST(JsonRows, missing_value_stands_for_null_and_absent_only) {
  Pipeline p = json();
  p.schema.timestamp.missing_value = "1970-01-01T00:00:00.005Z";
  EXPECT_EQ(read(p, "{}"), Rows{"5={}"});
  EXPECT_EQ(read(p, "7"), Rows{"5=7"});
  EXPECT_EQ(read(p, R"({"t":null})"), Rows{R"(5={"t":null})"});
  EXPECT_EQ(read(p, R"({"t":"x"})"), Rows{R"(-={"t":"x"})"});
  EXPECT_EQ(read(p, R"({"t":true})"), Rows{R"(-={"t":true})"});
}

TEST(DelimitedRows, each_line_is_a_row_with_its_bytes_as_they_came) {
  EXPECT_EQ(read(csv(), "1,a\n2,b"), (Rows{"1=1,a", "2=2,b"}));
  EXPECT_EQ(read(csv(), "1,a\r\n2,b\r\n"), (Rows{"1=1,a", "2=2,b"}));
  EXPECT_EQ(read(csv(), "\"1\",\"a,b\""), Rows{"1=\"1\",\"a,b\""});
  EXPECT_EQ(read(csv(), "1"), Rows{"1=1"});
  EXPECT_EQ(read(csv(), "x,1"), Rows{"-=x,1"});
  EXPECT_EQ(read(csv(), ",1"), Rows{"-=,1"});
  EXPECT_EQ(read(csv(), ""), Rows{});
  EXPECT_EQ(read(csv(), "\n"), Rows{"-="});
  EXPECT_EQ(read(csv(), "1\n\n2\n"), (Rows{"1=1", "-=", "2=2"}));
  EXPECT_EQ(read(tsv(), "1\ta,b\t\"c"), Rows{"1=1\ta,b\t\"c"});
}

TEST(DelimitedRows, a_bare_carriage_return_ends_no_line) {
  EXPECT_EQ(read(tsv(), "1\ta\r2\tb"), Rows{"1=1\ta\r2\tb"});
  EXPECT_EQ(read(csv(), "1,a\r"), Rows{"1=1,a\r"});
}

TEST(DelimitedRows, quotes) {
  // The field that the filter sees, by trying.
  const auto field = [](const std::string& line) {
    for (const std::string text : {"a", "a,b", "a\"b", "\"a\"", "a\"", "\"a", " a", "a b", "\""}) {
      std::string quoted;
      for (const char c : text) quoted += c == '"' ? std::string("\\\"") : std::string(1, c);
      const auto rows =
          read(csv("", R"({"type":"selector","dimension":"x","value":")" + quoted + R"("})"),
               "1," + line);
      if (rows.size() == 1 && rows[0].starts_with("1=")) return text;
    }
    const auto rows = read(csv("", R"({"type":"null","column":"x"})"), "1," + line);
    return std::string(rows[0].starts_with("1=") ? "null" : "?");
  };
  EXPECT_EQ(field("a"), "a");
  EXPECT_EQ(field("\"a\""), "a");
  EXPECT_EQ(field("\"a,b\""), "a,b");
  EXPECT_EQ(field("\"a\"\"b\""), "a\"b");
  EXPECT_EQ(field("a\"b"), "a\"b");
  EXPECT_EQ(field("\"\"\"a\"\"\""), "\"a\"");
  EXPECT_EQ(field(" a"), " a");
  EXPECT_EQ(field("a,b"), "a");
  EXPECT_EQ(field(""), "null");
  EXPECT_EQ(field("\"\""), "?");  // empty text is a value, null is not
}

TEST(DelimitedRows, lists) {
  const auto passes = [](const Pipeline& p, std::string_view value) {
    return read(p, value).at(0).starts_with("1=");
  };
  const std::string is_a = R"({"type":"selector","dimension":"x","value":"a"})";
  EXPECT_TRUE(passes(csv(R"(,"listDelimiter":";")", is_a), "1,b;a"));
  EXPECT_FALSE(passes(csv(R"(,"listDelimiter":";")", is_a), "1,b,a"));
  EXPECT_FALSE(passes(csv("", is_a), "1,b;a"));
  EXPECT_TRUE(passes(csv("", is_a),
                     "1,b\x01"
                     "a"));
  EXPECT_TRUE(passes(tsv(R"(,"delimiter":"||")", is_a), "1||a"));
  EXPECT_TRUE(passes(tsv("", R"({"type":"not","field":)" + is_a + "}"), "1\tb"));
  // A list is no timestamp.
  EXPECT_EQ(read(csv(R"(,"listDelimiter":";")"), "1;2,a"), Rows{"-=1;2,a"});
}

TEST(DelimitedRows, what_would_make_rows_depend_on_others_is_refused_by_name) {
  const std::vector<std::pair<std::string, std::string>> table{
      {R"(,"findColumnsFromHeader":true)", "findColumnsFromHeader"},
      {R"(,"hasHeaderRow":true)", "hasHeaderRow"},
      {R"(,"tryParseNumbers":true)", "tryParseNumbers"},
      {R"(,"skipHeaderRows":1)", "skipHeaderRows"},
      {R"(,"delimiter":"")", "delimiter"},
      {R"(,"listDelimiter":"")", "delimiter"},
  };
  for (const auto& [option, word] : table) {
    for (const auto& p : {csv(option), tsv(option)}) {
      const auto refused = make_row_reader(p);
      ASSERT_FALSE(refused) << option;
      EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
      EXPECT_NE(refused.error().message.find(word), std::string::npos) << refused.error().message;
    }
  }
  for (const char* fine : {R"(,"findColumnsFromHeader":false)", R"(,"tryParseNumbers":false)",
                           R"(,"skipHeaderRows":0)", R"(,"listDelimiter":null)"}) {
    EXPECT_TRUE(make_row_reader(csv(fine))) << fine;
  }
  for (const char* columns : {R"({"type":"csv"})", R"({"type":"csv","columns":[1]})",
                              R"({"type":"csv","columns":["t","__henge_arrival"]})", "no json"}) {
    EXPECT_FALSE(make_row_reader(pipeline(InputFormatKind::csv, columns))) << columns;
  }
}

TEST(RowReader, what_only_druid_can_evaluate_lowers_the_proof_and_nothing_else) {
  const std::string only_druid = R"({"type":"regex","dimension":"x","pattern":"a"})";
  for (const auto& p : {json(only_druid), csv("", only_druid), tsv("", only_druid)}) {
    const auto choice = make_row_reader(p);
    ASSERT_TRUE(choice);
    EXPECT_EQ(choice->proof, Proof::reported);
  }
  EXPECT_EQ(make_row_reader(json())->proof, Proof::counted);
  EXPECT_EQ(read(csv("", only_druid), "1,b"), Rows{"1=1,b"});
  EXPECT_FALSE(make_row_reader(json(R"({"type":"and","fields":[]})")));
  // A path that henge cannot follow is left to Druid for a filter, and fatal for the timestamp.
  Pipeline p = json(R"({"type":"selector","dimension":"x","value":"1"})");
  p.stream.input_format.spec.text =
      R"({"type":"json","flattenSpec":{"fields":[{"type":"path","name":"x","expr":"$..x"}]}})";
  EXPECT_EQ(make_row_reader(p)->proof, Proof::reported);
  p.schema.timestamp.column = "x";
  EXPECT_FALSE(make_row_reader(p));
}

TEST(RowReader, the_timestamp_may_be_filtered_on_too) {
  const auto p =
      json(R"({"type":"and","fields":[{"type":"selector","dimension":"t","value":"1"},)"
           R"({"type":"bound","dimension":"__time","upper":"1","ordering":"numeric"}]})");
  EXPECT_EQ(read(p, R"({"t":1}{"t":2})"), (Rows{R"(1={"t":1})", R"(2!{"t":2})"}));
}

RC_GTEST_PROP(RowReader, rows_are_slices_of_the_record_in_their_order, ()) {
  const auto value = *rc::gen::container<std::string>(
      rc::gen::element('{', '}', '"', 't', ':', '1', ',', '\n', '\r', '\t', ' ', 'x'));
  for (const auto& p : {json(), csv(), tsv()}) {
    const auto choice = make_row_reader(p);
    std::vector<Row> rows;
    choice->reader->read(value, rows);
    const char* at = value.data();
    for (const Row& row : rows) {
      RC_ASSERT(row.bytes.data() >= at);
      at = row.bytes.data() + row.bytes.size();
      RC_ASSERT(at <= value.data() + value.size());
    }
  }
}

// A row alone is read as it is read among others.
RC_GTEST_PROP(RowReader, rows_do_not_depend_on_their_neighbours, ()) {
  const auto lines = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "1,a", "\"2\",b", "x,\"", "", ",", "3", "4,\"a,b\"", "5,\"", "\"6,a"));
  Rows alone;
  std::string together;
  for (const std::string& line : lines) {
    const auto rows = read(csv(), line + "\n");
    alone.insert(alone.end(), rows.begin(), rows.end());
    together += line + "\n";
  }
  RC_ASSERT(read(csv(), together) == alone);
}

}  // namespace
}  // namespace henge::scan
