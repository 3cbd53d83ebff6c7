#include "daemon/saved_plan.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ledger/identity.h"
#include "spec/fingerprint.h"

namespace henge::daemon {
namespace {

using json = nlohmann::ordered_json;

constexpr int format_version = 1;

std::string checksum_of(const json& plan) {
  return spec::fingerprint(JsonText{plan.dump()});
}

json change_json(const spec::SpecChange& change) {
  return {{"path", change.path}, {"before", change.before.text}, {"after", change.after.text}};
}

json body_json(const SavedPlan& plan) {
  json pipelines = json::array();
  for (const auto& p : plan.pipelines) {
    json changes = json::array();
    for (const auto& change : p.changes) changes.push_back(change_json(change));
    pipelines.push_back({{"name", p.name},
                         {"version", p.version},
                         {"action", p.action},
                         {"settings_change", p.settings_change},
                         {"changes", std::move(changes)},
                         {"document", p.document}});
  }
  json out{{"ledger", plan.ledger},
           {"made_at", to_iso(plan.made_at)},
           {"pipelines", std::move(pipelines)}};
  for (const auto& l : plan.loads)
    out["loads"].push_back({{"name", l.name}, {"action", l.action}, {"document", l.document}});
  return out;
}

SavedPipeline pipeline_from(const json& item) {
  SavedPipeline out;
  out.name = item.at("name").get<std::string>();
  out.version = item.at("version").get<std::int64_t>();
  out.action = item.at("action").get<std::string>();
  out.settings_change = item.at("settings_change").get<bool>();
  out.document = item.at("document").get<std::string>();
  for (const auto& change : item.at("changes"))
    out.changes.push_back({change.at("path").get<std::string>(),
                           JsonText{change.at("before").get<std::string>()},
                           JsonText{change.at("after").get<std::string>()}});
  return out;
}

const char* shown(const JsonText& value) {
  return value.empty() ? "(default)" : value.text.c_str();
}

void compare(const SavedPipeline& then, const PipelinePlan& now, std::vector<std::string>& moved) {
  if (then.version != now.version)
    moved.push_back(fmt::format("{}: the ledger is at version {}, it was at {}", then.name,
                                now.version, then.version));
  if (now.refusal) moved.push_back(fmt::format("{}: {}", then.name, now.refusal->message));
  const std::string action = to_string(now.supervisor.action);
  if (then.action != action)
    moved.push_back(fmt::format("{}: the supervisor would now need '{}', it was '{}'", then.name,
                                action, then.action));
  for (const auto& change : now.supervisor.changes)
    if (std::ranges::find(then.changes, change) == then.changes.end())
      moved.push_back(
          fmt::format("{}: {} is {} in Druid now, it would become {}: the plan does "
                      "not have that change",
                      then.name, change.path, shown(change.before), shown(change.after)));
  for (const auto& change : then.changes)
    if (std::ranges::find(now.supervisor.changes, change) == now.supervisor.changes.end())
      moved.push_back(fmt::format("{}: {} is no longer {} in Druid", then.name, change.path,
                                  shown(change.before)));
}

}  // namespace

SavedPipeline saved(const PipelinePlan& plan, std::string document) {
  return {plan.pipeline,        std::move(document),
          plan.version,         to_string(plan.supervisor.action),
          plan.settings_change, plan.supervisor.changes};
}

std::string to_text(const SavedPlan& plan) {
  const json body = body_json(plan);
  json file{{"henge_plan", format_version}, {"checksum", checksum_of(body)}, {"plan", body}};
  return file.dump(2) + "\n";
}

bool looks_like_saved_plan(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text[first] == '{' &&
         text.find("\"henge_plan\"") < first + 64;
}

Result<SavedPlan> parse_saved_plan(const std::string& file, const std::string& text) {
  json parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded())
    return fail(
        ErrorKind::corrupt,
        fmt::format("{}: the saved plan is cut short or was changed ({} bytes); nothing was "
                    "done. Make it again: henge plan FILES --out {}",
                    file, text.size(), file));
  if (!parsed.is_object() || !parsed.contains("henge_plan"))
    return fail(ErrorKind::invalid,
                fmt::format("{}: not a plan that `henge plan --out` made", file));
  if (parsed["henge_plan"] != format_version)
    return fail(ErrorKind::invalid,
                fmt::format("{}: a plan of format {}, this henge reads format {}; make it again "
                            "with this version",
                            file, parsed["henge_plan"].dump(), format_version));
  if (!parsed.contains("plan") || parsed.value("checksum", "") != checksum_of(parsed["plan"]))
    return fail(
        ErrorKind::corrupt,
        fmt::format("{}: the saved plan does not match its checksum: it was changed after "
                    "it was made; nothing was done. Make it again: henge plan FILES --out {}",
                    file, file));
  try {
    const json& body = parsed["plan"];
    SavedPlan plan;
    plan.ledger = body.at("ledger").get<std::string>();
    TRY(plan.made_at, parse_instant(body.at("made_at").get<std::string>()));
    for (const auto& item : body.at("pipelines")) plan.pipelines.push_back(pipeline_from(item));
    if (auto loads = body.find("loads"); loads != body.end())
      for (const auto& item : *loads)
        plan.loads.push_back({item.at("name").get<std::string>(),
                              item.at("document").get<std::string>(),
                              item.at("action").get<std::string>()});
    return plan;
  } catch (const json::exception& wrong) {
    return fail(ErrorKind::corrupt, fmt::format("{}: {}", file, wrong.what()));
  }
}

std::vector<std::string> moved_since(const SavedPlan& plan, const std::string& ledger,
                                     const std::vector<PipelinePlan>& now) {
  std::vector<std::string> moved;
  if (plan.ledger != ledger) {
    const auto name = [](const std::string& id) {
      return id.empty() ? std::string("an empty one") : id.substr(0, 16);
    };
    moved.push_back(fmt::format("the plan was made against another ledger ({}, this one is {})",
                                name(plan.ledger), name(ledger)));
    return moved;
  }
  invariant(now.size() == plan.pipelines.size(), "each planned document is planned again");
  for (std::size_t i = 0; i < now.size(); ++i) compare(plan.pipelines[i], now[i], moved);
  return moved;
}

std::vector<std::string> moved_loads(const SavedPlan& plan, const ledger::State& now) {
  std::vector<std::string> moved, with;
  for (const auto& pipeline : plan.pipelines) with.push_back(pipeline.name);
  for (const auto& saved : plan.loads) {
    const auto declaration = read_load_declaration("saved plan", saved.document);
    if (!declaration) {
      moved.push_back(fmt::format("load {}: {}", saved.name, declaration.error().message));
      continue;
    }
    const auto planned = plan_load_document(now, *declaration, with);
    if (planned.refusal)
      moved.push_back(fmt::format("load {}: {}", saved.name, planned.refusal->message));
    else if (planned.action != saved.action)
      moved.push_back(fmt::format("load {}: it would now be '{}', it was '{}'", saved.name,
                                  planned.action, saved.action));
  }
  return moved;
}

Error moved_error(const std::vector<std::string>& moved) {
  std::string text = "the world moved since the plan was made; nothing was done:";
  for (const auto& what : moved) text += "\n  - " + what;
  return {ErrorKind::refused, text + "\nPlan again and look at it."};
}

Result<std::vector<Declaration>> declarations_of(const SavedPlan& plan) {
  std::vector<Declaration> out;
  for (const auto& saved : plan.pipelines) {
    auto declaration = read_declaration("saved plan", saved.document);
    if (!declaration)
      return tl::unexpected<Error>(
          std::move(declaration)
              .error()
              .within(fmt::format("pipeline '{}' of the saved plan", saved.name)));
    out.push_back(std::move(*declaration));
  }
  return out;
}

Result<std::vector<LoadDeclaration>> load_declarations_of(const SavedPlan& plan) {
  std::vector<LoadDeclaration> out;
  for (const auto& saved : plan.loads) {
    TRY(auto declaration, read_load_declaration("saved plan", saved.document));
    out.push_back(std::move(declaration));
  }
  return out;
}

runtime::Async<void> check_unmoved(Doors& shell, SavedPlan plan) {
  CO_TRY(const std::string ledger, ledger::identity(shell.journal.store()));
  CO_TRY(auto declarations, declarations_of(plan));
  std::vector<PipelinePlan> now;
  for (auto& declaration : declarations) {
    const ledger::PipelineState* known = shell.journal.find(declaration.pipeline.name);
    CO_TRY(auto planned,
           co_await plan_pipeline(shell.druid, known, std::move(declaration.pipeline)));
    now.push_back(std::move(planned));
  }
  auto moved = moved_since(plan, ledger, now);
  for (auto& what : moved_loads(plan, shell.journal.state())) moved.push_back(std::move(what));
  if (!moved.empty()) co_return tl::unexpected<Error>(moved_error(moved));
  co_return Result<void>{};
}

}  // namespace henge::daemon
