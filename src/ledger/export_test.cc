// The ledger as JSON lines: one record a line, from which its hash can be computed again.
#include "ledger/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

#include "ledger/ledger_fixture.h"

namespace henge::ledger {
namespace {

using nlohmann::json;

class ExportTest : public LedgerFixture {
 protected:
  std::vector<std::string> lines(Store& store) {
    std::vector<std::string> out;
    auto done = export_lines(store, [&out](std::string_view piece) {
      EXPECT_TRUE(piece.ends_with("\n"));
      out.emplace_back(piece.substr(0, piece.size() - 1));
      return Result<void>();
    });
    EXPECT_TRUE(done);
    return out;
  }
};

TEST_F(ExportTest, AnEmptyLedgerHasNoLines) {
  Store store = open(Mode::write);
  EXPECT_TRUE(lines(store).empty());
}

TEST_F(ExportTest, IsOneLineARecordInOrder) {
  Store store = open(Mode::write);
  append(store, some_records(6));
  const auto out = lines(store);
  ASSERT_EQ(out.size(), 6u);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const json line = json::parse(out[i]);
    EXPECT_EQ(line.at("sequence"), i + 1);
    EXPECT_EQ(line.at("body").at("n"), i);
    EXPECT_EQ(line.size(), 7u) << "no other fields";
  }
  EXPECT_TRUE(out[1].starts_with(
      R"({"sequence":2,"at":"2025-11-24T16:00:00.001Z","pipeline":"clicks","kind":"scanned",)"
      R"("epoch":1,"body":{"n":1,"padding":""},"hash":")"))
      << out[1];
}

TEST_F(ExportTest, EndsWithTheErrorOfWhoTakesIt) {
  Store store = open(Mode::write);
  append(store, some_records(6));
  int taken = 0;
  const Result<void> stopped = export_lines(store, [&taken](std::string_view) -> Result<void> {
    if (++taken == 3) return fail(ErrorKind::exhausted, "full");
    return {};
  });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error(), (Error{ErrorKind::exhausted, "full"}));
  EXPECT_EQ(taken, 3) << "nothing is offered after that";
}

TEST_F(ExportTest, StopsAtDamageAfterTheGoodLines) {
  {
    Store store = open(Mode::write);
    append(store, some_records(6));
  }
  sql("DROP TRIGGER record_is_never_changed; UPDATE record SET body = '{}' WHERE sequence = 4");
  Store store = open(Mode::read);
  int taken = 0;
  const Result<void> stopped = export_lines(store, [&taken](std::string_view) {
    ++taken;
    return Result<void>();
  });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::corrupt);
  EXPECT_THAT(stopped.error().message, testing::HasSubstr("record 4"));
  EXPECT_EQ(taken, 3);
}

// Whoever has only the lines can check the chain: every field that is hashed stands in them.
TEST_F(ExportTest, TheChainCanBeComputedFromTheLines) {
  Store store = open(Mode::write);
  append(store, {{instant_of_ms(-5), "", "a", "no json"},
                 {instant_of_ms(1'764'000'000'123), "clicks", "b", R"({"x": [1, 2.50]})"},
                 {instant_of_ms(0), "q\"uo\\te", "c", ""},
                 {instant_of_ms(7), "p", "d", "{\n}"}});
  Chain chain;
  Hash hash = genesis;
  for (const auto& text : lines(store)) {
    const json line = json::parse(text);
    std::string body;
    if (line.contains("body_text")) {
      body = line["body_text"];
    } else {  // byte for byte, so not through a parser
      const auto start = text.find("\"body\":") + 7;
      body = text.substr(start, text.rfind(",\"hash\":") - start);
    }
    const std::string pipeline = line["pipeline"], kind = line["kind"];
    hash = chain.link(hash, {.sequence = line["sequence"],
                             .epoch = line["epoch"],
                             .at = *parse_instant(line["at"].get<std::string>()),
                             .pipeline = pipeline,
                             .kind = kind,
                             .body = body});
    EXPECT_EQ(line["hash"], to_hex(hash)) << text;
  }
  EXPECT_EQ(store.last()->hash, hash);
}

TEST(Export, KeepsABodyByteForByteOrAsAString) {
  struct Case {
    std::string body;
    std::string part;
  };
  const Case cases[] = {
      {R"({"b":1.50,"a":1e5})", R"("body":{"b":1.50,"a":1e5},)"},
      {R"("text")", R"("body":"text",)"},
      {"{\n}", R"("body_text":"{\n}",)"},
      {"no json", R"("body_text":"no json",)"},
      {"", R"("body_text":"",)"},
      {R"({"cut":)", R"("body_text":"{\"cut\":",)"},
  };
  for (const Case& c : cases) {
    Record record;
    record.body = c.body;
    const std::string line = to_json_line(record);
    EXPECT_NE(line.find(c.part), std::string::npos) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos);
  }
}

RC_GTEST_PROP(ExportLaw, any_record_is_one_line_of_json, ()) {
  Record record;
  record.sequence = *rc::gen::arbitrary<std::int64_t>();
  record.at = instant_of_ms(*rc::gen::inRange<std::int64_t>(-1'000, 2'000'000'000'000));
  record.pipeline = *rc::gen::arbitrary<std::string>();
  record.kind = *rc::gen::arbitrary<std::string>();
  record.body = *rc::gen::oneOf(
      rc::gen::arbitrary<std::string>(),
      rc::gen::element<std::string>("{}", "[1,\n2]", R"({"a":"\n"})", "null", "\"x", "1 2"));
  const std::string text = to_json_line(record);
  RC_ASSERT(text.find_first_of("\r\n") == std::string::npos);
  const json line = json::parse(text, nullptr, false);
  RC_ASSERT(!line.is_discarded());
  RC_ASSERT(line.at("sequence") == record.sequence);
  RC_ASSERT(line.contains("body") != line.contains("body_text"));
}

}  // namespace
}  // namespace henge::ledger
