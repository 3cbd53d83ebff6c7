#include "model/input_option.h"

#include <fmt/format.h>

namespace henge {

namespace {

constexpr InputOption of_json[] = {
    {"featureSpec", "henge reads JSON as it is standardised"},
    {"assumeNewlineDelimited",
     "bad lines of a record are then counted in another way than henge counts"},
    {"useJsonNodeReader",
     "bad lines of a record are then counted in another way than henge counts"},
};
constexpr InputOption try_numbers = {"tryParseNumbers",
                                     "a filter would then meet numbers where henge reads texts"};
constexpr InputOption of_file_lines[] = {try_numbers};
constexpr InputOption of_lines[] = {
    {"findColumnsFromHeader", "a Kafka record has no header line"},
    {"hasHeaderRow", "a Kafka record has no header line"},
    {"skipHeaderRows", "a Kafka record has no header line: every record would lose its first row"},
    try_numbers,
};

}  // namespace

std::span<const InputOption> refused_options(InputFormatKind kind) {
  if (kind == InputFormatKind::json) return of_json;
  return of_lines;
}

std::span<const InputOption> refused_file_options(InputFormatKind kind) {
  if (kind == InputFormatKind::json) return of_json;
  return of_file_lines;
}

std::string refusal_of(const InputOption& option) {
  return fmt::format("the inputFormat's {} is not supported: {}", option.name, option.why);
}

}  // namespace henge
