#include "sim/scenario.h"

#include <fmt/format.h>

#include "daemon/apply.h"
#include "spec/parse.h"

namespace henge::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Settings that a pipeline's document is made of.
struct Knobs {
  std::string name;
  Granularity granularity{};
  Millis lateness{};
  Millis task_duration{};
  Millis max_delay{};
  std::int64_t rows_min = 10'000;
  std::int64_t rows_max = 2'000'000;
  int task_count = 1;
  bool exclusive = false;  // locks: each load needs a window
  std::string extra;       // more lines of `stream`
};

std::string document_of(const Knobs& k) {
  return fmt::format(R"(apiVersion: henge/v1
kind: Pipeline
metadata: {{name: {0}}}
spec:
  datasource: ds_{0}
  schema:
    timestamp: {{column: ts, format: iso}}
    dimensions: [id]
    segmentGranularity: {1}
  stream:
    topic: topic_{0}
    consumerProperties: {{bootstrap.servers: "kafka:9092"}}
    inputFormat: {{type: json}}
    taskCount: {2}
    taskDuration: {3}
{8}  lateness: {4}
  locks: {9}
  late: {{maxDelay: {5}, minRows: {6}, maxRows: {7}}}
)",
                     k.name, to_string(k.granularity), k.task_count, to_iso_period(k.task_duration),
                     to_iso_period(k.lateness), to_iso_period(k.max_delay), k.rows_min, k.rows_max,
                     k.extra, k.exclusive ? "exclusive" : "concurrent");
}

Pipeline parse(const std::string& document) {
  auto file = spec::parse_pipelines("scenario", document);
  const bool good = !has_errors(file.diagnostics) && file.pipelines.size() == 1;
  if (!good)
    for (const auto& d : file.diagnostics) fmt::print(stderr, "{}\n", to_text(d));
  invariant(good, "a scenario's document is valid");
  return daemon::with_true_proof(std::move(file.pipelines.front().pipeline));
}

Knobs draw_knobs(Random& random, std::string name, Millis length) {
  const bool long_run = length > hours(6);
  constexpr std::array fine{Granularity::minute, Granularity::five_minute, Granularity::five_minute,
                            Granularity::ten_minute};
  constexpr std::array coarse{Granularity::fifteen_minute, Granularity::hour, Granularity::hour};
  Knobs k;
  k.name = std::move(name);
  k.granularity = long_run ? random.pick(std::span<const Granularity>(coarse))
                           : random.pick(std::span<const Granularity>(fine));
  const Millis unit = long_run ? minutes(8) : minutes(1);
  k.lateness = random.between(unit / 4, 2 * unit) / 1000 * 1000;
  k.task_duration = std::max<Millis>(random.between(unit, 4 * unit) / 1000 * 1000, minutes(1));
  k.max_delay = random.between(unit / 6, 3 * unit) / 1000 * 1000;
  if (random.chance(0.5)) k.rows_min = random.between(3, 60);
  if (random.chance(0.3)) k.rows_max = std::max(random.between(5, 100), k.rows_min % 10'000);
  k.rows_min = std::min(k.rows_min, k.rows_max);
  k.task_count = static_cast<int>(random.between(1, 2));
  return k;
}

Flow draw_flow(Random& random, Millis length) {
  // A day has as many records as some hours.
  const std::int64_t slower = std::max<std::int64_t>(length / hours(3), 1);
  Flow f;
  f.pause = random.between(seconds(2), seconds(20)) * slower;
  f.late = random.chance(0.8) ? 0.3 * random.fraction() : 0;
  f.early = random.chance(0.3) ? 0.05 * random.fraction() : 0;
  f.unparseable = random.chance(0.3) ? 0.05 * random.fraction() : 0;
  f.null = random.chance(0.2) ? 0.05 * random.fraction() : 0;
  f.burst = random.chance(0.5) ? 0.02 : 0;
  f.burst_max = random.between(5, 60);
  f.replay = random.chance(0.3) ? 0.01 : 0;
  f.replay_back = random.between(minutes(30), hours(8));
  f.idle = random.chance(0.3) ? 0.5 : 0;
  // Half of them keep to the pipeline's allowance of five seconds.
  f.create_time = random.chance(0.3);
  if (f.create_time)
    f.disorder = random.chance(0.5) ? seconds(5) : random.between(seconds(6), seconds(120));
  return f;
}

// From the last record until all is sealed: the chunk's own end, lateness, streaming tasks, repairs
// and their second attempts.
Millis settling(const Pipeline& p) {
  const Interval chunk = bucket(p.schema.segment_granularity, Instant{});
  return (chunk.end - chunk.start) + p.rule.lateness + 2 * p.stream.task_duration +
         p.late.max_delay + minutes(8);
}

}  // namespace

Scenario draw_scenario(const Random& random, Millis length) {
  Random own = random.fork("scenario");
  Random locks = random.fork("locks");
  Scenario s;
  s.length = length;
  s.start = instant_of_ms(1'772'323'200'000) + own.between(Millis(0), Millis(hours(24)));
  // In a day everything is slower, so that it costs no more than some hours.
  const std::int64_t slower = length > hours(6) ? 5 : 1;
  s.round_interval = slower * own.between(Millis(seconds(10)), Millis(seconds(25)));
  s.batch_interval = slower * own.between(Millis(seconds(3)), Millis(seconds(15)));
  s.inline_bytes_max = own.chance(0.5) ? 1'000'000 : own.between(0, 2000);
  const std::int64_t count = own.chance(0.6) ? 1 : own.between(2, 3);
  Millis tail{0};
  for (std::int64_t i = 0; i < count; ++i) {
    Subject subject;
    Knobs knobs = draw_knobs(own, fmt::format("p{}", i), length);
    knobs.exclusive = locks.chance(0.2);
    subject.document = document_of(knobs);
    subject.pipeline = parse(subject.document);
    subject.partitions = static_cast<int>(own.between(1, 3));
    subject.flow = draw_flow(own, length);
    tail = std::max(tail, settling(subject.pipeline));
    s.subjects.push_back(std::move(subject));
  }
  // In a run that is too short for all of it, the last chunks stay open and are not asked for.
  s.produce_for = std::max(length - tail, length / 3);
  return s;
}

namespace {

Knobs knobs_of(const Pipeline& p) {
  Knobs k;
  k.name = p.name;
  k.granularity = p.schema.segment_granularity;
  k.lateness = p.rule.lateness;
  k.task_duration = p.stream.task_duration;
  k.max_delay = p.late.max_delay;
  k.rows_min = p.late.rows_min;
  k.rows_max = p.late.rows_max;
  k.task_count = p.stream.task_count;
  k.exclusive = p.locks == Locks::exclusive;
  return k;
}

}  // namespace

std::string changed_document(const Subject& subject, std::uint64_t variant) {
  Knobs k = knobs_of(subject.pipeline);
  switch (variant % 4) {
    case 0:
      k.task_duration += minutes(1);
      break;
    case 1:
      k.max_delay += seconds(7);
      break;
    case 2:
      k.task_count = 3 - std::min(k.task_count, 2);
      break;
    default:
      k.rows_min = std::max<std::int64_t>(k.rows_min / 2, 1);
      break;
  }
  return document_of(k);
}

std::string wrong_document(const Subject& subject, std::uint64_t variant) {
  Knobs k = knobs_of(subject.pipeline);
  switch (variant % 2) {
    case 0:
      k.lateness += minutes(1);
      break;
    default:
      k.granularity = Granularity::day;
      break;
  }
  return document_of(k);
}

}  // namespace henge::sim
