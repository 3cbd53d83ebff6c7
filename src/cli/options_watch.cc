// The commands that look: at what runs, at what drifted, and why something is as it is.
#include <fmt/format.h>

#include "cli/command_line.h"
#include "model/drift.h"

namespace henge::cli {

namespace {

std::optional<LateState> late_state(const std::string& word) {
  if (word == "waiting") return LateState::waiting;
  if (word == "repairing") return LateState::repairing;
  if (word == "repaired") return LateState::repaired;
  return std::nullopt;
}

Result<Since> parse_since(const std::string& text) {
  if (const Result<Instant> moment = parse_instant(text)) return Since(*moment);
  const Result<Millis> ago = parse_period(text);
  if (ago && ago->count() > 0) return Since(*ago);
  return fail(ErrorKind::invalid,
              fmt::format("'{}' is neither a moment (2026-01-02T03:04Z, 2026-01-02) nor how long "
                          "ago (PT6H, P2D)",
                          text));
}

}  // namespace

void CommandLine::add_watching() {
  const char* group = "Watch";
  CLI::App* status = add(app_, "status", help::status, group);
  add_pipeline(status);
  status->add_flag("--all", words_.all, "Also pipelines that were released");
  status->callback(
      [this] { command_ = [this] { return Status{given(words_.pipeline), words_.all}; }; });

  CLI::App* chunks = add(app_, "chunks", help::chunks, group);
  add_pipeline(chunks)->required();
  choose(chunks->add_option("--state", words_.state, "Only chunks in this state"),
         {"open", "closed", "sealed", "dirty", "repairing", "loading", "uncertain"});
  chunks->add_option("--since", words_.since, "Only chunks from then on")
      ->check(read_by(parse_since))
      ->type_name("TIME");
  chunks->callback([this] {
    command_ = [this] {
      Chunks wanted{words_.pipeline, given(words_.state), std::nullopt};
      if (const Result<Since> since = parse_since(words_.since)) wanted.since = *since;
      return wanted;
    };
  });

  CLI::App* late = add(app_, "late", help::late, group);
  add_pipeline(late)->required();
  choose(late->add_option("--state", words_.state, "Only records in this state"),
         {"waiting", "repairing", "repaired"});
  late->add_option("--limit", words_.limit, "At most so many; 0 for all")
      ->check(whole_number(0))
      ->type_name("N")
      ->capture_default_str();
  late->callback([this] {
    command_ = [this] { return Late{words_.pipeline, late_state(words_.state), words_.limit}; };
  });

  CLI::App* doctor = add(app_, "doctor", help::doctor, group);
  add_files(doctor);
  doctor->callback([this] { command_ = [this] { return Doctor{words_.files}; }; });
}

void CommandLine::add_drift() {
  const char* group = "Watch";
  CLI::App* drift = add(app_, "drift", help::drift, group);
  add_pipeline(drift);
  choose(drift->add_option("--kind", words_.kind, "Only drift of this kind"), drift_kind_names());
  drift->get_option("--kind")->type_name(std::string(drift_kind_word));
  drift->add_flag("--all", words_.all, "Also what the pipeline's policy ignores");
  drift->callback([this] {
    command_ = [this] {
      return ShowDrift{given(words_.pipeline), drift_kind_of(words_.kind), words_.all};
    };
  });

  CLI::App* explain = add(app_, "explain", help::explain, group);
  explain->add_option("OBJECT", words_.object, "What to explain; see below")
      ->type_name("")
      ->required();
  explain->add_option("--limit", words_.limit, "At most so many lines, the newest; 0 for all")
      ->check(whole_number(0))
      ->type_name("N")
      ->capture_default_str();
  explain->callback([this] { command_ = [this] { return Explain{words_.object, words_.limit}; }; });
}

}  // namespace henge::cli
