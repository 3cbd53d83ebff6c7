#include "spec/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "spec/drift_fields.h"
#include "spec/references.h"

namespace henge::spec {
namespace {

// Source: Druid's IdUtils.validateId, and a length that leaves room in task ids for what is added.
std::string datasource_problem(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > 128) return "it is longer than 128 bytes";
  if (name.starts_with('.')) return "it starts with a dot";
  if (name.find('/') != std::string_view::npos) return "it holds a /";
  if (name.front() == ' ' || name.back() == ' ') return "it starts or ends with a space";
  auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(name, is_control))
    return "it holds white space other than spaces, or control characters";
  return "";
}

void validate_names(const View& document, Report& report) {
  const View name = document["metadata"]["name"];
  if (auto text = name.text(); text && !has_reference(*text) && !is_name(*text)) {
    report.add("bad_name", name, fmt::format("{} cannot name a pipeline", describe(*name.node)),
               "lower-case letters, digits, - and _, a letter or digit at both ends, 63 characters "
               "at the most");
  }
  const View datasource = document["spec"]["datasource"];
  if (auto text = datasource.text(); text && !has_reference(*text)) {
    if (std::string problem = datasource_problem(*text); !problem.empty()) {
      report.add("bad_name", datasource, "not a name that Druid takes for a datasource: " + problem,
                 "");
    }
  }
}

// A bucket's length; months and longer by their shortest, which is where trouble starts.
Millis length_of(Granularity granularity) {
  const Interval of_february = bucket(granularity, instant_of_ms(31LL * 86'400'000));
  return of_february.end - of_february.start;
}

void validate_lateness(const View& lateness, const Pipeline& pipeline, Report& report) {
  const auto value = lateness.period();
  if (!value) return;
  if (*value <= Millis(0)) {
    return report.add("lateness_not_positive", lateness, "lateness must be longer than nothing",
                      "give the time by which nearly all events have arrived, such as PT1H");
  }
  const Granularity chunk = pipeline.schema.segment_granularity;
  const bool has_chunks = chunk != Granularity::none && chunk != Granularity::all;
  if (has_chunks && *value < length_of(chunk)) {
    report.add("lateness_below_granularity", lateness,
               fmt::format("lateness {} is shorter than a chunk ({}): a record can be late while "
                           "its own chunk is still open, and then "
                           "waits up to {} for its repair",
                           to_iso_period(*value), to_string(chunk), humanize(length_of(chunk))),
               "make lateness at least one chunk long, or the chunks shorter, if late records "
               "shall not wait");
  }
  constexpr Millis huge = std::chrono::hours(24 * 30);
  if (*value > huge) {
    report.add("lateness_huge", lateness,
               fmt::format("a chunk stays open for {} after its end: not sealed, not compacted, "
                           "and every record of that time may still "
                           "add a small segment",
                           humanize(*value)),
               "late records are not lost with a shorter lateness: a repair brings them");
  }
}

void validate_earliness(const View& earliness, Report& report) {
  if (auto value = earliness.period(); value && *value <= Millis(0)) {
    report.add("earliness_not_positive", earliness, "earliness must be longer than nothing",
               "leave room for producers' clocks, such as PT10M");
  }
}

void validate_late(const View& late, const Pipeline& pipeline, Report& report) {
  const LatePolicy& policy = pipeline.late;
  if (policy.rows_min > policy.rows_max) {
    const View at = late["minRows"] ? late["minRows"] : late["maxRows"];
    report.add("rows_min_above_max", at,
               fmt::format("minRows {} is more than maxRows {}", policy.rows_min, policy.rows_max),
               "");
  }
  if (policy.retention < policy.max_delay) {
    const View at = late["retention"] ? late["retention"] : late["maxDelay"];
    report.add("retention_below_delay", at,
               fmt::format("retention {} is shorter than maxDelay {}",
                           to_iso_period(policy.retention), to_iso_period(policy.max_delay)),
               "");
  }
}

}  // namespace

bool is_name(std::string_view name) {
  auto lower_or_digit = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  auto fits = [&](char c) { return lower_or_digit(c) || c == '-' || c == '_'; };
  return !name.empty() && name.size() <= 63 && lower_or_digit(name.front()) &&
         lower_or_digit(name.back()) && std::ranges::all_of(name, fits);
}

void validate(const View& document, Pipeline& pipeline, Report& report) {
  const View spec = document["spec"];
  validate_names(document, report);
  validate_schema(spec, pipeline, report);
  pipeline.proof = validate_filters(spec, report);
  validate_input(spec, report);
  validate_stream(spec["stream"], report);
  validate_lateness(spec["lateness"], pipeline, report);
  validate_earliness(spec["earliness"], report);
  validate_late(spec["late"], pipeline, report);
  validate_drift_rules(spec["drift"], report);
  validate_windows(spec["windows"], report);
  validate_batch(spec, pipeline, report);
}

}  // namespace henge::spec
