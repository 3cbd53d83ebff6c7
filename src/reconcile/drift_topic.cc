// Kafka against what Druid has committed: retention that comes too near or has passed it, and a
// topic that is another one under the same name. Found before tasks fail.
#include <fmt/format.h>

#include <array>

#include "reconcile/drift_groups.h"

namespace henge::reconcile {
namespace {

using offsets::PartitionRow;
using offsets::Verdict;

// Evidence that counts down would be a new event every round.
std::string less_than(Millis left) {
  using std::chrono::hours;
  using std::chrono::minutes;
  constexpr std::array<Millis, 10> steps{minutes(1), minutes(5), minutes(15), minutes(30),
                                         hours(1),   hours(2),   hours(4),    hours(8),
                                         hours(16),  hours(24)};
  for (const Millis step : steps)
    if (left < step) return humanize(step);
  return humanize(hours(48));
}

std::string command_of(const Look& look, Verdict verdict) {
  const std::string& name = look.input.pipeline.name;
  switch (verdict) {
    case Verdict::at_risk:
      return fmt::format(
          "more tasks read faster (spec.stream.taskCount), and `kafka-configs --alter "
          "--entity-type "
          "topics --entity-name {} --add-config retention.ms=...` gives them time; `henge offsets "
          "{}` shows both",
          look.input.pipeline.stream.topic, name);
    case Verdict::lost:
      return fmt::format(
          "`henge offsets {}` shows them; `henge offsets reset {} --to earliest` lets Druid go on "
          "with what is left, after a yes",
          name, name);
    case Verdict::ahead:
    case Verdict::removed_partition:
      return fmt::format(
          "`henge offsets reset {} --to earliest` lets Druid and henge read the topic that is "
          "there "
          "now, after a yes",
          name);
    case Verdict::ok:
    case Verdict::unknown:
    case Verdict::new_partition:
      break;
  }
  return "";
}

std::string sentence(const PartitionRow& row) {
  if (row.verdict == Verdict::at_risk)
    return fmt::format("partition {}: retention may delete what is not committed in less than {}",
                       row.partition, less_than(*row.retention_left));
  return fmt::format("partition {}: {}", row.partition, row.why);
}

std::string value_of(const PartitionRow& row) {
  return row.verdict == Verdict::lost
             ? fmt::format("{}:{}-{}", row.partition, *row.committed, *row.start)
             : fmt::format("{}", row.partition);
}

struct Wanted {
  DriftKind kind;
  std::vector<Verdict> verdicts;
};

void add(const Look& look, const offsets::Report& report, const Wanted& wanted,
         std::vector<Drift>& out) {
  Drift drift;
  drift.kind = wanted.kind;
  drift.object = look.input.pipeline.stream.topic;
  Verdict worst = Verdict::ok;
  for (const PartitionRow& row : report.rows) {
    if (std::ranges::find(wanted.verdicts, row.verdict) == wanted.verdicts.end()) continue;
    worst = std::max(worst, row.verdict);
    drift.evidence += (drift.evidence.empty() ? "" : "; ") + sentence(row);
    drift.value += (drift.value.empty() ? "" : ",") + value_of(row);
    drift.rows += row.lost;
  }
  if (worst == Verdict::ok) return;
  drift.evidence = shortened(drift.evidence, 1000) + ". " + command_of(look, worst);
  out.push_back(std::move(drift));
}

const TopicSight* sight_of(const Look& look) {
  auto known = look.world.topics.find(look.input.pipeline.name);
  return known == look.world.topics.end() ? nullptr : &known->second;
}

void find(const Look& look, std::vector<Drift>& out) {
  const TopicSight* sight = sight_of(look);
  if (sight == nullptr) return;
  const offsets::Report report = offsets::judge(sight->scanned, sight->druid, sight->look);
  add(look, report, {DriftKind::offsets_at_risk, {Verdict::at_risk}}, out);
  add(look, report, {DriftKind::offsets_lost, {Verdict::lost}}, out);
  add(look, report, {DriftKind::topic_recreated, {Verdict::ahead, Verdict::removed_partition}},
      out);
}

bool can_tell(const Look& look, const Drift& /*drift*/) {
  return sight_of(look) != nullptr;
}

}  // namespace

const DriftGroup& topic_drift() {
  static const DriftGroup group{
      {DriftKind::offsets_at_risk, DriftKind::offsets_lost, DriftKind::topic_recreated},
      find,
      can_tell};
  return group;
}

}  // namespace henge::reconcile
