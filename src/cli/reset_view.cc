#include "cli/reset_view.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "cli/text_width.h"

namespace henge::cli {
namespace {

using json = nlohmann::ordered_json;
using offsets::ResetRow;

template <typename T>
json maybe(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

struct Totals {
  std::int64_t skipped = 0, again = 0, gone = 0;
};

Totals totals_of(const offsets::ResetPlan& plan) {
  Totals out;
  for (const ResetRow& row : plan.rows) {
    out.skipped += row.skipped;
    out.again += row.again;
    out.gone += row.gone;
  }
  return out;
}

std::string change_text(const ResetRow& row, bool anew) {
  if (anew) return "begins anew";
  if (!row.committed) return "begins there";
  std::string text;
  const auto add = [&](std::int64_t count, const char* what) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", thousands(count), what);
  };
  add(row.skipped, "skipped");
  add(row.again, "read again");
  add(row.gone, "lost");
  return text.empty() ? "stays" : text;
}

json rows_json(const offsets::ResetPlan& plan) {
  json rows = json::array();
  for (const ResetRow& row : plan.rows)
    rows.push_back({{"partition", row.partition},
                    {"before", maybe(row.committed)},
                    {"target", row.target},
                    {"skipped", row.skipped},
                    {"again", row.again},
                    {"lost", row.gone}});
  return rows;
}

json effect_json(const ledger::ResetState& done) {
  const ResetSums sums = sums_of(done.effect);
  return {{"skipped_rows", sums.skipped},          {"again_rows", sums.again},
          {"doubled_rows", sums.doubled},          {"rebuilt_chunks", sums.rebuilt_chunks},
          {"doubled_chunks", sums.doubled_chunks}, {"lost_offsets", done.effect.lost}};
}

std::string view_json(const ResetView& view) {
  const bool ended = view.done && view.done->phase == ledger::ResetPhase::ended;
  const json body{
      {"pipeline", view.pipeline},
      {"to", view.to},
      {"topic_made_anew", view.plan.anew},
      {"partitions", rows_json(view.plan)},
      {"number", view.done ? json(view.done->intent.number) : json(nullptr)},
      {"phase", view.done ? json(to_string(view.done->phase)) : json(nullptr)},
      {"effect", ended && view.done->error.empty() ? effect_json(*view.done) : json(nullptr)},
      {"error", ended && !view.done->error.empty() ? json(view.done->error) : json(nullptr)}};
  return body.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

class Lines {
 public:
  explicit Lines(const Console& console) : console_(console) {}
  void add(Tone tone, const std::string& text, int indent = 0) {
    text_ +=
        std::string(static_cast<std::size_t>(indent), ' ') +
        console_.style.paint(tone, wrapped(printable(text), console_.out.columns, indent, indent)) +
        "\n";
  }
  void raw(const std::string& text) { text_ += text; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  const Console& console_;
  std::string text_;
};

void say_effects(const ResetView& view, Lines& lines) {
  const Totals totals = totals_of(view.plan);
  if (view.plan.anew) {
    lines.add(Tone::warn,
              "The topic was deleted and made anew: Druid and henge both begin to read it there. "
              "What Druid had not committed of the topic before is lost; its chunks will show it.",
              2);
    return;
  }
  if (totals.skipped > 0)
    lines.add(Tone::info,
              fmt::format("{} are skipped by streaming. henge reads them, and repairs bring their "
                          "on-time rows into Druid: nothing is lost by it.",
                          counted(totals.skipped, "record")),
              2);
  if (totals.again > 0)
    lines.add(Tone::warn,
              fmt::format("{} are read again. Their chunks hold those on-time rows twice "
                          "afterwards; henge knows how many, checks that it is exactly so, and "
                          "calls the chunks uncertain until a load replaces them.",
                          counted(totals.again, "record")),
              2);
  if (totals.gone > 0)
    lines.add(Tone::bad,
              fmt::format("{} were deleted by retention before Druid had committed them: they are "
                          "lost, with or without this.",
                          counted(totals.gone, "offset")),
              2);
}

}  // namespace

ResetSums sums_of(const ledger::ResetMeasured& effect) {
  ResetSums out;
  for (const ledger::ResetChunk& chunk : effect.chunks) {
    std::int64_t again = 0;
    for (const auto& [partition, rows] : chunk.skipped) out.skipped += rows;
    for (const auto& [partition, rows] : chunk.again) again += rows;
    out.again += again;
    if (chunk.rebuilt) ++out.rebuilt_chunks;
    if (!chunk.rebuilt && again > 0) {
      ++out.doubled_chunks;
      out.doubled += again;
    }
  }
  return out;
}

std::string show_reset_plan(const ResetView& view, const Console& console) {
  if (console.json()) return view_json(view);
  Lines lines(console);
  lines.add(Tone::plain,
            fmt::format("{}: Druid's offsets are to be reset to {}", view.pipeline, view.to));
  Table table({{"PARTITION", Align::right, 0, 0},
               {"COMMITTED", Align::right, 0, 0},
               {"TARGET", Align::right, 0, 0},
               {"RECORDS", Align::left, 0, 12}});
  for (const ResetRow& row : view.plan.rows)
    table.add({{std::to_string(row.partition), Tone::plain},
               {row.committed ? thousands(*row.committed) : "-", Tone::plain},
               {thousands(row.target), Tone::strong},
               {change_text(row, view.plan.anew), row.gone > 0 ? Tone::bad : Tone::plain}});
  lines.raw(table.render(console.out.columns, console.style));
  say_effects(view, lines);
  lines.add(Tone::plain,
            "The supervisor is suspended, its tasks publish, the offsets are set, it is resumed. "
            "henge serve does that, also when it is killed on the way. Streaming reads on until "
            "it stands, and Druid tells only twice a minute how far it is: what it comes to is "
            "measured then.",
            2);
  return lines.text();
}

std::string show_reset_done(const ResetView& view, const Console& console) {
  if (console.json()) return view_json(view);
  Lines lines(console);
  if (!view.done || view.done->phase != ledger::ResetPhase::ended) {
    lines.add(Tone::warn, fmt::format("{}: the reset is {}; it goes on by itself", view.pipeline,
                                      view.done ? to_string(view.done->phase) : "not begun"));
    return lines.text();
  }
  if (!view.done->error.empty()) {
    lines.add(Tone::bad,
              fmt::format("{}: nothing was changed: {}", view.pipeline, view.done->error));
    return lines.text();
  }
  const ResetSums sums = sums_of(view.done->effect);
  lines.add(Tone::good, fmt::format("{}: Druid's offsets are reset to {}", view.pipeline, view.to));
  if (sums.skipped > 0)
    lines.add(Tone::info, counted(sums.skipped, "on-time row") + " skipped, to be repaired", 2);
  if (sums.rebuilt_chunks > 0)
    lines.add(
        Tone::info,
        fmt::format("{} emptied, to be filled again by {}", counted(sums.rebuilt_chunks, "chunk"),
                    counted(sums.again - sums.doubled, "row")),
        2);
  if (sums.doubled > 0)
    lines.add(Tone::bad,
              fmt::format("{} will be in {} twice: replace them by a load",
                          counted(sums.doubled, "row"), counted(sums.doubled_chunks, "chunk")),
              2);
  if (view.done->effect.lost > 0)
    lines.add(Tone::bad,
              counted(view.done->effect.lost, "offset") + " had been deleted by retention unread",
              2);
  return lines.text();
}

}  // namespace henge::cli
