#include "cli/lateness_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "cli/text_width.h"

namespace henge::cli {
namespace {

using json = nlohmann::ordered_json;
using offsets::Bar;
using offsets::Cutoff;

constexpr int bar_columns_max = 40;

bool open_below(const Bar& bar) {
  return bar.from == Millis::min();
}
bool open_above(const Bar& bar) {
  return bar.to == Millis::max();
}

std::string range_text(const Bar& bar) {
  if (open_below(bar)) return "not at all";
  if (open_above(bar)) return "over " + humanize(bar.from);
  return fmt::format("to {}", humanize(bar.to));
}

std::string percent(double share) {
  if (share == 0) return "0 %";
  return share < 0.0001 ? fmt::format("{:.4f} %", share * 100)
                        : fmt::format("{:.2f} %", share * 100);
}

std::string lateness_json(const LatenessView& view) {
  json quantiles = json::array(), cutoffs = json::array(), bars = json::array();
  for (const auto& [share, delay] : view.quantiles)
    quantiles.push_back({{"share", share}, {"delay_ms", delay.count()}});
  for (const Cutoff& c : view.cutoffs)
    cutoffs.push_back({{"lateness_ms", c.lateness.count()},
                       {"late", c.late},
                       {"share", c.share},
                       {"late_chunks", c.late_chunks},
                       {"open_chunks", c.open_chunks}});
  for (const Bar& bar : view.histogram)
    bars.push_back({{"from_ms", open_below(bar) ? json(nullptr) : json(bar.from.count())},
                    {"to_ms", open_above(bar) ? json(nullptr) : json(bar.to.count())},
                    {"rows", bar.rows}});
  const json body{{"pipeline", view.pipeline.empty() ? json(nullptr) : json(view.pipeline)},
                  {"topic", view.topic},
                  {"records", view.records},
                  {"rows", view.rows},
                  {"unparseable", view.unparseable},
                  {"segment_granularity", to_string(view.chunk)},
                  {"lateness_ms", view.lateness ? json(view.lateness->count()) : json(nullptr)},
                  {"quantiles", quantiles},
                  {"largest_delay_ms", view.largest.count()},
                  {"cutoffs", cutoffs},
                  {"histogram", bars}};
  return body.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string histogram_text(const LatenessView& view, const Console& console) {
  std::int64_t most = 1;
  for (const Bar& bar : view.histogram) most = std::max(most, bar.rows);
  const int room = console.out.columns > 0 ? console.out.columns - 30 : bar_columns_max;
  const int width = std::clamp(room, 10, bar_columns_max);
  std::string text;
  for (const Bar& bar : view.histogram) {
    // By logarithm: the few that are late are what one looks for.
    const double share = bar.rows == 0 ? 0
                                       : std::log2(static_cast<double>(bar.rows) + 1) /
                                             std::log2(static_cast<double>(most) + 1);
    const auto full = static_cast<std::size_t>(std::lround(share * width));
    text += fmt::format("  {} {} {}\n", pad_left(range_text(bar), 11),
                        pad_left(thousands(bar.rows), 13),
                        console.style.paint(Tone::info, std::string(full, '#')));
  }
  return text;
}

std::string cutoff_table(const LatenessView& view, const Console& console) {
  Table table({{"lateness", Align::right, 0, 0},
               {"late rows", Align::right, 0, 0},
               {"share", Align::right, 0, 0},
               {"chunks to repair", Align::right, 1, 0},
               {"chunks open", Align::right, 0, 0},
               {"", Align::left, 2, 0}});
  for (const Cutoff& c : view.cutoffs) {
    const bool declared = view.lateness == c.lateness;
    table.add({{humanize(c.lateness), declared ? Tone::strong : Tone::plain},
               {thousands(c.late), Tone::plain},
               {percent(c.share), c.late == 0 ? Tone::good : Tone::plain},
               {thousands(c.late_chunks), Tone::plain},
               {thousands(c.open_chunks), Tone::plain},
               {declared ? "as declared" : "", Tone::faint}});
  }
  return table.render(console.out.columns, console.style);
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

}  // namespace

LatenessView lateness_view(const offsets::Delays& delays, Granularity chunk) {
  LatenessView view;
  view.chunk = chunk;
  view.rows = delays.rows();
  for (const double share : {0.5, 0.9, 0.99, 0.999, 0.9999})
    view.quantiles.emplace_back(share, delays.quantile(share));
  view.largest = delays.largest();
  view.cutoffs = delays.cutoffs();
  view.histogram = delays.histogram();
  view.for_one_in_thousand = delays.least_with(0.001);
  return view;
}

std::string show_lateness(const LatenessView& view, const Console& console) {
  if (console.json()) return lateness_json(view);
  const auto paragraph = [&](const std::string& text) {
    return wrapped(printable(text), console.out.columns, 0) + "\n";
  };
  std::string text = paragraph(fmt::format(
      "topic {}: {} read, {}{}", view.topic, counted(view.records, "record"),
      counted(view.rows, "row") + " with a time",
      view.unparseable == 0 ? "" : fmt::format(", {} unparseable", thousands(view.unparseable))));
  if (view.rows == 0) return text + "Nothing to advise on.\n";
  std::string quantiles;
  for (const auto& [share, delay] : view.quantiles)
    quantiles += fmt::format("{}{:g} % within {}", quantiles.empty() ? "" : ", ", share * 100,
                             humanize(delay));
  text += paragraph(
      fmt::format("How late events arrive: {}, all within {}.", quantiles, humanize(view.largest)));
  text += "\n" + histogram_text(view, console) + "\n" + cutoff_table(view, console) + "\n";
  text += paragraph(fmt::format(
      "With {} {} or less would be late. A chunk (one {}) stays open for its lateness "
      "after its end; a late row is repaired by an append to its chunk. Chunks to repair "
      "are those that these records touch.",
      humanize(view.for_one_in_thousand), "0.1 %", to_string(view.chunk)));
  return text;
}

std::string lateness_svg(const LatenessView& view) {
  constexpr int bar_width = 44, height = 220, left = 20, top = 40, foot = 60;
  const int width = 2 * left + bar_width * std::max(static_cast<int>(view.histogram.size()), 6);
  std::int64_t most = 1;
  for (const Bar& bar : view.histogram) most = std::max(most, bar.rows);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" font-family=\"sans-serif\" font-size=\"10\">\n"
      "<title>How late events of {2} arrive</title>\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n"
      "<text x=\"{3}\" y=\"20\" font-size=\"13\">{2}: {4} rows by delay (logarithmic)</text>\n",
      width, top + height + foot, escaped(view.topic), left, thousands(view.rows));
  int x = left;
  for (const Bar& bar : view.histogram) {
    const double share = bar.rows == 0 ? 0
                                       : std::log2(static_cast<double>(bar.rows) + 1) /
                                             std::log2(static_cast<double>(most) + 1);
    const int h = static_cast<int>(std::lround(share * height));
    const bool late = view.lateness && !open_below(bar) && bar.from >= *view.lateness;
    svg += fmt::format(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"/>\n"
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n"
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
        x + 3, top + height - h, bar_width - 6, h, late ? "#c0392b" : "#2f6f9f", x + bar_width / 2,
        top + height - h - 4, bar.rows, x + bar_width / 2, top + height + 16,
        escaped(range_text(bar)));
    x += bar_width;
  }
  if (view.lateness)
    svg += fmt::format(
        "<text x=\"{}\" y=\"{}\" fill=\"#c0392b\">red: late with the declared "
        "lateness of {}</text>\n",
        left, top + height + 40, humanize(*view.lateness));
  return svg + "</svg>\n";
}

}  // namespace henge::cli
