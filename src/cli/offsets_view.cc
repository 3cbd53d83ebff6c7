#include "cli/offsets_view.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "cli/text_width.h"

namespace henge::cli {
namespace {

using json = nlohmann::ordered_json;
using offsets::PartitionRow;
using offsets::Verdict;

template <typename T>
json maybe(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}
json maybe(const std::optional<Millis>& value) {
  return value ? json(value->count()) : json(nullptr);
}

json row_json(const PartitionRow& row) {
  return {{"partition", row.partition},
          {"verdict", to_string(row.verdict)},
          {"why", row.why},
          {"log_start", maybe(row.start)},
          {"committed", maybe(row.committed)},
          {"reading", maybe(row.reading)},
          {"scanned", maybe(row.scanned)},
          {"end", maybe(row.end)},
          {"lag", maybe(row.lag)},
          {"lag_ms", maybe(row.lag_time)},
          {"retention_left_ms", maybe(row.retention_left)},
          {"lost", row.lost},
          {"appended_per_second", maybe(row.appended_per_second)}};
}

std::string offsets_json(const OffsetsView& view) {
  json rows = json::array();
  for (const PartitionRow& row : view.report.rows) rows.push_back(row_json(row));
  const json body{{"frozen", json::parse(freeze_json(view.frozen, view.pipeline))},
                  {"pipeline", view.pipeline},
                  {"topic", view.topic},
                  {"now", to_iso(view.now)},
                  {"supervisor", view.supervisor},
                  {"consumer_group", view.group.empty() ? json(nullptr) : json(view.group)},
                  {"verdict", to_string(view.report.worst)},
                  {"lag", view.report.lag},
                  {"lost", view.report.lost},
                  {"retention_ms", maybe(view.retention)},
                  {"retention_bytes", maybe(view.retention_bytes)},
                  {"retention_left_ms", maybe(view.report.retention_left)},
                  {"partitions", rows},
                  {"notes", view.notes}};
  return body.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Tone tone_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return Tone::good;
    case Verdict::unknown:
      return Tone::faint;
    case Verdict::new_partition:
      return Tone::info;
    case Verdict::at_risk:
      return Tone::warn;
    case Verdict::lost:
    case Verdict::removed_partition:
    case Verdict::ahead:
      return Tone::bad;
  }
  return Tone::plain;
}

std::string number(const std::optional<std::int64_t>& value) {
  return value ? thousands(*value) : "-";
}
std::string period(const std::optional<Millis>& value) {
  return value ? humanize(std::chrono::floor<std::chrono::seconds>(*value)) : "-";
}
std::string rate(const std::optional<double>& value) {
  if (!value) return "-";
  return *value < 10 ? fmt::format("{:.1f}", *value) : thousands(std::llround(*value));
}

std::string table_of(const OffsetsView& view, const Console& console) {
  Table table({{"PARTITION", Align::right, 0, 0},
               {"LOG START", Align::right, 4, 0},
               {"COMMITTED", Align::right, 0, 0},
               {"READING", Align::right, 3, 0},
               {"SCANNED", Align::right, 5, 0},
               {"END", Align::right, 0, 0},
               {"LAG", Align::right, 0, 0},
               {"BEHIND", Align::right, 1, 0},
               {"NEW/S", Align::right, 6, 0},
               {"RETENTION IN", Align::right, 2, 0},
               {"VERDICT", Align::left, 0, 0}});
  for (const PartitionRow& row : view.report.rows)
    table.add({{std::to_string(row.partition), Tone::plain},
               {number(row.start), Tone::plain},
               {number(row.committed), Tone::plain},
               {number(row.reading), Tone::plain},
               {number(row.scanned), Tone::plain},
               {number(row.end), Tone::plain},
               {number(row.lag), Tone::plain},
               {period(row.lag_time), Tone::plain},
               {rate(row.appended_per_second), Tone::plain},
               {period(row.retention_left), tone_of(row.verdict)},
               {to_string(row.verdict), tone_of(row.verdict)}});
  return table.render(console.out.columns, console.style);
}

std::string retention_text(const OffsetsView& view) {
  std::string text;
  if (view.retention) text = humanize(*view.retention);
  if (view.retention_bytes)
    text += fmt::format("{}{} bytes a partition", text.empty() ? "" : " or ",
                        thousands(*view.retention_bytes));
  return text.empty() ? "for ever, as far as is known" : text;
}

// The next step for a person, where one is due.
std::string advice(const OffsetsView& view) {
  switch (view.report.worst) {
    case Verdict::ok:
    case Verdict::unknown:
      return "";
    case Verdict::new_partition:
      return "Druid discovers new partitions by itself, within minutes, and reads them from their "
             "start";
    case Verdict::at_risk:
      return fmt::format(
          "make Druid read faster (spec.stream.taskCount), or keep records longer: "
          "kafka-configs --alter --entity-type topics --entity-name {} --add-config "
          "retention.ms=...",
          view.topic);
    case Verdict::lost:
      return fmt::format("henge offsets reset {} --to earliest: shows first what it would do",
                         view.pipeline);
    case Verdict::removed_partition:
    case Verdict::ahead:
      return fmt::format(
          "henge offsets reset {} --to earliest: Druid and henge then read the topic "
          "that is there now; it shows first what it would do",
          view.pipeline);
  }
  return "";
}

}  // namespace

void add_found(offsets::Report& report, const ledger::PipelineState& state) {
  for (const auto& [key, known] : state.drifts) {
    if (known.drift.kind != DriftKind::topic_recreated || known.given_up) continue;
    const std::string partitions = "," + known.drift.value + ",";
    for (PartitionRow& row : report.rows) {
      if (row.verdict >= Verdict::removed_partition ||
          partitions.find(fmt::format(",{},", row.partition)) == std::string::npos)
        continue;
      row.verdict = Verdict::ahead;
      row.why = "the topic was deleted and made anew, as henge serve found";
      report.worst = std::max(report.worst, row.verdict);
    }
  }
}

bool needs_care(Verdict verdict) {
  return verdict >= Verdict::at_risk;
}

std::string show_offsets(const OffsetsView& view, const Console& console) {
  if (console.json()) return offsets_json(view);
  const Style& style = console.style;
  const auto line = [&](Tone tone, const std::string& text, int indent) {
    return std::string(static_cast<std::size_t>(indent), ' ') +
           style.paint(tone, wrapped(printable(text), console.out.columns, indent, indent)) + "\n";
  };
  std::string text = show_freezes(view.frozen, console);
  text += line(Tone::plain,
               fmt::format("{}: topic {}, supervisor {}, kept {}, consumer group {}", view.pipeline,
                           view.topic, view.supervisor, retention_text(view),
                           view.group.empty() ? "none" : view.group),
               0);
  text += table_of(view, console);
  for (const PartitionRow& row : view.report.rows)
    if (!row.why.empty())
      text +=
          line(tone_of(row.verdict), fmt::format("partition {}: {}", row.partition, row.why), 2);
  if (const std::string todo = advice(view); !todo.empty()) text += line(Tone::info, todo, 2);
  for (const std::string& note : view.notes) text += line(Tone::warn, note, 2);
  return text;
}

}  // namespace henge::cli
