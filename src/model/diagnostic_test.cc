// What a person reads of a mistake: place, kind, what is wrong, where in the document, what to do.
#include "model/diagnostic.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace henge {
namespace {

Diagnostic mistake() {
  Diagnostic d;
  d.place = {"p.yaml", 3, 7};
  d.field = "spec.lateness";
  d.message = "'10m' is not a period";
  d.hint = "write PT10M";
  d.code = "bad_period";
  return d;
}

TEST(Diagnostic, NamesPlaceKindMessageFieldAndHint) {
  EXPECT_EQ(to_text(mistake()),
            "p.yaml:3:7: error: '10m' is not a period [spec.lateness]\n    write PT10M");
}

TEST(Diagnostic, LeavesOutWhatThereIsNot) {
  Diagnostic d = mistake();
  d.hint.clear();
  EXPECT_EQ(to_text(d), "p.yaml:3:7: error: '10m' is not a period [spec.lateness]");
  d.field.clear();
  EXPECT_EQ(to_text(d), "p.yaml:3:7: error: '10m' is not a period");
  d.place.line = 0;
  EXPECT_EQ(to_text(d), "p.yaml: error: '10m' is not a period") << "the file as a whole";
  d.hint = "see docs/pipeline.md";
  EXPECT_EQ(to_text(d), "p.yaml: error: '10m' is not a period\n    see docs/pipeline.md");
}

TEST(Diagnostic, IsOneLineThatEditorsFollowAndTheHintBelow) {
  const std::string text = to_text(mistake());
  EXPECT_EQ(text.find(':'), std::string("p.yaml").size());
  EXPECT_EQ(text.substr(0, text.find(' ')), "p.yaml:3:7:") << "file:line:column: comes first";
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST(Diagnostic, AWarningSaysSo) {
  Diagnostic d = mistake();
  d.severity = Severity::warning;
  EXPECT_EQ(to_text(d).substr(0, 19), "p.yaml:3:7: warning");
}

TEST(Diagnostic, OnlyErrorsStopWhatIsDone) {
  Diagnostic error = mistake(), warning = mistake();
  warning.severity = Severity::warning;
  struct Case {
    const char* name;
    std::vector<Diagnostic> all;
    bool stops;
  };
  const Case cases[] = {
      {"nothing", {}, false},
      {"a warning", {warning}, false},
      {"warnings", {warning, warning, warning}, false},
      {"an error", {error}, true},
      {"an error after warnings", {warning, warning, error}, true},
      {"an error before warnings", {error, warning}, true},
  };
  for (const auto& c : cases) EXPECT_EQ(has_errors(c.all), c.stops) << c.name;
}

TEST(Diagnostic, AreEqualWhenAllOfThemIs) {
  EXPECT_EQ(mistake(), mistake());
  for (auto change : std::vector<void (*)(Diagnostic&)>{
           [](Diagnostic& d) { d.severity = Severity::warning; },
           [](Diagnostic& d) { d.place.file = "q.yaml"; },
           [](Diagnostic& d) { d.place.line = 4; },
           [](Diagnostic& d) { d.place.column = 8; },
           [](Diagnostic& d) { d.field += "x"; },
           [](Diagnostic& d) { d.message += "x"; },
           [](Diagnostic& d) { d.hint += "x"; },
           [](Diagnostic& d) { d.code += "x"; },
       }) {
    Diagnostic other = mistake();
    change(other);
    EXPECT_NE(other, mistake());
  }
}

}  // namespace
}  // namespace henge
