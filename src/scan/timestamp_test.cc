// Timestamps by hand; tests/golden/scan/timestamps.jsonl has Druid's own answers for many more.
#include "scan/timestamp.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <limits>

#include "scan/joda_fields.h"
#include "scan/joda_iso.h"

namespace henge::scan {
namespace {

TimestampParser parser(const std::string& format,
                       std::optional<std::string> missing = std::nullopt) {
  auto compiled = TimestampParser::compile({"t", format, std::move(missing)});
  EXPECT_TRUE(compiled) << format;
  return *compiled;
}

std::string text(std::optional<Instant> instant) {
  return instant ? to_iso(*instant) : "-";
}

TEST(Timestamp, iso) {
  const std::vector<std::pair<std::string_view, std::string_view>> table{
      {"2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z"},
      {"2026-01-02T03:04:05", "2026-01-02T03:04:05.000Z"},
      {"2026-01-02T03:04:05.1239999Z", "2026-01-02T03:04:05.123Z"},
      {"2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05.000Z"},
      {"2026-01-02", "2026-01-02T00:00:00.000Z"},
      {" \"2026-01-02\" ", "2026-01-02T00:00:00.000Z"},
      {"2026-02-29", "-"},
      {"2024-02-29T23:59:59Z", "2024-02-29T23:59:59.000Z"},
      {"2026-01-02T24:00:00Z", "-"},
      {"2026-01-02 03:04:05", "-"},
      {"2026-W01", "2025-12-29T00:00:00.000Z"},
      {"2026-032", "2026-02-01T00:00:00.000Z"},
      {"1767225600000", "2026-01-01T00:00:00.000Z"},
      {"", "-"},
      {"nonsense", "-"},
  };
  for (const auto& [input, expected] : table)
    EXPECT_EQ(text(parser("iso").of_text(input)), expected) << input;
  EXPECT_EQ(text(parser("iso").of_integer(2026)), "2026-01-01T00:00:00.000Z");
}

TEST(Timestamp, automatic_takes_numbers_spaces_and_zone_names) {
  const auto p = parser("auto");
  EXPECT_EQ(text(p.of_text("2026-01-02 03:04:05")), "2026-01-02T03:04:05.000Z");
  EXPECT_EQ(text(p.of_text("2026-01-02 03:04:05 Europe/Berlin")), "2026-01-02T03:04:05.000Z");
  EXPECT_EQ(text(p.of_text("2026-01-02 03:04:05 Nowhere")), "-");
  EXPECT_EQ(text(p.of_text("1767225600000")), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(text(p.of_integer(1767225600000)), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(text(p.of_double(1767225600000.9)), "2026-01-01T00:00:00.000Z");
}

TEST(Timestamp, numbers_by_unit_and_the_ends_of_the_range) {
  constexpr std::int64_t max = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(text(parser("posix").of_integer(1767225600)), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(text(parser("micro").of_integer(1767225600000999)), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(text(parser("nano").of_integer(1767225600000000000)), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(to_ms(*parser("micro").of_integer(-1)), 0);
  EXPECT_TRUE(parser("millis").of_integer(max / 2 - 1));
  EXPECT_FALSE(parser("millis").of_integer(max / 2));
  EXPECT_FALSE(parser("posix").of_integer(max));
  EXPECT_TRUE(parser("micro").of_double(1e300));
  EXPECT_FALSE(parser("millis").of_double(1e300));
  EXPECT_FALSE(parser("millis").of_text("1.5"));
}

TEST(Timestamp, patterns) {
  EXPECT_EQ(text(parser("dd.MM.yyyy HH:mm").of_text("02.01.2026 03:04")),
            "2026-01-02T03:04:00.000Z");
  EXPECT_EQ(text(parser("yyyyMMdd'T'HHmmss").of_text("20260102T030405")),
            "2026-01-02T03:04:05.000Z");
  EXPECT_EQ(text(parser("yyyy-MM-dd HH:mm:ssZ").of_text("2026-01-02 03:04:05+0100")),
            "2026-01-02T02:04:05.000Z");
  EXPECT_EQ(text(parser("yyyy 'o''clock'").of_text("2026 O'CLOCK")), "2026-01-01T00:00:00.000Z");
  for (const char* bad : {"ruby", "MMM yyyy", "yyyy-MM-dd a", "yy", "yyyy-yyyy", "xxxx-'W'ww",
                          "zzz", "yyyy uuuu", ""}) {
    const auto refused = TimestampParser::compile({"t", bad, std::nullopt});
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
  }
}

TEST(Timestamp, missing_value) {
  EXPECT_EQ(text(parser("iso").of_missing()), "-");
  EXPECT_EQ(text(parser("millis", "2020-01-01").of_missing()), "2020-01-01T00:00:00.000Z");
  EXPECT_FALSE(TimestampParser::compile({"t", "iso", "soon"}));
}

// The quick way and the full grammar have to agree wherever the quick way answers.
RC_GTEST_PROP(Timestamp, printed_instants_are_read_back, (std::int64_t seed)) {
  const std::int64_t ms =
      ((seed % 253'402'300'800'000) + 253'402'300'800'000) % 253'402'300'800'000;
  const std::string printed = to_iso(instant_of_ms(ms));
  RC_ASSERT(parser("iso").of_text(printed) == instant_of_ms(ms));
  RC_ASSERT(parse_joda_iso(printed, IsoGrammar::iso) == ms);
}

RC_GTEST_PROP(Timestamp, quick_and_full_grammar_agree_on_mangled_texts,
              (std::uint32_t at, char c)) {
  std::string mangled = "2026-02-28T23:59:58.123Z";
  mangled[at % mangled.size()] = c;
  const auto quick = parser("iso").of_text(mangled);
  const auto full = parse_joda_iso(mangled, IsoGrammar::iso);
  if (full) RC_ASSERT(quick == instant_of_ms(*full));
}

TEST(JodaFields, days_of_civil_agrees_with_the_library) {
  for (int year = -4000; year <= 8000; year += 7) {
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(3),
                                           std::chrono::day(1)};
    EXPECT_EQ(days_of_civil(year, 3, 1), std::chrono::sys_days(date).time_since_epoch().count());
  }
}

}  // namespace
}  // namespace henge::scan
