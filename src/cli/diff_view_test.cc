#include "cli/diff_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/view_fixture.h"

namespace henge::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

DiffView view() {
  DiffView v;
  v.before = "clicks@1";
  v.after = "clicks";
  v.supervisor = {{"spec.ioConfig.taskCount", {"1"}, {"2"}},
                  {"spec.dataSchema.dimensionsSpec.dimensions[country]", {}, {R"("country")"}}};
  v.batch = {{spec::Mode::append, {v.supervisor[1]}, ""},
             {spec::Mode::replace, {}, ""},
             {spec::Mode::compaction, {}, "metric x does not merge"}};
  v.declaration = {{"spec.stream.taskCount", {"1"}, {"2"}}};
  return v;
}

TEST(Diff, ShowsTheSupervisorThenTheBatchSpecs) {
  EXPECT_EQ(show_diff(view(), wide_console()),
            "clicks@1 -> clicks\n"
            "supervisor\n"
            "    ~ spec.ioConfig.taskCount: 1 -> 2\n"
            "    + spec.dataSchema.dimensionsSpec.dimensions[country]: \"country\"\n"
            "batch\n"
            "  append: 1 change\n"
            "    + spec.dataSchema.dimensionsSpec.dimensions[country]: \"country\"\n"
            "  replace: the same\n"
            "  compaction: not to be had: metric x does not merge\n");
}

TEST(Diff, WhatNoSpecShowsIsShownFromTheDeclaration) {
  DiffView v = view();
  v.supervisor.clear();
  v.batch.clear();
  v.declaration = {{"spec.late.maxDelay", {R"("PT1M")"}, {R"("PT5M")"}}};
  EXPECT_FALSE(v.same());
  EXPECT_THAT(show_diff(v, wide_console()),
              testing::AllOf(HasSubstr("  the same\n"), HasSubstr("declaration (no spec"),
                             HasSubstr("spec.late.maxDelay: \"PT1M\" -> \"PT5M\"")));
  v.declaration.clear();
  EXPECT_TRUE(v.same());
  EXPECT_EQ(show_diff(v, wide_console()), "clicks@1 and clicks are the same\n");
}

TEST(Diff, AMissingSupervisorIsADifference) {
  DiffView v;
  v.before = "clicks";
  v.after = "clicks@live";
  v.after_missing = true;
  EXPECT_FALSE(v.same());
  EXPECT_EQ(show_diff(v, wide_console()), "clicks@live: Druid has no supervisor\n");
}

TEST(Diff, OnANarrowTerminalAValueGetsALineOfItsOwnAndIsNeverCut) {
  DiffView v = view();
  v.supervisor = {{"spec.ioConfig.inputFormat.type",
                   {R"("a-long-value-before")"},
                   {R"("a-long-value-after")"}}};
  const std::string text = show_diff(v, narrow_console(40));
  EXPECT_THAT(text,
              HasSubstr("type:\n        \"a-long-value-before\"\n     -> \"a-long-value-after\""));
  EXPECT_THAT(text, Not(HasSubstr("…")));
}

TEST(Diff, JsonIsAContract) {
  const json j = json::parse(show_diff(view(), json_console()));
  EXPECT_THAT(keys_of(j),
              testing::UnorderedElementsAre("before", "after", "same", "before_missing",
                                            "after_missing", "supervisor", "batch", "declaration"));
  EXPECT_EQ(j["supervisor"][0]["after"], 2);
  EXPECT_TRUE(j["supervisor"][1]["before"].is_null());
  EXPECT_EQ(j["batch"][0]["mode"], "append");
  EXPECT_TRUE(j["batch"][0]["absent"].is_null());
  EXPECT_EQ(j["batch"][2]["absent"], "metric x does not merge");
  EXPECT_EQ(j["same"], false);
}

}  // namespace
}  // namespace henge::cli
