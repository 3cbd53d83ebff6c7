// Any bytes as a timestamp: no format may fall over, and what the quick way reads the full grammar
// reads as well.
#include <cstdint>
#include <cstdlib>

#include "scan/joda_iso.h"
#include "scan/timestamp.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace henge;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const auto parsers = [] {
    std::vector<scan::TimestampParser> all;
    for (const char* format : {"iso", "auto", "millis", "posix", "micro", "nano",
                               "yyyy-MM-dd HH:mm:ss.SSSZ", "dd.MM.yyyy"}) {
      all.push_back(*scan::TimestampParser::compile({"t", format, std::nullopt}));
    }
    return all;
  }();
  for (const auto& parser : parsers) static_cast<void>(parser.of_text(text));
  const auto full = scan::parse_joda_iso(text, scan::IsoGrammar::iso);
  const auto quick = parsers[0].of_text(text);
  if (full && quick && *quick != instant_of_ms(*full)) std::abort();
  // A pattern of the user's own is as untrusted as a value.
  if (auto own = scan::TimestampParser::compile({"t", std::string(text), std::nullopt})) {
    static_cast<void>(own->of_text("2026-01-02T03:04:05Z"));
  }
  return 0;
}
