#include "cli/drift_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "cli/moment.h"
#include "cli/text_width.h"

namespace henge::cli {
namespace {

using json = nlohmann::ordered_json;

bool supervisor_gone(DriftKind kind) {
  return kind == DriftKind::supervisor_missing || kind == DriftKind::supervisor_terminated;
}

DriftOutcome outcome_of(const ledger::DriftState& state, const DriftRule& rule) {
  if (state.given_up) return DriftOutcome::alarm;
  if (state.healing) return DriftOutcome::healing;
  switch (rule.policy) {
    case DriftPolicy::ignore:
      return DriftOutcome::ignored;
    case DriftPolicy::heal:
      return healable(state.drift.kind) ? DriftOutcome::will_heal : DriftOutcome::person;
    case DriftPolicy::adopt:
      return adoptable(state.drift.kind) ? DriftOutcome::will_adopt : DriftOutcome::person;
    case DriftPolicy::alert:
      break;
  }
  return DriftOutcome::person;
}

Tone tone_of(const DriftRow& row) {
  if (row.loud) return Tone::bad;
  if (row.outcome == DriftOutcome::ignored) return Tone::faint;
  return row.outcome == DriftOutcome::person ? Tone::warn : Tone::info;
}

// The word at the end of a drift's first line.
std::string word_of(const DriftRow& row) {
  switch (row.outcome) {
    case DriftOutcome::alarm:
      return "ALARM";
    case DriftOutcome::healing:
      return "healing";
    case DriftOutcome::will_heal:
      return "to be healed";
    case DriftOutcome::will_adopt:
      return "to be adopted";
    case DriftOutcome::person:
      return row.loud ? "ALARM" : "yours to decide";
    case DriftOutcome::ignored:
      return "ignored";
  }
  return "";
}

bool window_open(const DriftView& view) {
  return view.window_opens && *view.window_opens <= view.now;
}

std::string when_text(const DriftRow& row, const DriftView& view) {
  const Instant due = row.state.value_since + row.rule.after;
  if (!view.window_opens) return "when a maintenance window opens, which none does within a year";
  if (!window_open(view) && *view.window_opens > due)
    return fmt::format("when the next maintenance window opens at {}, in {}",
                       to_short_iso(*view.window_opens), humanize(*view.window_opens - view.now));
  return due > view.now ? fmt::format("in {} if it lasts", humanize(due - view.now))
                        : "in a coming round";
}

// One sentence on what henge does about it.
std::string doing_text(const DriftRow& row, const DriftView& view) {
  const ledger::DriftState& s = row.state;
  const std::string action = s.drift.action.empty() ? "put it right" : s.drift.action;
  switch (row.outcome) {
    case DriftOutcome::alarm:
      return fmt::format("henge gave up after {}: {}", counted(s.attempts, "attempt"),
                         s.given_up_because);
    case DriftOutcome::healing:
      return fmt::format("henge is at it, attempt {}: {}", s.attempts, action);
    case DriftOutcome::will_heal: {
      const std::string tried =
          s.attempts == 0 ? "" : fmt::format(" ({} so far)", counted(s.attempts, "attempt"));
      return fmt::format("henge will {} {}{}", action, when_text(row, view), tried);
    }
    case DriftOutcome::will_adopt:
      return fmt::format("henge will take what is there for what should be {}",
                         when_text(row, view));
    case DriftOutcome::person:
      return s.drift.action.empty() ? "henge can't put this right"
                                    : fmt::format("henge could {}; its policy is alert", action);
    case DriftOutcome::ignored:
      return "its policy is to ignore it";
  }
  return "";
}

std::string show_row(const DriftRow& row, const DriftView& view, const Console& console) {
  const Style& style = console.style;
  const auto line = [&](Tone tone, const std::string& text) {
    return "    " + style.paint(tone, wrapped(printable(text), console.out.columns, 4, 4)) + "\n";
  };
  const ledger::DriftState& s = row.state;
  const std::string title =
      fmt::format("{} {} {}", row.loud ? "!" : "~", row.pipeline, to_string(s.drift.kind));
  std::string text = style.paint(tone_of(row), fmt::format("{}  {}", title, word_of(row))) + "\n";
  text += line(Tone::plain,
               fmt::format("{}, since {} ({} ago): {}", s.drift.object, to_the_second(s.since),
                           humanize(view.now - s.since), s.drift.evidence));
  text += line(row.loud ? Tone::bad : Tone::plain, doing_text(row, view));
  if (s.drift.restarts_tasks && row.outcome != DriftOutcome::ignored)
    text += line(Tone::warn, "putting it right restarts tasks");
  if (!s.error.empty()) text += line(Tone::bad, "the last attempt failed: " + s.error);
  if (s.relapses > 0)
    text +=
        line(Tone::warn, fmt::format("it came back {} after it was healed: somebody else may be "
                                     "changing it",
                                     counted(s.relapses, "time")));
  return text;
}

json maybe(const std::optional<Instant>& at) {
  return at ? json(to_iso(*at)) : json(nullptr);
}

json row_json(const DriftRow& row, const DriftView& view) {
  const ledger::DriftState& s = row.state;
  return {{"pipeline", row.pipeline},
          {"kind", to_string(s.drift.kind)},
          {"object", s.drift.object},
          {"since", to_iso(s.since)},
          {"value_since", to_iso(s.value_since)},
          {"evidence", s.drift.evidence},
          {"action", s.drift.action.empty() ? json(nullptr) : json(s.drift.action)},
          {"restarts_tasks", s.drift.restarts_tasks},
          {"policy", to_string(row.rule.policy)},
          {"after_ms", row.rule.after.count()},
          {"outcome", to_string(row.outcome)},
          {"alarm", row.loud},
          {"attempts", s.attempts},
          {"last_attempt", maybe(s.last_attempt)},
          {"error", s.error},
          {"relapses", s.relapses},
          {"given_up_because", s.given_up_because},
          {"rows", s.drift.rows},
          {"expected", s.drift.expected},
          {"segments", s.drift.segments},
          {"frozen", json::parse(freeze_json(view.frozen, row.pipeline))}};
}

std::string as_json(const DriftView& view) {
  json rows = json::array();
  for (const auto& row : view.rows) rows.push_back(row_json(row, view));
  const json out{{"now", to_iso(view.now)},
                 {"drift", !view.rows.empty()},
                 {"drifts", rows},
                 {"ignored", view.ignored},
                 {"serving", view.serving},
                 {"frozen", json::parse(freeze_json(view.frozen, view.pipeline))},
                 {"window", {{"open", window_open(view)}, {"opens", maybe(view.window_opens)}}}};
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

const char* to_string(DriftOutcome outcome) {
  switch (outcome) {
    case DriftOutcome::alarm:
      return "given_up";
    case DriftOutcome::healing:
      return "healing";
    case DriftOutcome::will_heal:
      return "will_heal";
    case DriftOutcome::will_adopt:
      return "will_adopt";
    case DriftOutcome::person:
      return "person";
    case DriftOutcome::ignored:
      return "ignored";
  }
  return "person";
}

DriftRow drift_row(const std::string& pipeline, const ledger::DriftState& state,
                   const DriftRule& rule) {
  DriftRow row{pipeline, state, rule, outcome_of(state, rule), false};
  row.loud =
      row.outcome != DriftOutcome::ignored && (state.given_up || supervisor_gone(state.drift.kind));
  return row;
}

void sort_drift(std::vector<DriftRow>& rows) {
  std::ranges::sort(rows, {}, [](const DriftRow& row) {
    return std::tuple(!row.loud, row.pipeline, row.state.drift.kind, row.state.drift.object);
  });
}

std::string show_drift(const DriftView& view, const Console& console) {
  if (console.json()) return as_json(view);
  std::string text = show_freezes(view.frozen, console);
  std::int64_t alarms = 0, own = 0, person = 0;
  for (const auto& row : view.rows) {
    text += show_row(row, view, console);
    alarms += row.loud;
    own += !row.loud && row.outcome != DriftOutcome::person && row.outcome != DriftOutcome::ignored;
    person += !row.loud && row.outcome == DriftOutcome::person;
  }
  if (view.rows.empty())
    text += (view.serving
                 ? console.style.paint(Tone::good, "no drift: Druid is what it should be")
                 : console.style.paint(Tone::warn, "no drift is known, and nobody is looking")) +
            "\n";
  else
    text +=
        fmt::format("{}: {}, {} in henge's hands, {} for you to decide\n",
                    counted(std::ssize(view.rows), "drift"), counted(alarms, "alarm"), own, person);
  if (view.ignored > 0)
    text += console.style.paint(Tone::faint, fmt::format("{} ignored by policy; --all shows them",
                                                         thousands(view.ignored))) +
            "\n";
  if (!view.serving)
    text += console.style.paint(
                Tone::faint,
                wrapped("no henge serves this ledger: this is what was known when one last did",
                        console.out.columns, 0)) +
            "\n";
  return text;
}

}  // namespace henge::cli
