#include "model/load.h"

#include <fmt/format.h>

namespace henge {

const char* to_string(LoadMode mode) {
  switch (mode) {
    case LoadMode::append:
      return "append";
    case LoadMode::replace:
      return "replace";
  }
  return "append";
}

const char* to_string(LoadInput input) {
  switch (input) {
    case LoadInput::local:
      return "local";
    case LoadInput::http:
      return "http";
    case LoadInput::s3:
      return "s3";
    case LoadInput::druid:
      return "druid";
    case LoadInput::inlined:
      return "inline";
  }
  return "local";
}

std::optional<LoadMode> load_mode_of(std::string_view name) {
  for (const LoadMode mode : {LoadMode::append, LoadMode::replace})
    if (name == to_string(mode)) return mode;
  return std::nullopt;
}

std::optional<LoadInput> load_input_of(std::string_view name) {
  for (const LoadInput input :
       {LoadInput::local, LoadInput::http, LoadInput::s3, LoadInput::druid, LoadInput::inlined})
    if (name == to_string(input)) return input;
  return std::nullopt;
}

Result<std::vector<Instant>> chunks_of(Interval interval, Granularity granularity,
                                       std::size_t chunks_max) {
  if (interval.start >= interval.end)
    return fail(ErrorKind::invalid, fmt::format("the interval {} is empty", to_iso(interval)));
  const Interval first = bucket(granularity, interval.start);
  const Interval last = bucket(granularity, interval.end - Millis(1));
  if (first.start != interval.start || last.end != interval.end)
    return fail(
        ErrorKind::invalid,
        fmt::format("the interval {}/{} does not begin and end with a chunk of {}; the "
                    "nearest that does is {}/{}",
                    to_short_iso(interval.start), to_short_iso(interval.end),
                    to_string(granularity), to_short_iso(first.start), to_short_iso(last.end)));
  std::vector<Instant> out;
  for (Interval chunk = first; chunk.start < interval.end; chunk = bucket(granularity, chunk.end)) {
    if (out.size() == chunks_max)
      return fail(ErrorKind::invalid,
                  fmt::format("the interval {}/{} has more than {} chunks of {}; load it in parts",
                              to_short_iso(interval.start), to_short_iso(interval.end), chunks_max,
                              to_string(granularity)));
    out.push_back(chunk.start);
  }
  return out;
}

}  // namespace henge
