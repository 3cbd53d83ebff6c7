#include "cli/watch_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/moment.h"
#include "cli/table.h"
#include "cli/text_width.h"

namespace henge::cli {
namespace {

using ledger::ChunkStatus;
using ledger::RepairPhase;
using json = nlohmann::ordered_json;

std::string dump(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

template <typename T>
json maybe(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}
json maybe(const std::optional<Instant>& value) {
  return value ? json(to_iso(*value)) : json(nullptr);
}

std::string number(const std::optional<std::int64_t>& value) {
  return value ? thousands(*value) : "-";
}

Tone tone_of_life(const std::string& life) {
  if (life == "sealed") return Tone::good;
  if (life == "uncertain") return Tone::bad;
  if (life == "open" || life == "closed") return Tone::plain;
  return Tone::warn;
}

}  // namespace

std::string life_of(const ledger::ChunkState& chunk) {
  if (chunk.status == ChunkStatus::uncertain) return "uncertain";
  if (!chunk.repair.empty()) return "repairing";
  if (!chunk.load.empty()) return "loading";
  if (chunk.status == ChunkStatus::sealed && !chunk.waiting.empty()) return "dirty";
  return to_string(chunk.status);
}

StatusRow status_row(const Pipeline& pipeline, const ledger::PipelineState& state,
                     const std::optional<SupervisorStatus>& supervisor) {
  StatusRow row;
  row.pipeline = pipeline.name;
  row.datasource = pipeline.datasource;
  row.proof = to_string(pipeline.proof);
  row.supervisor = "-";
  row.releasing = state.releasing.has_value();
  if (state.released) row.release = state.release;
  row.standing = standing_of(state);
  int partitions = static_cast<int>(state.partitions.size());
  if (supervisor) {
    row.supervisor = supervisor->state;
    partitions = std::max(partitions, supervisor->partitions);
    std::int64_t lag = 0;
    for (auto [p, n] : supervisor->lag) lag += std::max<std::int64_t>(0, n);
    if (!supervisor->lag.empty()) row.lag = lag;
    row.uncommitted = late::uncommitted(state, late::committed_offsets(*supervisor));
  }
  row.watermark = late::event_watermark(state, partitions, pipeline);
  for (const auto& [id, p] : state.partitions) {
    row.records += p.records;
    row.rows_unparseable += p.unparseable;
    row.nulls += p.null_values;
    row.without_timestamp += p.without_timestamp;
    row.lost += p.lost;
  }
  for (const auto& [start, chunk] : state.chunks) {
    row.rows_on_time += chunk.on_time();
    row.rows_late += chunk.late();
    row.rows_early += chunk.early();
    row.rows_filtered += chunk.filtered();
    row.late_waiting += chunk.waiting_rows();
    row.late_repaired += chunk.repaired_rows;
    switch (chunk.status) {
      case ChunkStatus::open:
        ++row.open;
        break;
      case ChunkStatus::closed:
        ++row.closed;
        break;
      case ChunkStatus::sealed:
        ++row.sealed;
        break;
      case ChunkStatus::uncertain:
        ++row.uncertain;
        break;
    }
    if (!chunk.repair.empty())
      ++row.repairing;
    else if (chunk.status == ChunkStatus::sealed && !chunk.waiting.empty())
      ++row.dirty;
  }
  for (const auto& [id, repair] : state.repairs) {
    if (repair.phase == RepairPhase::confirmed) continue;
    row.late_repairing += repair.intent.rows;
    if (!repair.error.empty())
      row.repair_errors.push_back(fmt::format("{} attempt {} {}: {}", id, repair.intent.attempt,
                                              to_string(repair.phase), repair.error));
  }
  return row;
}

namespace {

json release_json(const std::optional<ledger::Release>& release) {
  if (!release) return nullptr;
  return {{"by", release->by},
          {"reason", release->reason},
          {"supervisor", release->supervisor},
          {"at", to_iso(release->at)}};
}

json status_json(const StatusRow& r, const std::vector<FreezeNote>& frozen) {
  json chunks{{"open", r.open},           {"closed", r.closed}, {"sealed", r.sealed},
              {"uncertain", r.uncertain}, {"dirty", r.dirty},   {"repairing", r.repairing}};
  json rows{{"on_time", r.rows_on_time},
            {"late", r.rows_late},
            {"early", r.rows_early},
            {"filtered", r.rows_filtered},
            {"null_values", r.nulls},
            {"unparseable", r.rows_unparseable},
            {"without_timestamp", r.without_timestamp},
            {"lost", r.lost}};
  json late{
      {"waiting", r.late_waiting}, {"repairing", r.late_repairing}, {"repaired", r.late_repaired}};
  return {{"pipeline", r.pipeline},
          {"datasource", r.datasource},
          {"supervisor", r.supervisor},
          {"lag", maybe(r.lag)},
          {"uncommitted", maybe(r.uncommitted)},
          {"watermark", maybe(r.watermark)},
          {"proof", r.proof},
          {"records", r.records},
          {"rows", rows},
          {"chunks", chunks},
          {"late", late},
          {"repair_errors", r.repair_errors},
          {"frozen", json::parse(freeze_json(frozen, r.pipeline))},
          {"releasing", r.releasing},
          {"released", release_json(r.release)},
          {"window", json::parse(standing_json(r.standing))}};
}

std::string status_as_json(const StatusView& view) {
  json pipelines = json::array(), troubles = json::array();
  for (const auto& row : view.rows) pipelines.push_back(status_json(row, view.frozen));
  for (const auto& t : view.troubles)
    troubles.push_back({{"what", t.what}, {"message", t.message}, {"since", t.since}});
  return dump({{"now", to_iso(view.now)},
               {"serving", view.serving},
               {"pipelines", pipelines},
               {"troubles", troubles},
               {"notes", view.notes},
               {"frozen", json::parse(freeze_json(view.frozen, ""))}});
}

std::string release_line(const StatusRow& r, const Style& style) {
  if (r.releasing)
    return style.paint(Tone::warn, r.pipeline + ": is being released, its supervisor terminated") +
           "\n";
  if (!r.release) return "";
  return style.paint(Tone::faint,
                     printable(fmt::format("{}: released {} by {}, its supervisor was {}: {}",
                                           r.pipeline, to_the_second(r.release->at), r.release->by,
                                           r.release->supervisor, r.release->reason))) +
         "\n";
}

Tone tone_of_supervisor(const std::string& state) {
  if (state == "RUNNING" || state == "IDLE") return Tone::good;
  if (state.starts_with("UNHEALTHY")) return Tone::bad;
  return state == "-" ? Tone::faint : Tone::warn;
}

}  // namespace

std::string show_status(const StatusView& view, const Console& console) {
  if (console.json()) return status_as_json(view);
  Table table({{"PIPELINE", Align::left, 0, 8},
               {"SUPERVISOR", Align::left, 0, 0},
               {"LAG", Align::right, 2, 0},
               {"WATERMARK", Align::left, 1, 0},
               {"OPEN", Align::right, 4, 0},
               {"CLOSED", Align::right, 5, 0},
               {"SEALED", Align::right, 0, 0},
               {"UNCERTAIN", Align::right, 0, 0},
               {"LATE WAITING", Align::right, 3, 0},
               {"REPAIRED", Align::right, 6, 0}});
  for (const auto& r : view.rows) {
    std::string watermark =
        r.watermark ? fmt::format("{} ago", humanize(view.now - *r.watermark)) : "-";
    table.add({{r.pipeline, Tone::strong},
               {r.supervisor, tone_of_supervisor(r.supervisor)},
               {number(r.lag)},
               {watermark},
               {thousands(r.open)},
               {thousands(r.closed)},
               {thousands(r.sealed), r.sealed > 0 ? Tone::good : Tone::plain},
               {thousands(r.uncertain), r.uncertain > 0 ? Tone::bad : Tone::plain},
               {thousands(r.late_waiting + r.late_repairing),
                r.late_waiting + r.late_repairing > 0 ? Tone::warn : Tone::plain},
               {thousands(r.late_repaired)}});
  }
  std::string text = show_freezes(view.frozen, console) +
                     (view.rows.empty() ? "no pipelines; `henge apply FILES` declares them\n"
                                        : table.render(console.out.columns, console.style));
  for (const auto& r : view.rows) {
    text += release_line(r, console.style);
    if (r.standing)
      text +=
          console.style.paint(Tone::warn, printable(standing_text(r.pipeline, *r.standing))) + "\n";
    if (r.lost > 0)
      text += console.style.paint(
                  Tone::bad, fmt::format("{}: {} records were gone before they could be scanned",
                                         r.pipeline, thousands(r.lost))) +
              "\n";
    if (r.rows_unparseable > 0)
      text += fmt::format("{}: {} unparseable rows, in neither door\n", r.pipeline,
                          thousands(r.rows_unparseable));
    if (r.proof == "reported")
      text += fmt::format("{}: proof is `reported`: a filter that only Druid evaluates decides\n",
                          r.pipeline);
    for (const auto& e : r.repair_errors)
      text += console.style.paint(Tone::warn, r.pipeline + ": " + printable(e)) + "\n";
  }
  for (const auto& t : view.troubles)
    text += console.style.paint(Tone::bad, printable(t.what + ": " + t.message)) +
            fmt::format(" (since {})\n", t.since);
  for (const auto& n : view.notes) text += console.style.paint(Tone::faint, printable(n)) + "\n";
  return text;
}

namespace {

std::vector<std::pair<Instant, const ledger::ChunkState*>> chosen(
    const Pipeline& pipeline, const ledger::PipelineState& state, const ChunkFilter& filter) {
  std::vector<std::pair<Instant, const ledger::ChunkState*>> out;
  for (const auto& [start, chunk] : state.chunks) {
    if (filter.state && life_of(chunk) != *filter.state) continue;
    if (filter.since && bucket(pipeline.schema.segment_granularity, start).end <= *filter.since)
      continue;
    out.emplace_back(start, &chunk);
  }
  return out;
}

json chunk_json(const Pipeline& pipeline, Instant start, const ledger::ChunkState& c) {
  Interval interval = bucket(pipeline.schema.segment_granularity, start);
  json out{{"start", to_iso(interval.start)},
           {"end", to_iso(interval.end)},
           {"state", life_of(c)},
           {"on_time", c.on_time()},
           {"late", c.late()},
           {"early", c.early()},
           {"filtered", c.filtered()},
           {"waiting", c.waiting_rows()},
           {"repaired", c.repaired_rows},
           {"expected", c.expected()},
           {"reopened", c.reopened},
           {"closed_at", maybe(c.closed_at)},
           {"closed_by", c.closed_by},
           {"repair", c.repair},
           {"loaded", c.loaded_rows},
           {"load", c.load}};
  out["replaced"] = nullptr;
  if (c.replacement)
    out["replaced"] = {{"load", c.replacement->load},
                       {"as_of", to_iso(c.replacement->as_of)},
                       {"rows", c.replacement->rows},
                       {"late_covered", c.replacement->covered_late}};
  out["seal"] = nullptr;
  if (c.seal)
    out["seal"] = {{"rows", c.seal->rows},
                   {"segments", c.seal->segments},
                   {"proof", c.seal->proof},
                   {"at", to_iso(c.seal->at)}};
  out["doubt"] = nullptr;
  if (c.doubt)
    out["doubt"] = {{"expected", c.doubt->expected},
                    {"actual", c.doubt->actual},
                    {"reason", c.doubt->reason},
                    {"since", to_iso(c.doubt->since)}};
  return out;
}

std::string proof_text(const Pipeline& pipeline, Instant start, const ledger::ChunkState& c) {
  if (c.doubt) return printable(c.doubt->reason);
  if (!c.seal || c.status != ChunkStatus::sealed) return "";
  Instant end = bucket(pipeline.schema.segment_granularity, start).end;
  return fmt::format("{} {} after its end", c.seal->proof, humanize(c.seal->at - end));
}

}  // namespace

std::string show_chunks(const Pipeline& pipeline, const ledger::PipelineState& state,
                        const ChunkFilter& filter, const std::vector<FreezeNote>& frozen,
                        const Console& console) {
  auto chunks = chosen(pipeline, state, filter);
  if (console.json()) {
    json list = json::array();
    for (auto [start, chunk] : chunks) list.push_back(chunk_json(pipeline, start, *chunk));
    return dump({{"pipeline", pipeline.name},
                 {"datasource", pipeline.datasource},
                 {"chunks", list},
                 {"frozen", json::parse(freeze_json(frozen, pipeline.name))}});
  }
  Table table({{"CHUNK", Align::left, 0, 0},
               {"STATE", Align::left, 0, 0},
               {"ON TIME", Align::right, 2, 0},
               {"LATE", Align::right, 3, 0},
               {"WAITING", Align::right, 5, 0},
               {"REPAIRED", Align::right, 4, 0},
               {"EXPECTED", Align::right, 0, 0},
               {"IN DRUID", Align::right, 0, 0},
               {"PROOF", Align::left, 1, 12}});
  for (auto [start, c] : chunks) {
    const std::string life = life_of(*c);
    std::string in_druid = c->doubt  ? thousands(c->doubt->actual)
                           : c->seal ? thousands(c->seal->rows)
                                     : "-";
    table.add({{to_short_iso(start)},
               {life, tone_of_life(life)},
               {thousands(c->on_time())},
               {thousands(c->late())},
               {thousands(c->waiting_rows())},
               {thousands(c->repaired_rows)},
               {thousands(c->expected())},
               {in_druid, life == "uncertain" ? Tone::bad : Tone::plain},
               {proof_text(pipeline, start, *c), Tone::faint}});
  }
  return show_freezes(frozen, console) +
         (chunks.empty() ? "no chunks\n" : table.render(console.out.columns, console.style));
}

std::string show_late(const LateView& view, const Console& console) {
  if (console.json()) {
    json list = json::array();
    for (const auto& r : view.rows)
      list.push_back(
          {{"partition", r.partition},
           {"offset", r.offset},
           {"row", r.index},
           {"kind", r.kind},
           {"event_time", r.kind == "unparseable" ? json(nullptr) : json(to_iso(r.event))},
           {"arrival_time", to_iso(r.arrival)},
           {"late_by_ms", r.kind == "late" ? json((r.arrival - r.event).count()) : json(nullptr)},
           {"chunk", r.kind == "unparseable" ? json(nullptr) : json(to_iso(r.chunk))},
           {"state", r.state},
           {"repair", r.repair},
           {"bytes", r.bytes}});
    return dump({{"pipeline", view.pipeline},
                 {"lateness_ms", view.lateness.count()},
                 {"total", view.total},
                 {"rows", list},
                 {"notes", view.notes},
                 {"frozen", json::parse(freeze_json(view.frozen, view.pipeline))}});
  }
  Table table({{"PART", Align::right, 0, 0},
               {"OFFSET", Align::right, 0, 0},
               {"EVENT TIME", Align::left, 0, 0},
               {"LATE BY", Align::right, 1, 0},
               {"STATE", Align::left, 0, 0},
               {"REPAIR", Align::left, 3, 0},
               {"CHUNK", Align::left, 4, 0}});
  for (const auto& r : view.rows) {
    bool parsed = r.kind != "unparseable";
    table.add(
        {{std::to_string(r.partition)},
         {std::to_string(r.offset)},
         {parsed ? to_iso(r.event) : "-"},
         {r.kind == "late" ? humanize(r.arrival - r.event) : "-"},
         {r.kind == "late" ? r.state : r.kind, r.state == "repaired" ? Tone::good : Tone::warn},
         {r.repair, Tone::faint},
         {parsed ? to_short_iso(r.chunk) : "-", Tone::faint}});
  }
  std::string text =
      show_freezes(view.frozen, console) +
      (view.rows.empty() ? "no late rows\n" : table.render(console.out.columns, console.style));
  if (view.total > static_cast<std::int64_t>(view.rows.size()))
    text +=
        fmt::format("{} of {} rows; --limit 0 shows all\n",
                    thousands(static_cast<std::int64_t>(view.rows.size())), thousands(view.total));
  for (const auto& n : view.notes) text += console.style.paint(Tone::warn, printable(n)) + "\n";
  return text;
}

}  // namespace henge::cli
