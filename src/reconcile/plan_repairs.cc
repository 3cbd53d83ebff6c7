// Late rows that wait, into few repairs.
#include <date/date.h>
#include <fmt/format.h>

#include <algorithm>

#include "reconcile/decide.h"
#include "reconcile/reading_rules.h"

namespace henge::reconcile {

using ledger::Body;
using ledger::ChunkState;
using ledger::ChunkStatus;
using ledger::PipelineState;
using ledger::RepairIntended;
using ledger::RepairPhase;

namespace {

std::string task_id(const Pipeline& pipeline, const PipelineState& state, std::int64_t number,
                    std::int64_t attempt) {
  return fmt::format("henge_{}_late_{}_{:06}_{}", pipeline.name, state.incarnation, number,
                     attempt);
}

void by_http(RepairIntended& repair, const RepairLimits& limits, Instant now) {
  repair.delivery = ledger::Delivery::http;
  repair.base_url = limits.base_url;
  repair.expires_at = now + limits.address_valid;
}

// How the rows travel: in the payload while small, else fetched by the workers from henge.
void choose_delivery(RepairIntended& repair, const RepairLimits& limits, Instant now) {
  std::int64_t bytes = 0;
  for (const auto& x : repair.extents) bytes += x.payload_bytes + x.rows;
  if (bytes > limits.inline_bytes_max && !limits.base_url.empty())
    return by_http(repair, limits, now);
  repair.delivery = ledger::Delivery::inline_rows;
  repair.base_url.clear();
  repair.expires_at = Instant{};
}

std::int64_t rows_before(const ChunkState& chunk, std::int64_t otherwise) {
  if (const auto rows = chunk.counted_rows()) return *rows;
  return chunk.seal ? chunk.seal->rows : otherwise;
}

// The next attempt keeps rows and chunks; only the counts it starts from are taken anew.
RepairIntended next_attempt(const Pipeline& pipeline, const PipelineState& state,
                            const ledger::RepairState& last, const RepairLimits& limits,
                            Instant now) {
  RepairIntended repair = last.intent;
  ++repair.attempt;
  repair.task_id = task_id(pipeline, state, repair.number, repair.attempt);
  for (auto& c : repair.chunks) c.baseline = rows_before(state.chunks.at(c.chunk), c.baseline);
  choose_delivery(repair, limits, now);
  // Rows that are no UTF-8 can't travel in a payload; where the last attempt was refused, let the
  // workers fetch them.
  if (last.end == ledger::TaskEnd::refused && !limits.base_url.empty())
    by_http(repair, limits, now);
  return repair;
}

struct Waiting {
  std::vector<Instant> chunks;  // in order of their oldest late row
  std::int64_t rows = 0;
  Instant oldest = Instant::max();
};

Instant oldest_arrival(const ChunkState& chunk) {
  Instant oldest = Instant::max();
  for (const auto& x : chunk.waiting) oldest = std::min(oldest, x.arrival_first);
  return oldest;
}

// Chunks whose late rows may be appended now: the count before is known, and neither a repair nor a
// load is under way.
Waiting ready_chunks(const PipelineState& state, const std::set<Instant>& held) {
  Waiting out;
  std::set<std::pair<Instant, Instant>> by_age;
  for (const auto& [start, chunk] : state.chunks) {
    if (chunk.waiting.empty() || !chunk.counted_rows() || !chunk.free()) continue;
    if (held.contains(start)) continue;
    by_age.emplace(oldest_arrival(chunk), start);
    out.rows += chunk.waiting_rows();
  }
  for (auto [oldest, start] : by_age) out.chunks.push_back(start);
  if (!by_age.empty()) out.oldest = by_age.begin()->first;
  return out;
}

// Takes chunks, oldest late row first, until a task is full. A chunk that alone is too large is cut
// at an extent's end.
RepairIntended gather(const Pipeline& pipeline, const PipelineState& state,
                      std::vector<Instant>& chunks, std::int64_t number) {
  RepairIntended repair;
  repair.number = number;
  repair.repair = fmt::format("repair-{:06}", number);
  repair.task_id = task_id(pipeline, state, number, 1);
  while (!chunks.empty()) {
    Instant start = chunks.front();
    const ChunkState& chunk = state.chunks.at(start);
    if (repair.rows > 0 && repair.rows + chunk.waiting_rows() > pipeline.late.rows_max) break;
    ledger::RepairChunk part{start, 0, rows_before(chunk, 0)};
    for (const auto& x : chunk.waiting) {
      if (part.rows > 0 && repair.rows + x.rows > pipeline.late.rows_max) break;
      part.rows += x.rows;
      repair.rows += x.rows;
      repair.extents.push_back(x);
    }
    repair.chunks.push_back(part);
    chunks.erase(chunks.begin());
  }
  return repair;
}

}  // namespace

std::vector<Body> plan_repairs(const Pipeline& pipeline, const PipelineState& state,
                               const std::set<Instant>& held, const RepairLimits& limits,
                               const Patience& patience, Instant now) {
  std::vector<Body> events;
  int under_way = 0;
  for (const auto& [id, repair] : state.repairs) {
    if (repair.phase == RepairPhase::confirmed) continue;
    ++under_way;
    if (repair.phase == RepairPhase::absent &&
        now - repair.changed_at >= backoff(patience, repair.intent.attempt))
      events.emplace_back(next_attempt(pipeline, state, repair, limits, now));
  }

  Waiting waiting = ready_chunks(state, held);
  bool due = !waiting.chunks.empty() && (waiting.rows >= pipeline.late.rows_min ||
                                         now - waiting.oldest >= pipeline.late.max_delay);
  std::int64_t number = state.repairs_planned;
  while (due && !waiting.chunks.empty() && under_way < limits.repairs_max) {
    RepairIntended repair = gather(pipeline, state, waiting.chunks, ++number);
    choose_delivery(repair, limits, now);
    events.emplace_back(std::move(repair));
    ++under_way;
  }
  return events;
}

namespace {

// Goes back by a period of years, months, weeks, days and a time part; Druid's rules allow them
// all.
std::optional<Instant> back_by(Instant now, const std::string& period) {
  int years = 0, months = 0;
  std::string fixed = "P";
  std::string number;
  bool in_time = false;
  for (char c : std::string_view(period).substr(period.empty() ? 0 : 1)) {
    if (c >= '0' && c <= '9') {
      number += c;
    } else if (c == 'Y' || (c == 'M' && !in_time)) {
      (c == 'Y' ? years : months) = std::atoi(number.c_str());
      number.clear();
    } else {
      in_time = in_time || c == 'T';
      fixed += number + c;
      number.clear();
    }
  }
  Millis rest{0};
  if (fixed != "P") {
    auto parsed = parse_period(fixed);
    if (!parsed) return std::nullopt;
    rest = *parsed;
  }
  auto day = date::floor<date::days>(now);
  date::year_month_day ymd(day);
  ymd -= date::years(years);
  ymd -= date::months(months);
  if (!ymd.ok()) ymd = ymd.year() / ymd.month() / date::last;
  return Instant(date::sys_days(ymd)) + (now - day) - rest;
}

// As Druid's rules apply to a segment: what loads needs to touch it, what drops has to cover it.
bool covers(const Rule& rule, Interval chunk, Instant now) {
  const bool drops = rule.type.starts_with("drop");
  if (rule.type.ends_with("Forever")) return true;
  if (rule.type.ends_with("ByInterval")) {
    if (!rule.interval) return false;
    if (drops) return rule.interval->start <= chunk.start && chunk.end <= rule.interval->end;
    return rule.interval->start < chunk.end && chunk.start < rule.interval->end;
  }
  auto from = back_by(now, rule.period);
  if (!from) return false;
  if (rule.type == "dropBeforeByPeriod") return chunk.end <= *from;
  if (drops) return *from <= chunk.start && (rule.include_future || chunk.end <= now);
  return *from < chunk.end && (rule.include_future || chunk.start < now);
}

}  // namespace

bool rules_load(const std::vector<Rule>& rules, Interval chunk, Instant now) {
  for (const Rule& rule : rules)
    if (covers(rule, chunk, now)) return !rule.type.starts_with("drop");
  return false;
}

}  // namespace henge::reconcile
