#include "cli/plan_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/text_width.h"

namespace henge::cli {
namespace {

using json = nlohmann::ordered_json;
using spec::SupervisorAction;

std::string dump(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Change change_of(SupervisorAction action) {
  switch (action) {
    case SupervisorAction::none:
      return Change::none;
    case SupervisorAction::create:
      return Change::create;
    case SupervisorAction::update_restart:
      return Change::update;
  }
  return Change::none;
}

json value_json(const JsonText& text) {
  if (text.empty()) return nullptr;
  return json::parse(text.text, nullptr, false);
}

json changes_json(const std::vector<spec::SpecChange>& list) {
  json changes = json::array();
  for (const auto& c : list)
    changes.push_back(
        {{"path", c.path}, {"before", value_json(c.before)}, {"after", value_json(c.after)}});
  return changes;
}

json plan_json(const daemon::PipelinePlan& plan) {
  json changes = changes_json(plan.supervisor.changes);
  json warnings = json::array(), parts = json::array();
  for (const auto& w : plan.warnings)
    warnings.push_back({{"code", w.code}, {"field", w.field}, {"message", w.message}});
  for (const auto& p : plan.promise.parts)
    parts.push_back({{"name", p.name}, {"ms", p.duration.count()}});
  json out{{"pipeline", plan.pipeline},
           {"action", to_string(plan.supervisor.action)},
           {"changes", changes},
           {"settings_change", plan.settings_change},
           {"version", plan.version},
           {"restarts", plan.restarts},
           {"rereads_max_ms", plan.rereads_max.count()},
           {"drift", nullptr},
           {"suspended", plan.supervisor.suspended},
           {"sealed_after_ms", plan.promise.after_end.count()},
           {"sealed_after", parts},
           {"warnings", warnings},
           {"refused", nullptr}};
  if (plan.drift)
    out["drift"] = {{"missing", plan.drift->action == SupervisorAction::create},
                    {"changes", changes_json(plan.drift->changes)}};
  if (plan.refusal) out["refused"] = plan.refusal->message;
  return out;
}

std::string show_value(const JsonText& text) {
  return text.empty() ? "(default)" : shorten(printable(text.text), 60);
}

std::string show_changes(const spec::SupervisorDiff& diff, const Style& style) {
  std::string text;
  if (diff.action != SupervisorAction::update_restart) return text;
  for (const auto& c : diff.changes) {
    Change kind = c.before.empty()  ? Change::create
                  : c.after.empty() ? Change::remove
                                    : Change::update;
    text += fmt::format("      {} {}: {} -> {}\n", style.paint(tone_of(kind), symbol(kind)), c.path,
                        show_value(c.before), show_value(c.after));
  }
  return text;
}

// What an update does to what runs now.
std::string impact_of(const daemon::PipelinePlan& plan) {
  if (plan.restarts.empty()) return "no task runs now: nothing is stopped";
  std::string text = fmt::format("restarts {}: they publish what they read, then new ones start",
                                 counted(static_cast<std::int64_t>(plan.restarts.size()), "task"));
  if (plan.rereads_max > Millis(0))
    text += fmt::format("; if one can't, its last {} are read again", humanize(plan.rereads_max));
  return text;
}

std::string show_one(const daemon::PipelinePlan& plan, const Style& style) {
  const Change kind = change_of(plan.supervisor.action);
  std::string text;
  std::string what;
  switch (plan.supervisor.action) {
    case SupervisorAction::create:
      what = "supervisor will be created";
      break;
    case SupervisorAction::update_restart:
      what = "supervisor will be updated";
      break;
    case SupervisorAction::none:
      what = !plan.declared         ? "supervisor is as declared; the ledger will hold it"
             : plan.settings_change ? "henge's own settings will be updated, the supervisor stays"
                                    : "no changes";
      break;
  }
  text += fmt::format("  {} {}  {}\n", style.paint(tone_of(kind), symbol(kind)),
                      style.paint(Tone::strong, plan.pipeline), what);
  text += show_changes(plan.supervisor, style);
  if (plan.supervisor.action == SupervisorAction::update_restart)
    text += style.paint(Tone::warn, "      " + impact_of(plan)) + "\n";
  if (plan.supervisor.suspended) text += "      it is suspended, and stays so\n";
  text += style.paint(Tone::faint, "      " + plan.promise_text) + "\n";
  for (const auto& w : plan.warnings)
    text += style.paint(Tone::warn, "      warning: " + w.message) + "\n";
  if (plan.refusal)
    text += style.paint(Tone::bad, "      refused: " + plan.refusal->message) + "\n";
  return text;
}

}  // namespace

namespace {

// Apart from the changes: nobody asked for these in a file, and the serving henge treats them by
// their policies.
std::string show_drift(const PlanView& view, const Style& style) {
  std::string text;
  for (const auto& plan : view.plans) {
    if (!plan.drift) continue;
    const bool missing = plan.drift->action == SupervisorAction::create;
    text += fmt::format(
        "  {} {}  {}\n", style.paint(Tone::warn, "!"), style.paint(Tone::strong, plan.pipeline),
        missing ? "its supervisor is gone" : "its supervisor was changed; what apply would undo:");
    if (!missing) text += show_changes(*plan.drift, style);
  }
  if (text.empty()) return text;
  return style.paint(Tone::warn, "Drift: Druid is not what was last applied") + "\n" + text + "\n" +
         "Changes:\n";
}

json loads_json(const std::vector<daemon::LoadDocumentPlan>& loads) {
  json out = json::array();
  for (const auto& l : loads)
    out.push_back({{"load", l.name},
                   {"pipeline", l.pipeline},
                   {"action", l.action},
                   {"refused", l.refusal ? json(l.refusal->message) : json(nullptr)}});
  return out;
}

std::string show_load_plan(const daemon::LoadDocumentPlan& load, const Style& style) {
  const Change kind = load.action == "declare"     ? Change::create
                      : load.action == "redeclare" ? Change::update
                                                   : Change::none;
  const char* what = load.action == "declare"     ? "will be declared"
                     : load.action == "redeclare" ? "will be declared anew"
                                                  : "is as declared";
  std::string text =
      fmt::format("  {} {}  load into {} {}\n", style.paint(tone_of(kind), symbol(kind)),
                  style.paint(Tone::strong, load.name), load.pipeline, what);
  if (load.refusal)
    text += style.paint(Tone::bad, "      refused: " + printable(load.refusal->message)) + "\n";
  return text;
}

}  // namespace

bool PlanView::changes() const {
  return std::ranges::any_of(plans, [](const auto& p) { return p.changes(); }) ||
         std::ranges::any_of(loads, [](const auto& l) { return l.action != "none"; });
}
bool PlanView::refused() const {
  const auto is_refused = [](const auto& p) { return p.refusal.has_value(); };
  return std::ranges::any_of(plans, is_refused) || std::ranges::any_of(loads, is_refused);
}

std::string show_plan(const PlanView& view, const Console& console) {
  if (console.json()) {
    json plans = json::array();
    for (const auto& p : view.plans) {
      plans.push_back(plan_json(p));
      plans.back()["frozen"] = json::parse(freeze_json(view.frozen, p.pipeline));
    }
    return dump({{"changes", view.changes()},
                 {"refused", view.refused()},
                 {"pipelines", plans},
                 {"loads", loads_json(view.loads)},
                 {"undeclared", view.undeclared},
                 {"frozen", json::parse(freeze_json(view.frozen, ""))}});
  }
  std::string text = show_freezes(view.frozen, console) + show_drift(view, console.style);
  std::int64_t create = 0, update = 0, settings = 0;
  for (const auto& p : view.plans) {
    text += show_one(p, console.style);
    create += p.supervisor.action == SupervisorAction::create;
    update += p.supervisor.action == SupervisorAction::update_restart;
    settings += p.supervisor.action == SupervisorAction::none && p.changes();
  }
  for (const auto& load : view.loads) text += show_load_plan(load, console.style);
  for (const auto& name : view.undeclared)
    text += wrapped(fmt::format("    {}  not in the files: stays as it is; `henge release {}` lets "
                                "it go",
                                name, name),
                    console.out.columns, 6) +
            "\n";
  if (!view.changes()) return text + "\nNo changes. Druid and the ledger are as declared.\n";
  const auto loads =
      std::ranges::count_if(view.loads, [](const auto& l) { return l.action != "none"; });
  const std::string more = loads > 0 ? fmt::format(", {} to declare", counted(loads, "load")) : "";
  return text + fmt::format("\nPlan: {} to create, {} to update, {} in henge only{}.\n", create,
                            update, settings, more);
}

std::string show_applied(const std::vector<AppliedRow>& rows, const Console& console) {
  if (console.json()) {
    json list = json::array();
    for (const auto& r : rows) {
      json item{{"pipeline", r.pipeline},
                {"action", r.action},
                {"version", r.version},
                {"note", r.note},
                {"error", nullptr}};
      if (!r.load.empty()) item["load"] = r.load;
      if (r.error)
        item["error"] = {{"kind", to_string(r.error->kind)}, {"message", r.error->message}};
      list.push_back(item);
    }
    return dump({{"results", list}});
  }
  std::string text;
  for (const auto& r : rows) {
    if (!r.load.empty() && !r.error)
      text += fmt::format("load {} of {}: {}\n", console.style.paint(Tone::strong, r.load),
                          r.pipeline, console.style.paint(Tone::good, r.action));
    else if (r.error)
      text +=
          console.style.paint(Tone::bad, fmt::format("{}: {}", r.load.empty() ? r.pipeline : r.load,
                                                     printable(r.error->message))) +
          "\n";
    else if (r.action == "rolled_back")
      text += fmt::format("{}: {}: {}\n  {}\n", console.style.paint(Tone::strong, r.pipeline),
                          console.style.paint(Tone::bad, "the change failed"), printable(r.note),
                          r.version > 0
                              ? fmt::format("version {} is back in Druid", r.version)
                              : std::string("Druid holds no supervisor; there was none before"));
    else
      text += fmt::format("{}: {} (version {})\n", console.style.paint(Tone::strong, r.pipeline),
                          console.style.paint(Tone::good, r.action), r.version);
  }
  return text;
}

}  // namespace henge::cli
