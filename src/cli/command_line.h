// The parser behind options.h: where it puts words before they become values, and what each group
// of commands takes. Seen by the options' own files only.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>

#include "cli/completion.h"
#include "cli/help_format.h"
#include "cli/options.h"
#include "cli/options_help.h"

namespace henge::cli {

using Names = std::vector<std::string>;

// Where the parser puts words before they become values.
struct Words {
  std::string config, state_directory, druid_url, output = "table", log_level;
  bool no_color = false;
  bool verbose = false;
  Paths files;
  std::string mode = "supervisor";
  std::string pipeline, state, since, reason, shell, out;
  bool yes = false;
  std::int64_t limit = 100;
  std::int64_t from = 1;
  std::int64_t version = 0;
  std::string kind, object, before, after;
  std::string to;
  std::string topic, brokers, svg, timestamp_column = "timestamp", timestamp_format = "auto";
  std::int64_t records = 1'000'000;
  std::string interval, until = "sealed", timeout;
  std::vector<std::string> sources;
  std::string load_mode = "append", deadline;
  std::int64_t priority = 0;
  bool force_open = false, allow_empty = false, allow_shrink = false, explain = false;
  bool all = false;
  bool terminate = false;
};

struct LoadWords {
  std::string as_of, key, format, load;
  bool wait = false, dry_run = false;
};

// Turns down what is no whole number, or a smaller one.
CLI::Validator whole_number(std::int64_t least);

// Turns down what `read` can't read, in its words. `read` gives a Result for a word.
template <typename Read>
CLI::Validator read_by(Read read) {
  return CLI::Validator(
      [read](const std::string& word) -> std::string {
        const auto value = read(word);
        return value ? "" : value.error().message;
      },
      "");
}

// Nothing for an empty word.
std::optional<std::string> given(const std::string& word);
// The flag or argument takes one of these words; another one is turned down with the nearest.
void choose(CLI::Option* option, const Names& choices);

// Stands in the help for one of these.
inline constexpr std::string_view drift_kind_word = "KIND";
Names drift_kind_names();

class CommandLine {
 public:
  CommandLine() : app_("", "henge") {
    app_.set_help_flag("-h,--help", "Show this help");
    app_.set_version_flag("--version", std::string("henge ") + HENGE_VERSION, "Show the version");
    app_.description(std::string(help::program));
    app_.footer(std::string(help::footer));
    app_.require_subcommand(1);
    help_->column_width(34);
    help_->label("SUBCOMMAND", "COMMAND");
    help_->label("Positionals", "Arguments");
    help_->label("REQUIRED", "(required)");
    app_.formatter(help_);  // before the commands, which take it over
    add_globals();
    add_declaring();
    add_versions();
    add_watching();
    add_drift();
    add_offsets();
    add_advice();
    add_waiting();
    add_routing();
    add_loading();
    add_windows();
    add_acting();
    add_running();
  }

  std::variant<Options, ExitNow> parse(int argc, const char* const* argv,
                                       const Environment& environment);
  [[nodiscard]] CommandShape shape() const { return shape_of(app_); }

 private:
  CLI::App* add(CLI::App& parent, const char* name, std::string_view what, const char* group) {
    CLI::App* command = parent.add_subcommand(name, std::string(what));
    command->group(group);
    command->fallthrough();
    const std::string examples(help::examples_of(name));
    command->footer(examples + "Flags of every command: henge --help");
    return command;
  }
  void add_globals();
  void add_declaring();
  void add_versions();
  void add_watching();
  void add_drift();
  void add_offsets();
  void add_advice();
  void add_waiting();
  void add_routing();
  void add_loading();
  void add_windows();
  void add_load_flags(CLI::App* load);
  void add_acting();
  void add_running();
  CLI::Option* add_files(CLI::App* command) {
    return command->add_option("FILES", words_.files, "Pipeline files, and folders of them")
        ->type_name("");
  }
  CLI::Option* add_pipeline(CLI::App* command) {
    return command->add_option("PIPELINE", words_.pipeline, "Its name")->type_name("");
  }
  // What the words of a load say.
  [[nodiscard]] LoadRequest load_request() const;
  // Throws what the parser reports where something is missing.
  [[nodiscard]] Load load() const;
  static CommandShape shape_of(const CLI::App& app);
  [[nodiscard]] const CLI::App& chosen() const;
  [[nodiscard]] std::string mistake(const CLI::ParseError& error) const;
  [[nodiscard]] Options options(const Environment& environment) const;

  CLI::App app_;
  std::shared_ptr<HelpFormat> help_ = std::make_shared<HelpFormat>();
  Words words_;
  LoadWords load_words_;
  std::function<Command()> command_;
};

}  // namespace henge::cli
