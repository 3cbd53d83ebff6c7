#include "sim/producer.h"

#include <fmt/format.h>

namespace henge::sim {

std::string row_text(const Pipeline& pipeline, const Produced& row) {
  return fmt::format(R"({{"id":"{}-{}{}","ts":"{}"}})", pipeline.name,
                     row.partition == no_partition ? "loaded-" : "", row.number, to_iso(row.event));
}

Producers::Producers(VirtualTime& time, KafkaTwin& kafka, const Scenario& scenario,
                     const Random& random)
    : time_(time),
      kafka_(kafka),
      scenario_(scenario),
      random_(random.fork("producers")),
      truths_(scenario.subjects.size()) {}

void Producers::start() {
  for (std::size_t i = 0; i < scenario_.subjects.size(); ++i) {
    const Subject& subject = scenario_.subjects[i];
    kafka_.create_topic(
        subject.pipeline.stream.topic, subject.partitions,
        subject.flow.create_time ? TimestampType::create_time : TimestampType::log_append_time);
    partitions_.push_back(subject.partitions);
    for (std::int32_t p = 0; p < subject.partitions; ++p) add_source(i, p);
  }
}

void Producers::add_partition(std::size_t subject) {
  const int total = ++partitions_[subject];
  kafka_.add_partitions(scenario_.subjects[subject].pipeline.stream.topic, total);
  add_source(subject, total - 1);
}

void Producers::make_anew(std::size_t subject) {
  lose(subject);
  kafka_.recreate_topic(scenario_.subjects[subject].pipeline.stream.topic, partitions_[subject]);
}

void Producers::add_source(std::size_t subject, std::int32_t partition) {
  const auto number = subject * 1000 + static_cast<std::uint64_t>(partition);
  sources_.push_back({subject, partition, random_.fork(number), Instant{}});
  schedule(sources_.size() - 1);
}

void Producers::schedule(std::size_t source) {
  Source& s = sources_[source];
  const Millis pause = scenario_.subjects[s.subject].flow.pause;
  const Instant next = time_.now() + s.random.about(pause) + Millis(1);
  if (next - scenario_.start >= scenario_.produce_for) return;
  time_.at(next, [this, source] {
    produce(sources_[source]);
    schedule(source);
  });
}

void Producers::produce(Source& s) {
  const Flow& flow = scenario_.subjects[s.subject].flow;
  if (time_.now() < s.idle_until) return;
  if (flow.idle > 0 && s.random.chance(flow.idle / 20)) {
    s.idle_until = time_.now() + s.random.about(40 * flow.pause);
    return;
  }
  if (s.random.chance(flow.replay)) return replay(s);
  std::int64_t count = s.random.chance(flow.burst) ? s.random.between(2, flow.burst_max) : 1;
  for (; count > 0; --count) append(s);
}

void Producers::append(Source& s) {
  const Subject& subject = scenario_.subjects[s.subject];
  const Flow& flow = subject.flow;
  const Millis lateness = subject.pipeline.rule.lateness;
  const Instant now = arrival_of(s);
  double drawn = s.random.fraction();
  auto falls_into = [&drawn](double share) {
    drawn -= share;
    return drawn < 0;
  };
  if (falls_into(flow.null) || falls_into(flow.unparseable)) {
    constexpr std::array<std::string_view, 3> broken{"{\"id\":\"x\"", "{\"id\":\"x\"}", ""};
    ++records_;
    std::optional<std::string> value;
    if (s.random.chance(0.7)) value = broken[s.random.below(broken.size())];
    kafka_.append(subject.pipeline.stream.topic, s.partition, std::move(value), to_ms(now),
                  time_.now());
    return;
  }
  if (falls_into(flow.late))
    return append_row(s, now - lateness - s.random.about(lateness) - Millis(1), now);
  if (falls_into(flow.early)) return append_row(s, now + s.random.about(lateness), now);
  // On the line itself, too: that row is still on time.
  const bool on_the_line = s.random.chance(0.02);
  append_row(s, on_the_line ? now - lateness : now - s.random.between(Millis(0), lateness), now);
}

// What the record will bear as its timestamp.
Instant Producers::arrival_of(Source& s) const {
  const Flow& flow = scenario_.subjects[s.subject].flow;
  if (!flow.create_time || !s.random.chance(0.2)) return time_.now();
  return time_.now() - s.random.between(Millis(0), flow.disorder);
}

void Producers::append_row(Source& s, Instant event, Instant arrival) {
  const Subject& subject = scenario_.subjects[s.subject];
  Produced row;
  row.number = ++records_;
  row.partition = s.partition;
  row.event = event;
  const std::string text = row_text(subject.pipeline, row);
  row.id = row_id(text);
  row.arrival = arrival;
  row.door = door_of(subject.pipeline.rule, event, arrival);
  row.offset =
      kafka_.append(subject.pipeline.stream.topic, s.partition, text, to_ms(arrival), time_.now());
  Truth& truth = truths_[s.subject];
  ++truth.rows;
  if (row.door == Door::late) ++truth.late;
  const Instant chunk = bucket(subject.pipeline.schema.segment_granularity, event).start;
  truth.by_chunk[chunk].push_back(row);
  truth.by_id.emplace(row.id, row);
}

void Producers::may_load(std::size_t subject, const std::vector<Produced>& rows) {
  for (const Produced& row : rows) truths_[subject].by_id.emplace(row.id, row);
}

void Producers::loaded(std::size_t subject, const std::vector<Produced>& rows) {
  Truth& truth = truths_[subject];
  const Granularity granularity = scenario_.subjects[subject].pipeline.schema.segment_granularity;
  for (const Produced& row : rows)
    truth.by_chunk[bucket(granularity, row.event).start].push_back(row);
}

void Producers::replay(Source& s) {
  const Flow& flow = scenario_.subjects[s.subject].flow;
  Instant event = time_.now() - s.random.between(Millis(0), flow.replay_back);
  for (std::int64_t n = s.random.between(3, 30); n > 0; --n) {
    append_row(s, event, time_.now());
    event += s.random.about(flow.replay_back / 30);
    if (event > time_.now()) return;
  }
}

}  // namespace henge::sim
