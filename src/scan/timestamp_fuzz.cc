// Any bytes as a timestamp in every format: never a crash, and what is an instant stays in Druid's
// range and reads again.
#include <cstdint>
#include <string>
#include <vector>

#include "model/result.h"
#include "scan/timestamp.h"

namespace {

std::vector<henge::scan::TimestampParser> parsers() {
  std::vector<henge::scan::TimestampParser> out;
  for (const char* format :
       {"iso", "auto", "millis", "posix", "micro", "nano", "yyyy-MM-dd HH:mm:ss",
        "yyyy-MM-dd'T'HH:mm:ss.SSSZ", "dd/MM/yyyy", "d.M.yyyy H:m"}) {
    henge::TimestampSpec spec;
    spec.format = format;
    auto parser = henge::scan::TimestampParser::compile(spec);
    henge::invariant(parser.has_value(), "a format of the fuzz target is supported");
    out.push_back(std::move(*parser));
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto all = parsers();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& parser : all) {
    auto instant = parser.of_text(text);
    if (!instant) continue;
    henge::invariant(parser.of_text(text) == instant, "the same text is the same instant");
    // Druid's own bounds of an instant: half the range of a long on both sides.
    const std::int64_t ms = henge::to_ms(*instant);
    henge::invariant(ms >= INT64_MIN / 2 && ms <= INT64_MAX / 2, "an instant is in Druid's range");
  }
  // As a pattern: compiling refuses or works, and a parser that came out never crashes.
  henge::TimestampSpec spec;
  spec.format = std::string(text.substr(0, 40));
  if (auto parser = henge::scan::TimestampParser::compile(spec)) parser->of_text(text);
  return 0;
}
