// The command line as a value. Reading it changes nothing and touches no file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/style.h"
#include "cli/terminal.h"
#include "late/readiness.h"
#include "ledger/state.h"
#include "model/drift.h"
#include "model/load.h"
#include "model/time.h"
#include "offsets/reset.h"
#include "runtime/log.h"
#include "spec/parity.h"

namespace henge::cli {

// Files and folders with pipelines in them.
using Paths = std::vector<std::string>;

// What a person writes as --since: a moment, or how long ago.
using Since = std::variant<Instant, Millis>;
Instant resolve(const Since& since, Instant now);

struct Validate {
  Paths files;
  bool operator==(const Validate&) const = default;
};
struct Render {
  Paths files;
  spec::Mode mode = spec::Mode::supervisor;
  std::optional<std::string> pipeline;  // all where it is not given
  bool operator==(const Render&) const = default;
};
struct Plan {
  Paths files;
  std::optional<std::string> out;  // the plan goes into this file as well, for apply
  bool operator==(const Plan&) const = default;
};
enum class Confirm { ask, yes };
struct Apply {
  Paths files;  // or one saved plan
  Confirm confirm = Confirm::ask;
  std::string reason;
  bool operator==(const Apply&) const = default;
};
struct Serve {
  bool operator==(const Serve&) const = default;
};
struct Status {
  std::optional<std::string> pipeline;
  bool all = false;  // released ones too
  bool operator==(const Status&) const = default;
};
struct Chunks {
  std::string pipeline;
  std::optional<std::string> state;  // as life_of() has it
  std::optional<Since> since;
  bool operator==(const Chunks&) const = default;
};
enum class LateState { waiting, repairing, repaired };
struct Late {
  std::string pipeline;
  std::optional<LateState> state;
  std::int64_t limit = 100;  // 0: all
  bool operator==(const Late&) const = default;
};
struct ShowDrift {
  std::optional<std::string> pipeline;
  std::optional<DriftKind> kind;
  bool all = false;  // what the policy ignores, too
  bool operator==(const ShowDrift&) const = default;
};
struct Explain {
  std::string object;        // PIPELINE, PIPELINE/CHUNK-START, PIPELINE/repair-12, a task id, ...
  std::int64_t limit = 100;  // 0: all
  bool operator==(const Explain&) const = default;
};
struct History {
  std::string pipeline;
  std::int64_t limit = 100;  // 0: all
  bool operator==(const History&) const = default;
};
struct Diff {
  std::string before, after;  // NAME, NAME@VERSION, NAME@live, or a file
  bool operator==(const Diff&) const = default;
};
struct Rollback {
  std::string pipeline;
  std::int64_t to = 0;
  std::string reason;
  Confirm confirm = Confirm::ask;
  bool operator==(const Rollback&) const = default;
};
struct Freeze {
  std::optional<std::string> pipeline;  // everything where it is not given
  std::string reason;
  bool operator==(const Freeze&) const = default;
};
struct Unfreeze {
  std::optional<std::string> pipeline;
  std::string reason;
  bool operator==(const Unfreeze&) const = default;
};
enum class Fate { keep, terminate };
struct Release {
  std::string pipeline;
  Fate supervisor = Fate::keep;
  std::string reason;
  Confirm confirm = Confirm::ask;
  bool operator==(const Release&) const = default;
};
struct Doctor {
  Paths files;
  bool operator==(const Doctor&) const = default;
};
struct Wait {
  std::string pipeline;
  Interval interval;
  late::Until until = late::Until::sealed;
  std::optional<Millis> timeout;  // for ever where it is not given
  bool operator==(const Wait&) const = default;
};
struct Offsets {
  std::string pipeline;
  bool operator==(const Offsets&) const = default;
};
struct ResetOffsets {
  std::string pipeline;
  offsets::ResetTo to;
  std::string reason;
  Confirm confirm = Confirm::ask;
  bool operator==(const ResetOffsets&) const = default;
};
struct Route {
  LoadRequest request;
  bool explain = false;
  bool operator==(const Route&) const = default;
};
struct AdviseLateness {
  std::string pipeline;  // of the ledger; empty: `topic`, of JSON records
  std::string topic;
  std::string brokers;
  std::string timestamp_column = "timestamp";
  std::string timestamp_format = "auto";
  std::int64_t records = 1'000'000;  // the newest; 0: all
  std::optional<std::string> svg;
  bool operator==(const AdviseLateness&) const = default;
};
struct Load {
  LoadRequest request;
  std::string format;  // JSON, or the path of a file with it; empty: the stream's
  bool wait = false;
  bool dry_run = false;
  bool explain = false;
  bool operator==(const Load&) const = default;
};
struct ListLoads {
  std::optional<std::string> pipeline;
  bool all = false;  // also those that are over
  bool operator==(const ListLoads&) const = default;
};
struct ShowLoad {
  std::string pipeline;
  std::string load;  // load-000012, load-12, 12
  bool operator==(const ShowLoad&) const = default;
};
enum class LoadVerb { cancel, retry };
// Nothing more is due by a load document.
struct WithdrawLoad {
  std::string pipeline;
  std::string name;
  std::string reason;
  bool operator==(const WithdrawLoad&) const = default;
};
struct ActOnLoad {
  ShowLoad load;
  LoadVerb verb = LoadVerb::cancel;
  std::string reason;
  bool wait = false;
  bool operator==(const ActOnLoad&) const = default;
};
struct ListWindows {
  std::optional<std::string> pipeline;
  bool all = false;  // also those that are over
  bool operator==(const ListWindows&) const = default;
};
struct LedgerVerify {
  bool operator==(const LedgerVerify&) const = default;
};
struct LedgerExport {
  std::int64_t from = 1;  // sequence
  bool operator==(const LedgerExport&) const = default;
};

using Command =
    std::variant<Validate, Render, Plan, Apply, Serve, Status, Chunks, Late, Doctor, LedgerVerify,
                 LedgerExport, ShowDrift, Explain, History, Diff, Rollback, Freeze, Unfreeze,
                 Release, Wait, Offsets, ResetOffsets, Route, AdviseLateness, Load, ListLoads,
                 ShowLoad, ActOnLoad, WithdrawLoad, ListWindows>;

enum class Output { table, json };

// Absent means: as the config file or the default says. The environment is looked at already.
struct Options {
  std::optional<std::string> config;           // --config, HENGE_CONFIG
  std::optional<std::string> state_directory;  // --state-dir, HENGE_STATE
  std::optional<std::string> druid_url;        // --druid, HENGE_DRUID_URL
  Output output = Output::table;
  ColourFlag colour = ColourFlag::automatic;
  std::optional<runtime::LogLevel> log_level;  // -v is debug
  Command command;
  bool operator==(const Options&) const = default;
};

// The command line asked for something that is already done (help, version, a completion script),
// or is wrong.
struct ExitNow {
  int code = 0;
  std::string text;  // for stdout where the code is 0, else for stderr
  bool operator==(const ExitNow&) const = default;
};

std::variant<Options, ExitNow> parse_command_line(int argc, const char* const* argv,
                                                  const Environment& environment);

}  // namespace henge::cli
