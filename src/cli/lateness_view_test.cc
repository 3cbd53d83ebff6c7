// What a person and a script are told of lateness.
#include "cli/lateness_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/view_fixture.h"

namespace henge::cli {
namespace {

using nlohmann::json;
using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

LatenessView some() {
  offsets::Delays delays(Granularity::hour);
  const Instant noon = *parse_instant("2026-03-01T12:00Z");
  for (int i = 0; i < 999; ++i) delays.add(noon - seconds(2), noon);
  delays.add(noon - hours(3), noon);
  LatenessView view = lateness_view(delays, Granularity::hour);
  view.topic = "clicks<t>";
  view.records = 1010;
  view.unparseable = 10;
  view.lateness = hours(1);
  return view;
}

TEST(LatenessView, ShowsQuantilesBarsAndTheCostOfEachCutoff) {
  const std::string text = show_lateness(some(), wide_console());
  for (const char* part : {"1,010 records", "10 unparseable", "99 % within 2.0s", "all within 3h",
                           "as declared", "0.10 %", "#####", "With 5s 0.1 % or less"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(LatenessView, FitsANarrowTerminal) {
  const std::string text = show_lateness(some(), narrow_console(60));
  EXPECT_LE(widest_line(text), 60);
  EXPECT_THAT(text, HasSubstr("late rows"));
}

TEST(LatenessView, NothingReadIsSaidSo) {
  LatenessView view = lateness_view(offsets::Delays(Granularity::hour), Granularity::hour);
  view.topic = "t";
  EXPECT_THAT(show_lateness(view, wide_console()), HasSubstr("Nothing to advise on"));
}

TEST(LatenessView, ThePictureIsWholeAndMarksWhatIsLate) {
  const std::string svg = lateness_svg(some());
  EXPECT_THAT(svg, testing::StartsWith("<svg xmlns="));
  EXPECT_THAT(svg, testing::EndsWith("</svg>\n"));
  EXPECT_THAT(svg, HasSubstr("clicks&lt;t&gt;"));
  EXPECT_THAT(svg, Not(HasSubstr("<t>")));
  EXPECT_THAT(svg, HasSubstr("#c0392b"));
}

TEST(LatenessView, JsonHasItsFields) {
  const json body = json::parse(show_lateness(some(), json_console()));
  EXPECT_THAT(keys_of(body),
              testing::UnorderedElementsAre("pipeline", "topic", "records", "rows", "unparseable",
                                            "segment_granularity", "lateness_ms", "quantiles",
                                            "largest_delay_ms", "cutoffs", "histogram"));
  EXPECT_EQ(body["pipeline"], nullptr);
  EXPECT_EQ(body["histogram"][0]["rows"], 999);
  EXPECT_THAT(
      keys_of(body["cutoffs"][0]),
      testing::UnorderedElementsAre("lateness_ms", "late", "share", "late_chunks", "open_chunks"));
}

}  // namespace
}  // namespace henge::cli
