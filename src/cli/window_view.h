// What `windows` shows, and what `status` says of a window, as values and the two ways to show
// them. JSON is a contract: fields are only added.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/freeze_view.h"
#include "ledger/state.h"

namespace henge::cli {

struct WindowRow {
  std::string pipeline;
  std::int64_t number = 0;
  std::string load;
  std::string phase;    // opening, suspending, standing, broken, resuming, over
  std::string outcome;  // of one that is over: counted, failed, cancelled, deadline
  std::string reason;
  std::string resumes;  // henge, person (who had suspended it, or has resumed it); empty: over
  Instant since{};
  Instant deadline{};
  std::optional<Instant> closed;
};

// When streaming of a pipeline may be made to stand the next time, by its file.
struct PlannedWindow {
  std::string pipeline;
  bool open = false;            // it may now
  std::optional<Instant> next;  // nothing: not within a year
};

struct WindowView {
  Instant now{};
  bool serving = false;
  std::vector<WindowRow> rows;
  std::vector<FreezeNote> frozen;
  std::vector<PlannedWindow> planned = {};  // of pipelines that declare windows
  std::string pipeline = {};                // only this one; empty: all
};

// By number. Without `all` those that streaming stands for.
std::vector<WindowRow> window_rows(const std::string& pipeline, const ledger::PipelineState& state,
                                   bool all);
std::string show_windows(const WindowView& view, const Console& console);

// For status: why streaming stands, until when. Nothing where it does not.
struct Standing {
  std::string phase;
  std::vector<std::string> loads;
  Instant since{};
  std::optional<Instant> deadline;  // the last of its windows'; nothing: all are over
  bool resume = true;
};
std::optional<Standing> standing_of(const ledger::PipelineState& state);
std::string standing_json(const std::optional<Standing>& standing);
std::string standing_text(const std::string& pipeline, const Standing& standing);

}  // namespace henge::cli
