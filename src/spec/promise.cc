#include "spec/promise.h"

#include <fmt/format.h>

#include "spec/json_tree.h"

namespace henge::spec {
namespace {

using std::chrono::minutes;

// More segments than this in one chunk, and queries feel it before compaction comes.
constexpr std::int64_t segments_per_chunk_max = 200;
// Druid's own default, in effect where the tuning does not say otherwise.
constexpr Millis handoff_timeout_default = minutes(15);

// How long a row can sit in a running task before it is published.
Millis publish_period(const Stream& stream) {
  const Millis period = std::min(stream.task_duration,
                                 stream.intermediate_handoff_period.value_or(stream.task_duration));
  return std::max(period, Millis(1));
}

Millis handoff_timeout(const Stream& stream) {
  if (stream.tuning_config.empty()) return handoff_timeout_default;
  const auto tuning = parse_json(stream.tuning_config);
  if (!tuning) return handoff_timeout_default;
  const Json& value = at_or_null(*tuning, "handoffConditionTimeout");
  return value.is_number_integer() ? Millis(value.get<std::int64_t>()) : handoff_timeout_default;
}

Millis chunk_length(Granularity granularity) {
  const Interval example = bucket(granularity, Instant{});
  return example.end - example.start;
}

class Findings {
 public:
  void add(Severity severity, std::string field, std::string code, std::string message,
           std::string hint) {
    all.push_back(
        {severity, {}, std::move(field), std::move(message), std::move(hint), std::move(code)});
  }
  std::vector<Diagnostic> all;
};

void check_handoff_period(const Stream& stream, Granularity chunk, Findings& findings) {
  if (stream.intermediate_handoff_period &&
      *stream.intermediate_handoff_period >= stream.task_duration) {
    findings.add(Severity::warning, "spec.stream.intermediateHandoffPeriod",
                 "handoff_period_without_effect",
                 fmt::format("intermediateHandoffPeriod ({}) is not shorter than taskDuration "
                             "({}): a task ends before it "
                             "would hand off in between",
                             to_iso_period(*stream.intermediate_handoff_period),
                             to_iso_period(stream.task_duration)),
                 "leave it out, or make it shorter than taskDuration");
  }
  if (chunk == Granularity::all) return;
  const auto published = chunk_length(chunk) / publish_period(stream) * stream.task_count;
  if (published <= segments_per_chunk_max) return;
  findings.add(Severity::warning, "spec.stream.intermediateHandoffPeriod", "segments_too_many",
               fmt::format("publishing every {} with {} tasks makes about {} segments a chunk",
                           humanize(publish_period(stream)), stream.task_count, published),
               "a longer taskDuration or intermediateHandoffPeriod makes fewer, and chunks seal "
               "later; or compact soon");
}

void check_completion(const Stream& stream, const SealEstimates& estimates, Findings& findings) {
  const Millis needed = estimates.publishing + estimates.hand_off;
  if (stream.completion_timeout < needed) {
    findings.add(
        Severity::error, "spec.stream.completionTimeout", "completion_timeout_too_short",
        fmt::format("completionTimeout ({}) is shorter than publishing and hand-off take (about "
                    "{}): Druid would "
                    "kill each task, and its successors, and read the same records again and again",
                    to_iso_period(stream.completion_timeout), humanize(needed)),
        "PT30M is Druid's default");
    return;
  }
  const Millis timeout = handoff_timeout(stream);
  if (timeout != Millis(0) && stream.completion_timeout >= timeout) return;
  findings.add(Severity::warning, "spec.stream.completionTimeout",
               "completion_timeout_below_handoff_timeout",
               fmt::format("completionTimeout ({}) ends before a task gives up waiting for "
                           "hand-off ({}): when historicals "
                           "are slow, Druid kills tasks that have published, and their successors",
                           to_iso_period(stream.completion_timeout),
                           timeout == Millis(0) ? "never" : to_iso_period(timeout)),
               "make completionTimeout longer than tuningConfig.handoffConditionTimeout");
}

void check_lateness(const Pipeline& pipeline, const SealEstimates& estimates, Findings& findings) {
  if (pipeline.stream.arrival_disorder > pipeline.rule.lateness) {
    findings.add(
        Severity::warning, "spec.stream.arrivalDisorder", "disorder_above_lateness",
        fmt::format("arrivalDisorder ({}) is longer than lateness ({}): chunks wait for the clocks "
                    "more than for "
                    "late events",
                    to_iso_period(pipeline.stream.arrival_disorder),
                    to_iso_period(pipeline.rule.lateness)),
        "raise lateness to the same length: nothing seals later, and fewer rows need a repair");
  }
  const Millis sealed = seal_promise(pipeline, estimates).after_end + pipeline.late.max_delay;
  if (pipeline.late.retention >= sealed) return;
  findings.add(
      Severity::error, "spec.late.retention", "retention_before_seal",
      fmt::format("late.retention ({}) is over before a repaired chunk can be sealed again ({})",
                  to_iso_period(pipeline.late.retention), humanize(sealed)),
      "keep delta files for days: they are small, and they are the evidence");
}

}  // namespace

SealPromise seal_promise(const Pipeline& pipeline, const SealEstimates& estimates) {
  SealPromise promise;
  promise.parts = {{"lateness", pipeline.rule.lateness},
                   {"arrival disorder", pipeline.stream.arrival_disorder},
                   {"rows in a running task", publish_period(pipeline.stream)},
                   {"publishing", estimates.publishing},
                   {"hand-off", estimates.hand_off}};
  for (const auto& part : promise.parts) promise.after_end += part.duration;
  return promise;
}

std::string to_text(const SealPromise& promise, const Pipeline& pipeline) {
  std::string parts;
  for (const auto& part : promise.parts) {
    parts += fmt::format("{}{} {}", parts.empty() ? "" : " + ", part.name, humanize(part.duration));
  }
  return fmt::format(
      "a chunk of {} is sealed about {} after its end, at the latest, while nothing fails: {}",
      to_string(pipeline.schema.segment_granularity), humanize(promise.after_end), parts);
}

std::vector<Diagnostic> check_timing(const Pipeline& pipeline, const SealEstimates& estimates) {
  Findings findings;
  check_handoff_period(pipeline.stream, pipeline.schema.segment_granularity, findings);
  check_completion(pipeline.stream, estimates, findings);
  check_lateness(pipeline, estimates, findings);
  return std::move(findings.all);
}

}  // namespace henge::spec
