// The names that may stand at the end of an `auto` timestamp.
#include "scan/zone_names.h"

#include <gtest/gtest.h>

#include "model/time.h"
#include "scan/timestamp.h"

namespace henge::scan {
namespace {

TEST(ZoneNames, are_known_in_their_own_spelling_only) {
  for (const char* name : {"UTC", "GMT", "Europe/Berlin", "America/Argentina/Buenos_Aires",
                           "Etc/GMT+1", "Etc/GMT-14", "PST8PDT", "EST", "Zulu", "W-SU", "ACT"}) {
    EXPECT_TRUE(is_zone_name(name)) << name;
  }
  for (const char* name : {"", "utc", "Utc", "europe/berlin", "Berlin", "Etc/GMT+15", "CEST",
                           "+02:00", "Z", "GMT+1", "Europe/", "UTC ", "Zulu0", "A"}) {
    EXPECT_FALSE(is_zone_name(name)) << name;
  }
}

// Druid takes the name off and reads the rest as UTC, whatever the zone.
TEST(ZoneNames, do_not_move_the_instant) {
  const auto parser = *TimestampParser::compile({"t", "auto", std::nullopt});
  const auto noon = parser.of_text("2026-06-01T12:00:00Z");
  ASSERT_TRUE(noon);
  for (const char* name : {"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "HST"}) {
    for (const char* text : {"2026-06-01T12:00:00 ", "2026-06-01 12:00:00 ",
                             "2026-06-01T12:00:00Z ", "2026-06-01T14:00:00+02:00 "})
      EXPECT_EQ(parser.of_text(std::string(text) + name), noon) << text << name;
  }
  EXPECT_FALSE(parser.of_text("2026-06-01T12:00:00 Nowhere/Atall"));
  EXPECT_FALSE(parser.of_text("2026-06-01T12:00:00 UTC UTC"));
  EXPECT_FALSE(parser.of_text("UTC"));
  const auto iso = *TimestampParser::compile({"t", "iso", std::nullopt});
  EXPECT_FALSE(iso.of_text("2026-06-01T12:00:00 UTC"));
}

}  // namespace
}  // namespace henge::scan
