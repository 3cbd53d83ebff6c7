// Committed offsets that somebody else moved: back, and rows are read twice; ahead, and rows are
// skipped. A heuristic beside the proof: the counts of the chunks tell for certain.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "late/watermark.h"
#include "reconcile/drift_groups.h"

namespace henge::reconcile {
namespace {

struct Move {
  std::int64_t from = 0;
  std::int64_t to = 0;
};
using Moves = std::map<std::int32_t, Move>;

// Druid's view of its readers is up to offsetFetchPeriod and a round old.
constexpr double view_age_seconds = 60;
// A status that was read before a reset had ended may be judged after it.
constexpr Millis reset_settles = std::chrono::minutes(1);
// Below this many records beyond the readers nothing is said.
constexpr std::int64_t jump_min = 10'000;
// A reader that catches up may be this much faster than it was ever seen.
constexpr double speed_up = 3;

std::string text_of(const Moves& moves) {
  std::string out;
  for (const auto& [partition, move] : moves)
    out += fmt::format("{}{}:{}>{}", out.empty() ? "" : ",", partition, move.from, move.to);
  return out;
}

// What text_of() wrote; what it did not write is left out.
Moves parse_moves(const std::string& text) {
  Moves moves;
  const char* at = text.data();
  const char* end = at + text.size();
  const auto number = [&](auto& value, char after) {
    auto [rest, error] = std::from_chars(at, end, value);
    if (error != std::errc() || (after != 0 && (rest == end || *rest != after))) return false;
    at = after == 0 ? rest : rest + 1;
    return true;
  };
  while (at < end) {
    std::int32_t partition = 0;
    Move move;
    if (!number(partition, ':') || !number(move.from, '>') || !number(move.to, 0)) break;
    moves[partition] = move;
    if (at < end) ++at;  // the comma
  }
  return moves;
}

const SupervisorStatus* status_of(const Look& look) {
  auto known = look.world.statuses.find(look.supervisor());
  return known == look.world.statuses.end() ? nullptr : &known->second;
}

PartitionOffsets furthest_readers(const SupervisorStatus& status) {
  PartitionOffsets out;
  const auto raise = [&](const PartitionOffsets& offsets) {
    for (const auto& [partition, offset] : offsets) {
      auto [known, fresh] = out.try_emplace(partition, offset);
      known->second = std::max(known->second, offset);
    }
  };
  for (const auto* tasks : {&status.active, &status.publishing})
    for (const SupervisorTask& task : *tasks) {
      raise(task.starting_offsets);
      raise(task.current_offsets);
    }
  return out;
}

// How far the committed offset of a partition may be by now without anything odd; nothing until the
// readers' speed is known.
std::optional<std::int64_t> committed_max(const Look& look, std::int32_t partition) {
  const DriftMemory& memory = look.memory;
  auto reader = memory.readers.find(partition);
  auto speed = memory.readers_per_second.find(partition);
  if (reader == memory.readers.end() || speed == memory.readers_per_second.end())
    return std::nullopt;
  const double seconds =
      std::chrono::duration<double>(look.world.now - memory.readers_at).count() + view_age_seconds;
  return reader->second + jump_min + static_cast<std::int64_t>(speed_up * speed->second * seconds);
}

Moves fresh_moves(const Look& look, const SupervisorStatus& status,
                  const PartitionOffsets& committed) {
  Moves moves;
  for (const auto& [partition, offset] : committed) {
    auto before = look.memory.committed.find(partition);
    if (before == look.memory.committed.end()) continue;
    // A suspended supervisor shows 0 for a partition of which nothing is stored (contract 2.7.5).
    const bool unstored = status.suspended && offset == 0;
    if (offset < before->second && !unstored) moves[partition] = {before->second, offset};
    const auto most = committed_max(look, partition);
    if (most && offset > *most) moves[partition] = {look.memory.readers.at(partition), offset};
  }
  return moves;
}

// A partition that was set back again before all was read again: it is read from the lowest, and
// what was read before ends where it did.
void add(Moves& moves, std::int32_t partition, const Move& move) {
  auto [known, fresh] = moves.try_emplace(partition, move);
  if (fresh) return;
  Move& before = known->second;
  const bool both_back = before.to < before.from && move.to < move.from;
  before = both_back ? Move{std::max(before.from, move.from), std::min(before.to, move.to)} : move;
}

// `moves` are new: what was skipped was not read, and tells nothing of the readers' speed.
void remember(const Look& look, const SupervisorStatus& status, const PartitionOffsets& committed,
              const Moves& moves) {
  DriftMemory& memory = look.memory;
  for (const auto& [partition, offset] : committed) memory.committed[partition] = offset;
  bool moved = false;
  const double seconds = std::chrono::duration<double>(look.world.now - memory.readers_at).count();
  for (const auto& [partition, offset] : furthest_readers(status)) {
    auto [known, fresh] = memory.readers.try_emplace(partition, offset);
    if (!fresh && offset == known->second) continue;
    moved = true;
    if (!fresh && offset > known->second && seconds > 0 && !moves.contains(partition)) {
      double& speed = memory.readers_per_second[partition];
      speed = std::max(speed, static_cast<double>(offset - known->second) / seconds);
    }
    known->second = offset;
  }
  if (moved) memory.readers_at = look.world.now;
}

const Drift* recorded(const Look& look) {
  auto known = look.input.state.drifts.find(key_of(DriftKind::offsets_moved, look.supervisor()));
  return known == look.input.state.drifts.end() ? nullptr : &known->second.drift;
}

// A move back is over when everything was read again; a jump stays until a person adopts it.
bool over(const Move& move, std::int32_t partition, const PartitionOffsets& committed) {
  auto now = committed.find(partition);
  return move.to < move.from && now != committed.end() && now->second >= move.from;
}

std::string evidence_of(const Moves& moves) {
  std::string out;
  for (const auto& [partition, move] : moves) {
    const bool back = move.to < move.from;
    out += fmt::format("{}partition {} went {} from {} to {}: {} offsets are {}",
                       out.empty() ? "" : "; ", partition, back ? "back" : "ahead", move.from,
                       move.to, back ? move.from - move.to : move.to - move.from,
                       back ? "read again" : "skipped");
  }
  return out;
}

// What henge moved itself is no drift: what was seen before it means nothing.
void forget_before_reset(const Look& look) {
  const auto& reset = look.input.state.reset;
  if (!reset) return;
  const bool settled = !reset->under_way() && look.world.now - reset->changed_at > reset_settles;
  if (settled && look.memory.reset_seen == reset->intent.number) return;
  look.memory.reset_seen = settled ? reset->intent.number : 0;
  look.memory.committed.clear();
  look.memory.readers.clear();
}

void find(const Look& look, std::vector<Drift>& out) {
  forget_before_reset(look);
  const SupervisorStatus* status = status_of(look);
  PartitionOffsets committed;
  Moves moves;
  if (const Drift* known = recorded(look)) moves = parse_moves(known->value);
  if (status != nullptr) {
    committed = late::committed_offsets(*status);
    const Moves fresh = fresh_moves(look, *status, committed);
    for (const auto& [partition, move] : fresh) add(moves, partition, move);
    remember(look, *status, committed, fresh);
  }
  std::erase_if(moves, [&](const auto& item) { return over(item.second, item.first, committed); });
  if (moves.empty()) return;
  Drift drift;
  drift.kind = DriftKind::offsets_moved;
  drift.object = look.supervisor();
  drift.evidence = evidence_of(moves);
  drift.value = text_of(moves);
  for (const auto& [partition, move] : moves)
    drift.rows += move.to < move.from ? move.from - move.to : move.to - move.from;
  out.push_back(std::move(drift));
}

bool can_tell(const Look& look, const Drift& /*drift*/) {
  return status_of(look) != nullptr;
}

}  // namespace

const DriftGroup& offset_drift() {
  static const DriftGroup group{{DriftKind::offsets_moved}, find, can_tell};
  return group;
}

}  // namespace henge::reconcile
