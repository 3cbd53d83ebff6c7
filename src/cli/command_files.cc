// validate and render: what the files say, without asking anybody.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/diagnostics_view.h"
#include "spec/canonical_json.h"
#include "spec/load.h"
#include "spec/render.h"

namespace henge::cli {

ExitCode run(const Validate& command, const Config&, const Console& console) {
  spec::Loaded loaded = spec::load(command.files);
  std::int64_t usable = 0;
  for (const auto& p : loaded.pipelines) usable += p.usable ? 1 : 0;
  std::int64_t loads = 0;
  for (const auto& l : loaded.loads) loads += l.usable ? 1 : 0;
  console.print(view_validation(loaded.diagnostics, {usable, loads}, console));
  return has_errors(loaded.diagnostics) ? ExitCode::error : ExitCode::done;
}

ExitCode run(const Render& command, const Config&, const Console& console) {
  spec::Loaded loaded = spec::load(command.files);
  if (!loaded.diagnostics.empty()) console.complain(view_diagnostics(loaded.diagnostics, console));
  if (has_errors(loaded.diagnostics)) return ExitCode::error;
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  bool found = false;
  for (const auto& p : loaded.pipelines) {
    if (command.pipeline && *command.pipeline != p.pipeline.name) continue;
    found = true;
    auto rendered = spec::render(p.pipeline, command.mode);
    if (!rendered) return report(rendered.error(), console);
    if (console.json()) {
      all.push_back(nlohmann::ordered_json::parse(rendered->text));
      continue;
    }
    if (loaded.pipelines.size() > 1 && !command.pipeline)
      console.complain(fmt::format("# {}\n", p.pipeline.name));
    console.print(spec::pretty(*rendered) + "\n");
  }
  // A load is rendered when it is due: its task follows from what its sources hold then.
  if (!found && !command.pipeline && !loaded.loads.empty())
    console.complain("no pipeline in the files: nothing to render\n");
  else if (!found)
    return report(Error{ErrorKind::not_found, fmt::format("no pipeline '{}' in the files",
                                                          command.pipeline.value_or(""))},
                  console);
  if (console.json()) console.print(all.dump(2) + "\n");
  return ExitCode::done;
}

}  // namespace henge::cli
