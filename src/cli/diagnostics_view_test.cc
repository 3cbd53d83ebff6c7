#include "cli/diagnostics_view.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/text_width.h"

namespace henge::cli {
namespace {

const Style plain(false);

Diagnostic mistake(int line, int column) {
  return {.severity = Severity::error,
          .place = {.file = "a.yaml", .line = line, .column = column},
          .field = "spec.schema",
          .message = "unknown field 'metrcs'",
          .hint = "Did you mean metrics?",
          .code = "unknown_field"};
}

SourceLine always(std::string text) {
  return [text = std::move(text)](const std::string&, int) { return std::optional(text); };
}

const SourceLine nowhere = [](const std::string&, int) { return std::nullopt; };

std::string show(const Diagnostic& diagnostic, const SourceLine& source, int columns = 0) {
  return show_diagnostics({diagnostic}, source, columns, plain);
}

// Columns before the caret in the text of one diagnostic, the margin left out.
int caret_of(const std::string& text) {
  const std::size_t caret = text.find('^');
  const std::size_t line = text.rfind('\n', caret) + 1;
  const std::size_t margin = text.find("| ", line) + 2;
  return display_columns(std::string_view(text).substr(margin, caret - margin));
}

TEST(DiagnosticsView, ShowsTheLineWithACaretAndTheHint) {
  EXPECT_EQ(show(mistake(12, 5), always("    metrcs:")),
            "a.yaml:12:5: error: unknown field 'metrcs' [spec.schema]\n"
            "  12 |     metrcs:\n"
            "     |     ^\n"
            "  hint: Did you mean metrics?\n");
}

TEST(DiagnosticsView, WithoutALineThereIsNoExcerpt) {
  const std::string head = "a.yaml:12:5: error: unknown field 'metrcs' [spec.schema]\n";
  const std::string hint = "  hint: Did you mean metrics?\n";
  EXPECT_EQ(show(mistake(12, 5), nowhere), head + hint);
  Diagnostic whole = mistake(0, 0);
  whole.hint = "";
  whole.field = "";
  whole.severity = Severity::warning;
  EXPECT_EQ(show(whole, always("x")), "a.yaml: warning: unknown field 'metrcs'\n");
}

TEST(DiagnosticsView, TheCaretStandsUnderTheCharacter) {
  struct Case {
    std::string line;
    int column;
    int caret;
  };
  const Case cases[] = {
      {"abc", 1, 0},     {"abc", 3, 2},        {"abc", 4, 3},   {"abc", 99, 3},
      {"日本: x", 5, 6}, {"e\u0301: x", 5, 3}, {"\t\tx", 3, 2}, {"", 1, 0},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(caret_of(show(mistake(1, c.column), always(c.line))), c.caret) << c.line;
  }
}

TEST(DiagnosticsView, ALongLineIsCutAroundTheCaret) {
  std::string line(300, 'a');
  line[200] = 'X';
  for (const int columns : {30, 40, 80, 120}) {
    const std::string text = show(mistake(7, 201), always(line), columns);
    const std::size_t start = text.find("  7 | ") + 6;
    const std::string shown = text.substr(start, text.find('\n', start) - start);
    EXPECT_LE(display_columns(shown) + 6, columns);
    const int before = display_columns(shown.substr(0, shown.find('X')));
    EXPECT_EQ(caret_of(text), before) << text;
  }
  const std::string near = show(mistake(7, 3), always(line), 40);
  EXPECT_NE(near.find("  7 | aaa"), std::string::npos);
  EXPECT_EQ(caret_of(near), 2);
}

TEST(DiagnosticsView, ASecretIsNeverShown) {
  Diagnostic coded = mistake(1, 1);
  coded.code = "secret_in_plain";
  Diagnostic of_field = mistake(1, 1);
  of_field.field = "spec.stream.consumerProperties.ssl.key.password";
  for (const std::string& text :
       {show(coded, always("a: hunter2")), show(of_field, always("  hunter2")),
        show(mistake(1, 1), always("password: \"hunter2")),
        show(mistake(1, 1), always("apiKey: hunter2.location")),
        show(mistake(1, 1), always("{a: 1, sasl.jaas.config: hunter2}"))}) {
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
  }
}

TEST(DiagnosticsView, AHostileFileCannotSteerTheTerminal) {
  Diagnostic hostile = mistake(1, 1);
  hostile.message = "unknown field '\x1b[2J'";
  hostile.place.file = "a\x1b]0;x\x07.yaml";
  const std::string text = show(hostile, always("\x1b[31m: x"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\x07'), std::string::npos);
}

TEST(DiagnosticsView, Counts) {
  Diagnostic warning = mistake(1, 1);
  warning.severity = Severity::warning;
  const Diagnostic error = mistake(1, 1);
  EXPECT_EQ(count_diagnostics({}), "0 errors");
  EXPECT_EQ(count_diagnostics({error}), "1 error");
  EXPECT_EQ(count_diagnostics({warning, warning}), "2 warnings");
  EXPECT_EQ(count_diagnostics({error, warning, error}), "2 errors, 1 warning");
}

TEST(DiagnosticsView, ValidationEndsWithASummary) {
  const Console console;
  EXPECT_EQ(view_validation({}, {3, 0}, console), "3 pipelines in order\n");
  EXPECT_EQ(view_validation({}, {1, 0}, console), "1 pipeline in order\n");
  EXPECT_EQ(view_validation({}, {1, 2}, console), "1 pipeline, 2 loads in order\n");
  Diagnostic gone = mistake(3, 1);
  gone.place.file = "/nowhere/at/all.yaml";
  EXPECT_TRUE(
      view_validation({gone}, {2, 0}, console).ends_with("\n1 error; 2 pipelines in order\n"));
  EXPECT_TRUE(view_diagnostics({gone}, console).ends_with("\n1 error\n"));
  EXPECT_EQ(view_diagnostics({}, console), "");
}

TEST(DiagnosticsView, JsonHasEveryField) {
  Console console;
  console.output = Output::json;
  const auto answer = nlohmann::json::parse(view_validation({mistake(3, 7)}, {2, 0}, console));
  EXPECT_EQ(answer, nlohmann::json::parse(
                        R"({"pipelines":2,"loads":0,"errors":1,"warnings":0,"diagnostics":[
    {"severity":"error","code":"unknown_field","file":"a.yaml","line":3,"column":7,
     "field":"spec.schema","message":"unknown field 'metrcs'","hint":"Did you mean metrics?"}]})"));
}

TEST(DiagnosticsView, JsonSurvivesBytesThatAreNoText) {
  Console console;
  console.output = Output::json;
  Diagnostic odd = mistake(1, 1);
  odd.message = "\xff";
  EXPECT_TRUE(nlohmann::json::accept(view_validation({odd}, {0, 0}, console)));
}

TEST(DiagnosticsView, ReadsLinesFromFiles) {
  const std::string path =
      std::filesystem::temp_directory_path() / fmt::format("henge-lines-{}.yaml", getpid());
  std::ofstream(path) << "first\r\nsecond";
  const SourceLine source = lines_of_files();
  EXPECT_EQ(source(path, 1), "first");
  std::filesystem::remove(path);
  EXPECT_EQ(source(path, 2), "second");
  EXPECT_EQ(source(path, 3), std::nullopt);
  EXPECT_EQ(source(path, 0), std::nullopt);
  EXPECT_EQ(source(path + ".none", 1), std::nullopt);
}

}  // namespace
}  // namespace henge::cli
