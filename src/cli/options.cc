#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/completion.h"
#include "cli/exit_code.h"
#include "cli/options_help.h"
#include "spec/suggest.h"

namespace henge::cli {

namespace {

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
};

std::optional<std::string> given(const std::string& word) {
  return word.empty() ? std::nullopt : std::optional(word);
}

std::optional<ledger::ChunkStatus> chunk_status(const std::string& word) {
  if (word == "open") return ledger::ChunkStatus::open;
  if (word == "closed") return ledger::ChunkStatus::closed;
  if (word == "sealed") return ledger::ChunkStatus::sealed;
  if (word == "uncertain") return ledger::ChunkStatus::uncertain;
  return std::nullopt;
}

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

// Turns a word that is none of the choices down, with the nearest one.
CLI::Validator one_of(const Names& choices) {
  return CLI::Validator(
      [choices](const std::string& word) -> std::string {
        if (std::ranges::find(choices, word) != choices.end()) return "";
        const std::string all = fmt::format("{}", fmt::join(choices, ", "));
        const std::optional<std::string> near = spec::nearest(word, choices);
        if (!near) return fmt::format("there is no '{}': choose one of {}", word, all);
        return fmt::format("there is no '{}'; did you mean {}? ({})", word, *near, all);
      },
      "");
}

void choose(CLI::Option* option, const Names& choices) {
  option->check(one_of(choices))->type_name(fmt::format("{}", fmt::join(choices, "|")));
}

CLI::Validator a_moment() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        const Result<Since> since = parse_since(text);
        return since ? "" : since.error().message;
      },
      "");
}

class CommandLine {
 public:
  CommandLine() : app_("", "henge") {
    app_.set_help_flag("-h,--help", "Show this help");
    app_.set_version_flag("--version", std::string("henge ") + HENGE_VERSION, "Show the version");
    app_.description(std::string(help::program));
    app_.footer(std::string(help::footer));
    app_.require_subcommand(1);
    const auto formatter = app_.get_formatter();
    formatter->column_width(34);
    formatter->label("SUBCOMMAND", "COMMAND");
    formatter->label("Positionals", "Arguments");
    formatter->label("REQUIRED", "(required)");
    add_globals();
    add_declaring();
    add_watching();
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
  void add_watching();
  void add_running();
  CLI::Option* add_files(CLI::App* command) {
    return command->add_option("FILES", words_.files, "Pipeline files, and folders of them")
        ->type_name("");
  }
  CLI::Option* add_pipeline(CLI::App* command) {
    return command->add_option("PIPELINE", words_.pipeline, "Its name")->type_name("");
  }
  static CommandShape shape_of(const CLI::App& app);
  [[nodiscard]] const CLI::App& chosen() const;
  [[nodiscard]] std::string mistake(const CLI::ParseError& error) const;
  [[nodiscard]] Options options(const Environment& environment) const;

  CLI::App app_;
  Words words_;
  std::function<Command()> command_;
};

void CommandLine::add_globals() {
  app_.add_option("--config", words_.config, "Settings of henge itself (HENGE_CONFIG)")
      ->type_name("FILE");
  app_.add_option("--state-dir,--state", words_.state_directory,
                  "Where ledger and late records are (HENGE_STATE)")
      ->type_name("DIR");
  app_.add_option("--druid", words_.druid_url, "Druid's Router (HENGE_DRUID_URL)")
      ->type_name("URL");
  choose(app_.add_option("-o,--output", words_.output, "How answers are printed"),
         {"table", "json"});
  app_.add_flag("--no-color", words_.no_color, "Without colours (also: NO_COLOR)");
  choose(app_.add_option("--log-level", words_.log_level, "What goes to stderr"),
         {"debug", "info", "warning", "error", "off"});
  app_.add_flag("-v,--verbose", words_.verbose, "The same as --log-level debug");
}

void CommandLine::add_declaring() {
  const char* group = "Declare";
  CLI::App* validate = add(app_, "validate", help::validate, group);
  add_files(validate)->required();
  validate->callback([this] { command_ = [this] { return Validate{words_.files}; }; });

  CLI::App* render = add(app_, "render", help::render, group);
  add_files(render)->required();
  choose(render->add_option("--as", words_.mode, "Which spec"),
         {"supervisor", "append", "replace", "reindex", "compaction"});
  render->add_option("--pipeline", words_.pipeline, "Only this one")->type_name("NAME");
  render->callback([this] {
    command_ = [this] {
      return Render{words_.files, spec::parse_mode(words_.mode).value_or(spec::Mode::supervisor),
                    given(words_.pipeline)};
    };
  });

  CLI::App* plan = add(app_, "plan", help::plan, group);
  add_files(plan)->required();
  plan->add_option("--out", words_.out, "Keep the plan, to apply exactly this")->type_name("FILE");
  plan->callback([this] { command_ = [this] { return Plan{words_.files, given(words_.out)}; }; });

  CLI::App* apply = add(app_, "apply", help::apply, group);
  add_files(apply)->required();
  apply->add_flag("-y,--yes", words_.yes, "Do not ask");
  apply->add_option("--reason", words_.reason, "Why; kept in the ledger")->type_name("TEXT");
  apply->callback([this] {
    command_ = [this] {
      return Apply{words_.files, words_.yes ? Confirm::yes : Confirm::ask, words_.reason};
    };
  });
}

void CommandLine::add_watching() {
  const char* group = "Watch";
  CLI::App* status = add(app_, "status", help::status, group);
  add_pipeline(status);
  status->callback([this] { command_ = [this] { return Status{given(words_.pipeline)}; }; });

  CLI::App* chunks = add(app_, "chunks", help::chunks, group);
  add_pipeline(chunks)->required();
  choose(chunks->add_option("--state", words_.state, "Only chunks in this state"),
         {"open", "closed", "sealed", "uncertain"});
  chunks->add_option("--since", words_.since, "Only chunks from then on")
      ->check(a_moment())
      ->type_name("TIME");
  chunks->callback([this] {
    command_ = [this] {
      Chunks wanted{words_.pipeline, chunk_status(words_.state), std::nullopt};
      if (const Result<Since> since = parse_since(words_.since)) wanted.since = *since;
      return wanted;
    };
  });

  CLI::App* late = add(app_, "late", help::late, group);
  add_pipeline(late)->required();
  choose(late->add_option("--state", words_.state, "Only records in this state"),
         {"waiting", "repairing", "repaired"});
  late->add_option("--limit", words_.limit, "At most so many; 0 for all")
      ->check(CLI::Validator(CLI::NonNegativeNumber).description(""))
      ->type_name("N")
      ->capture_default_str();
  late->callback([this] {
    command_ = [this] { return Late{words_.pipeline, late_state(words_.state), words_.limit}; };
  });

  CLI::App* doctor = add(app_, "doctor", help::doctor, group);
  add_files(doctor);
  doctor->callback([this] { command_ = [this] { return Doctor{words_.files}; }; });
}

void CommandLine::add_running() {
  const char* group = "Run";
  CLI::App* serve = add(app_, "serve", help::serve, group);
  serve->callback([this] { command_ = [] { return Serve{}; }; });

  CLI::App* ledger = add(app_, "ledger", help::ledger, group);
  ledger->require_subcommand(1);
  CLI::App* verify = add(*ledger, "verify", help::ledger_verify, "Commands");
  verify->callback([this] { command_ = [] { return LedgerVerify{}; }; });
  CLI::App* exporting = add(*ledger, "export", help::ledger_export, "Commands");
  exporting->add_option("--from", words_.from, "First record")
      ->check(CLI::Validator(CLI::PositiveNumber).description(""))
      ->type_name("SEQUENCE")
      ->capture_default_str();
  exporting->callback([this] { command_ = [this] { return LedgerExport{words_.from}; }; });

  CLI::App* completion = add(app_, "completion", help::completion, group);
  choose(completion->add_option("SHELL", words_.shell, "Which shell")->required(),
         {"bash", "zsh", "fish"});
}

CommandShape CommandLine::shape_of(const CLI::App& app) {
  CommandShape shape{.name = app.get_name(), .flags = {}, .choices = {}, .commands = {}};
  for (const CLI::Option* option : app.get_options()) {
    Names choices;
    const std::string type = option->get_type_name();
    if (type.find('|') != std::string::npos) choices = CLI::detail::split(type, '|');
    if (option->get_positional()) {
      shape.choices = choices;
      continue;
    }
    FlagShape flag{
        .names = {}, .choices = choices, .takes_value = option->get_items_expected_max() > 0};
    for (const std::string& name : option->get_lnames()) flag.names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) flag.names.push_back("-" + name);
    shape.flags.push_back(std::move(flag));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    shape.commands.push_back(shape_of(*command));
  }
  return shape;
}

// The innermost command that was recognised.
const CLI::App& CommandLine::chosen() const {
  const CLI::App* app = &app_;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().back();
  return *app;
}

std::string CommandLine::mistake(const CLI::ParseError& error) const {
  const Names unknown = app_.remaining(true);
  if (unknown.empty()) return error.what();
  const std::string& word = unknown.front();
  const CommandShape own = shape_of(chosen());
  const bool flag = word.size() > 1 && word.starts_with('-');
  Names known;
  if (flag) {
    for (const CommandShape& shape : {own, shape()}) {
      for (const FlagShape& f : shape.flags)
        known.insert(known.end(), f.names.begin(), f.names.end());
    }
  } else {
    for (const CommandShape& command : own.commands) known.push_back(command.name);
  }
  const std::string bare = word.substr(0, word.find('='));
  const char* kind = flag ? "unknown flag" : known.empty() ? "unexpected" : "unknown command";
  const std::optional<std::string> near = spec::nearest(bare, known);
  if (near) return fmt::format("{} '{}'; did you mean {}?", kind, bare, *near);
  return fmt::format("{} '{}'", kind, bare);
}

Options CommandLine::options(const Environment& environment) const {
  const auto or_variable = [&](const std::string& word, const char* variable) {
    if (!word.empty()) return given(word);
    return given(environment(variable).value_or(""));
  };
  Options options{.config = or_variable(words_.config, "HENGE_CONFIG"),
                  .state_directory = or_variable(words_.state_directory, "HENGE_STATE"),
                  .druid_url = or_variable(words_.druid_url, "HENGE_DRUID_URL"),
                  .output = words_.output == "json" ? Output::json : Output::table,
                  .colour = words_.no_color ? ColourFlag::never : ColourFlag::automatic,
                  .log_level = std::nullopt,
                  .command = command_()};
  if (words_.verbose) options.log_level = runtime::LogLevel::debug;
  if (const auto level = runtime::parse_log_level(words_.log_level)) options.log_level = *level;
  return options;
}

std::variant<Options, ExitNow> CommandLine::parse(int argc, const char* const* argv,
                                                  const Environment& environment) {
  if (argc < 2) return ExitNow{to_int(ExitCode::error), app_.help()};
  try {
    app_.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return ExitNow{to_int(ExitCode::done), app_.help()};
  } catch (const CLI::CallForVersion& version) {
    return ExitNow{to_int(ExitCode::done), std::string(version.what()) + "\n"};
  } catch (const CLI::ParseError& error) {
    std::string name = "henge";
    const CLI::App& last = chosen();
    if (&last != &app_) {
      const CLI::App* parent = last.get_parent();
      if (parent != &app_) name += " " + parent->get_name();
      name += " " + last.get_name();
    }
    return ExitNow{to_int(ExitCode::error),
                   fmt::format("{}: {}\nRun '{} --help' to see how it is used.\n", name,
                               mistake(error), name)};
  }
  if (const std::optional<Shell> shell = parse_shell(words_.shell)) {
    return ExitNow{to_int(ExitCode::done), completion_script(*shell)};
  }
  return options(environment);
}

}  // namespace

Instant resolve(const Since& since, Instant now) {
  if (const Instant* moment = std::get_if<Instant>(&since)) return *moment;
  return now - std::get<Millis>(since);
}

std::variant<Options, ExitNow> parse_command_line(int argc, const char* const* argv,
                                                  const Environment& environment) {
  CommandLine line;
  std::vector<const char*> words(argv, argv + argc);
  if (argc > 1 && words[1] == completion_command) {
    const Names asked(words.begin() + 2, words.end());
    std::string text;
    for (const std::string& word : candidates(line.shape(), asked)) text += word + "\n";
    return ExitNow{to_int(ExitCode::done), text};
  }
  // henge help plan is henge plan --help.
  if (argc > 1 && std::string_view(words[1]) == "help") {
    words.erase(words.begin() + 1);
    words.push_back("--help");
  }
  return line.parse(static_cast<int>(words.size()), words.data(), environment);
}

}  // namespace henge::cli
