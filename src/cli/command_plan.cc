// plan and apply.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/commands.h"
#include "cli/consumer_check.h"
#include "cli/diagnostics_view.h"
#include "cli/ledger_access.h"
#include "cli/plan_view.h"
#include "cli/progress.h"
#include "daemon/freeze.h"
#include "daemon/saved_plan.h"
#include "daemon/wiring.h"
#include "kafka/offsets.h"
#include "ledger/identity.h"
#include "runtime/clock.h"
#include "runtime/system.h"
#include "spec/load.h"

namespace henge::cli {
namespace {

using nlohmann::json;

constexpr Millis kafka_deadline = std::chrono::seconds(15);
constexpr std::size_t saved_plan_bytes_max = 64 << 20;

// What the files declare.
struct Documents {
  std::vector<spec::ParsedPipeline> pipelines;
  std::vector<daemon::LoadDeclaration> loads;
};

// The files, if they are right; else everything that is wrong with them was shown.
std::optional<Documents> load_files(const Paths& files, const Console& console) {
  spec::Loaded loaded = spec::load(files);
  if (!loaded.diagnostics.empty()) console.complain(view_diagnostics(loaded.diagnostics, console));
  if (has_errors(loaded.diagnostics)) return std::nullopt;
  Documents documents{std::move(loaded.pipelines), {}};
  for (spec::ParsedLoad& parsed : loaded.loads)
    documents.loads.push_back({std::move(parsed.load), std::move(parsed.document)});
  return documents;
}

// What the ledger knows, if there is one. A missing ledger knows nothing.
struct Known {
  ledger::State state;
  std::string identity;
};

Result<Known> read_ledger(const Config& config) {
  if (!std::filesystem::exists(daemon::ledger_path(config))) return Known{};
  TRY(auto journal, ledger::Journal::open(daemon::ledger_path(config), ledger::Mode::read));
  TRY(std::string identity, ledger::identity(journal.store()));
  return Known{journal.state(), std::move(identity)};
}

Result<PlanView> make_plan(const Config& config, const std::vector<spec::ParsedPipeline>& pipelines,
                           const ledger::State& state, const Console& console) {
  const spec::SecretSources secrets = daemon::process_secrets();
  TRY(auto druid, daemon::make_druid(config, secrets));
  PlanView view;
  auto work = [&]() -> runtime::Async<void> {
    for (const auto& parsed : pipelines) {
      auto known = state.pipelines.find(parsed.pipeline.name);
      const ledger::PipelineState* ledger_state =
          known == state.pipelines.end() ? nullptr : &known->second;
      CO_TRY(auto plan, co_await daemon::plan_pipeline(*druid, ledger_state, parsed.pipeline));
      view.plans.push_back(std::move(plan));
    }
    co_return Result<void>{};
  };
  TRY_VOID(run_with_progress(console, "asking Druid", work));
  return view;
}

// A topic that is not there would only be noticed by Druid's tasks, minutes later.
Result<void> check_topics(const Config& config,
                          const std::vector<spec::ParsedPipeline>& pipelines) {
  const spec::SecretSources secrets = daemon::process_secrets();
  for (const auto& parsed : pipelines) {
    TRY(auto properties, daemon::kafka_properties(config, parsed.pipeline, secrets));
    TRY(auto reader, kafka::TopicReader::connect(properties));
    auto info = reader->topic(parsed.pipeline.stream.topic, kafka_deadline);
    if (!info)
      return tl::unexpected<Error>(std::move(info).error().within(fmt::format(
          "topic '{}' of pipeline '{}'", parsed.pipeline.stream.topic, parsed.pipeline.name)));
  }
  return {};
}

struct Planned {
  std::vector<spec::ParsedPipeline> pipelines;
  std::vector<daemon::LoadDeclaration> loads;
  PlanView view;
  std::string ledger;                      // which one it was planned against
  std::optional<daemon::SavedPlan> saved;  // nothing but this may be done
  std::optional<Error> frozen;             // a person said stop: plan, but don't apply
};

// Whether a plan names the pipelines that the ledger has and the files lack.
enum class Undeclared { named, left_out };

// Over the local socket to the henge that holds the ledger.
Result<std::vector<AppliedRow>> apply_remote(const Config& config, const Planned& planned,
                                             const std::string& reason) {
  json documents = json::array();
  for (const auto& p : planned.pipelines) documents.push_back(p.document);
  for (const auto& l : planned.loads) documents.push_back(l.document);
  json body{{"documents", documents}, {"reason", reason}, {"by", runtime::who_am_i()}};
  if (planned.saved) body["plan"] = daemon::to_text(*planned.saved);
  TRY(const std::string answer,
      ask_control(config, "/v1/apply", body.dump(), std::chrono::minutes(10)));
  const json parsed = json::parse(answer);
  if (!parsed.contains("results"))
    return fail(ErrorKind::internal,
                fmt::format("the serving henge answered: {}", answer.substr(0, 300)));
  std::vector<AppliedRow> rows;
  for (const auto& item : parsed["results"]) {
    AppliedRow row{item.value("pipeline", ""),
                   item.value("action", ""),
                   item.value("version", std::int64_t{0}),
                   {},
                   item.value("note", ""),
                   item.value("load", "")};
    if (item.contains("error"))
      row.error =
          Error{error_kind_of(item["error"].value("kind", "")), item["error"].value("message", "")};
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<std::vector<AppliedRow>> apply_here(const Config& config, Planned planned,
                                           const std::string& reason, const Console& console) {
  std::error_code made;
  std::filesystem::create_directories(config.state_directory, made);
  if (made)
    return fail(ErrorKind::invalid, fmt::format("{}: {}", config.state_directory, made.message()));
  std::filesystem::permissions(config.state_directory, std::filesystem::perms::owner_all, made);
  TRY(auto journal, ledger::Journal::open(daemon::ledger_path(config), ledger::Mode::write));
  const spec::SecretSources secrets = daemon::process_secrets();
  TRY(auto druid, daemon::make_druid(config, secrets));
  runtime::SystemClock clock;
  daemon::Troubles troubles;
  std::vector<AppliedRow> rows;
  auto work = [&]() -> runtime::Async<void> {
    daemon::Doors doors{*druid, clock, journal, troubles, secrets};
    if (planned.saved) {
      CO_TRY_VOID(co_await daemon::check_unmoved(doors, *planned.saved));
    }
    for (auto& parsed : planned.pipelines) {
      const std::string name = parsed.pipeline.name;
      daemon::Declaration declaration{std::move(parsed.pipeline), std::move(parsed.document)};
      auto applied = co_await daemon::apply_pipeline(doors, std::move(declaration),
                                                     {reason, runtime::who_am_i()});
      if (applied)
        rows.push_back({name, applied->action, applied->version, std::nullopt, applied->note});
      else
        rows.push_back({name, "", 0, std::move(applied).error(), ""});
    }
    for (const auto& load : planned.loads) {
      auto declared = daemon::declare_load(doors, load, {reason, runtime::who_am_i()});
      AppliedRow row{load.load.pipeline, "", 0, {}, "", load.load.name};
      if (declared)
        row.action = declared->action;
      else
        row.error = std::move(declared).error();
      rows.push_back(std::move(row));
    }
    co_return Result<void>{};
  };
  TRY_VOID(run_with_progress(console, "Druid replaces supervisors; it lets their tasks stop first",
                             work));
  return rows;
}

// What the ledger adds to a plan: who froze what is in it, and what is not in the files.
void add_notes(const ledger::State& state, Undeclared undeclared, Planned& planned) {
  planned.view.frozen = freezes_of(state, "");
  std::set<std::string> names;
  for (const auto& p : planned.pipelines) {
    names.insert(p.pipeline.name);
    for (auto& note : freezes_of(state, p.pipeline.name))
      if (!note.pipeline.empty()) planned.view.frozen.push_back(std::move(note));
    if (!planned.frozen) planned.frozen = daemon::freeze_refusal(state, p.pipeline.name);
  }
  for (const auto& load : planned.loads) {
    planned.view.loads.push_back(
        daemon::plan_load_document(state, load, {names.begin(), names.end()}));
    if (!planned.frozen) planned.frozen = daemon::freeze_refusal(state, load.load.pipeline);
  }
  if (undeclared == Undeclared::left_out) return;
  for (const auto& [name, known] : state.pipelines)
    if (known.managed() && !names.contains(name)) planned.view.undeclared.push_back(name);
}

Result<Planned> plan_documents(Documents documents, Undeclared undeclared, const Config& config,
                               const Console& console) {
  TRY(auto known, read_ledger(config));
  TRY(auto view, make_plan(config, documents.pipelines, known.state, console));
  Planned planned{std::move(documents.pipelines),
                  std::move(documents.loads),
                  std::move(view),
                  std::move(known.identity),
                  {},
                  {}};
  add_notes(known.state, undeclared, planned);
  return planned;
}

// Files, ledger and Druid put side by side; nothing, with everything said and `code` set, where one
// of them is wrong.
std::optional<Planned> plan_files(const Paths& files, const Config& config, const Console& console,
                                  ExitCode& code) {
  auto documents = load_files(files, console);
  if (!documents) {
    code = ExitCode::error;
    return std::nullopt;
  }
  const bool folder = std::ranges::any_of(
      files, [](const auto& path) { return std::filesystem::is_directory(path); });
  auto planned = plan_documents(std::move(*documents),
                                folder ? Undeclared::named : Undeclared::left_out, config, console);
  if (planned) return std::move(*planned);
  code = report(planned.error(), console);
  return std::nullopt;
}

// A file that `plan --out` made, if that is what was given.
Result<std::optional<daemon::SavedPlan>> read_saved(const Paths& files) {
  if (files.size() != 1 || !std::filesystem::is_regular_file(files.front()))
    return std::optional<daemon::SavedPlan>{};
  auto text = spec::read_text(files.front(), saved_plan_bytes_max);
  if (!text || !daemon::looks_like_saved_plan(*text)) return std::optional<daemon::SavedPlan>{};
  TRY(auto plan, daemon::parse_saved_plan(files.front(), *text));
  return std::optional(std::move(plan));
}

// The same documents planned again: exactly what was saved, or a refusal that says what moved.
Result<Planned> plan_saved(daemon::SavedPlan saved, const Config& config, const Console& console) {
  std::vector<spec::ParsedPipeline> pipelines;
  TRY(auto declarations, daemon::declarations_of(saved));
  for (auto& declaration : declarations) {
    spec::ParsedPipeline parsed;
    parsed.pipeline = std::move(declaration.pipeline);
    parsed.document = std::move(declaration.document);
    parsed.usable = true;
    pipelines.push_back(std::move(parsed));
  }
  TRY(auto loads, daemon::load_declarations_of(saved));
  TRY(Planned planned, plan_documents({std::move(pipelines), std::move(loads)},
                                      Undeclared::left_out, config, console));
  auto moved = daemon::moved_since(saved, planned.ledger, planned.view.plans);
  for (std::size_t i = 0; i < saved.loads.size(); ++i) {
    const auto& now = planned.view.loads[i];
    if (now.action != saved.loads[i].action)
      moved.push_back(fmt::format("load {}: it would now be '{}', it was '{}'", now.name,
                                  now.action, saved.loads[i].action));
  }
  if (!moved.empty()) return tl::unexpected<Error>(daemon::moved_error(moved));
  planned.saved = std::move(saved);
  return planned;
}

// Written beside and renamed, so that nobody ever reads half of it.
Result<void> save_plan(const Planned& planned, const std::string& path) {
  daemon::SavedPlan saved;
  saved.ledger = planned.ledger;
  saved.made_at = runtime::SystemClock().now();
  for (std::size_t i = 0; i < planned.view.plans.size(); ++i)
    saved.pipelines.push_back(daemon::saved(planned.view.plans[i], planned.pipelines[i].document));
  for (std::size_t i = 0; i < planned.loads.size(); ++i)
    saved.loads.push_back(
        {planned.loads[i].load.name, planned.loads[i].document, planned.view.loads[i].action});
  const std::string fresh = path + ".new";
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << daemon::to_text(saved);
    out.flush();
    if (!out) return fail(ErrorKind::exhausted, fmt::format("{}: can't be written", fresh));
  }
  std::error_code error;
  std::filesystem::rename(fresh, path, error);
  if (error) return fail(ErrorKind::unavailable, fmt::format("{}: {}", path, error.message()));
  return {};
}

ExitCode carry_out(Planned planned, const Apply& command, const Config& config,
                   const Console& console) {
  const PlanView& view = planned.view;
  // In JSON the answer is one value: the plan where it ends there, else the results.
  const std::string shown = show_plan(view, console);
  if (!console.json() || view.refused()) console.print(shown);
  if (view.refused()) return ExitCode::refused;
  if (planned.frozen) return report(*planned.frozen, console);
  if (auto topics = check_topics(config, planned.pipelines); !topics)
    return report(topics.error(), console);
  // A saved plan was looked at when it was made.
  const bool ask = command.confirm == Confirm::ask && !planned.saved;
  if (view.changes() && ask && !agreed("Apply this?", shown, console)) return ExitCode::changes;
  // Whoever serves this ledger does it; where nobody does, this process.
  auto rows = apply_remote(config, planned, command.reason);
  if (!rows && rows.error().kind == ErrorKind::unavailable)
    rows = apply_here(config, std::move(planned), command.reason, console);
  if (!rows) return report(rows.error(), console);
  console.print(show_applied(*rows, console));
  ExitCode code = ExitCode::done;
  for (const auto& row : *rows) {
    if (row.error) code = exit_code_of(*row.error);
    if (row.action == "rolled_back") code = ExitCode::error;
  }
  return code;
}

// What was measured moves from minute to minute: it is shown, and not part of what is saved.
PlanView with_consumer_warnings(const Planned& planned, const Config& config) {
  PlanView view = planned.view;
  for (daemon::PipelinePlan& plan : view.plans)
    for (const spec::ParsedPipeline& parsed : planned.pipelines)
      if (parsed.pipeline.name == plan.pipeline)
        for (Diagnostic& d : consumer_warnings(config, parsed.pipeline))
          plan.warnings.push_back(std::move(d));
  return view;
}

}  // namespace

ExitCode run(const Plan& command, const Config& config, const Console& console) {
  ExitCode code = ExitCode::done;
  auto planned = plan_files(command.files, config, console, code);
  if (!planned) return code;
  console.print(show_plan(with_consumer_warnings(*planned, config), console));
  if (planned->view.refused()) return ExitCode::refused;
  if (command.out) {
    if (auto saved = save_plan(*planned, *command.out); !saved)
      return report(saved.error(), console);
    if (!console.json())
      console.complain(fmt::format("Saved. To do exactly this: henge apply {}\n", *command.out));
  }
  return planned->view.changes() ? ExitCode::changes : ExitCode::done;
}

ExitCode run(const Apply& command, const Config& config, const Console& console) {
  ExitCode code = ExitCode::done;
  auto saved = read_saved(command.files);
  if (!saved) return report(saved.error(), console);
  std::optional<Planned> planned;
  if (*saved) {
    auto again = plan_saved(std::move(**saved), config, console);
    if (!again) return report(again.error(), console);
    planned = std::move(*again);
  } else {
    planned = plan_files(command.files, config, console, code);
  }
  if (!planned) return code;
  return carry_out(std::move(*planned), command, config, console);
}

ExitCode apply_documents(std::vector<spec::ParsedPipeline> documents, const Apply& how,
                         const Config& config, const Console& console) {
  auto planned = plan_documents({std::move(documents), {}}, Undeclared::left_out, config, console);
  if (!planned) return report(planned.error(), console);
  return carry_out(std::move(*planned), how, config, console);
}

}  // namespace henge::cli
