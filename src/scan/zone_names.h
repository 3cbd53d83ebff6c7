// The time zone names that Druid's `auto` timestamps may end in. Druid ignores the zone itself:
// only the word is taken off.
#pragma once

#include <string_view>

namespace henge::scan {

// Names as java.util.TimeZone lists them (Java 17) and Joda-Time knows them; upper and lower case
// matter.
bool is_zone_name(std::string_view word);

}  // namespace henge::scan
