#include "cli/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "cli/command_line.h"
#include "cli/exit_code.h"
#include "spec/suggest.h"

namespace henge::cli {

namespace {

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

}  // namespace

CLI::Validator whole_number(std::int64_t least) {
  return CLI::Validator(
      [least](const std::string& word) -> std::string {
        std::int64_t number = 0;
        const char* const end = word.data() + word.size();
        const auto [stopped, error] = std::from_chars(word.data(), end, number);
        if (error == std::errc() && stopped == end && number >= least) return "";
        if (least == std::numeric_limits<std::int64_t>::min())
          return fmt::format("'{}' is no whole number", word);
        return fmt::format("'{}' is no whole number from {}", word, least);
      },
      "");
}

std::optional<std::string> given(const std::string& word) {
  return word.empty() ? std::nullopt : std::optional(word);
}

void choose(CLI::Option* option, const Names& choices) {
  option->check(one_of(choices))->type_name(fmt::format("{}", fmt::join(choices, "|")));
}

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
  const Names levels{"debug", "info", "warn", "error", "off"};
  app_.add_option("--log-level", words_.log_level, "What goes to stderr")
      ->transform(CLI::Validator(
          [](std::string& word) -> std::string {
            if (word == "warning") word = "warn";
            return "";
          },
          ""))
      ->check(one_of(levels))
      ->type_name(fmt::format("{}", fmt::join(levels, "|")));
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
      ->check(whole_number(1))
      ->type_name("SEQUENCE")
      ->capture_default_str();
  exporting->callback([this] { command_ = [this] { return LedgerExport{words_.from}; }; });

  CLI::App* completion = add(app_, "completion", help::completion, group);
  choose(completion->add_option("SHELL", words_.shell, "Which shell")->required(),
         {"bash", "zsh", "fish"});
}

namespace {

// What stands for one of these words: the words themselves, or, where they are too many for the
// help, their name.
Names choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  if (type == drift_kind_word) return drift_kind_names();
  return type.find('|') == std::string::npos ? Names{} : CLI::detail::split(type, '|');
}

}  // namespace

Names drift_kind_names() {
  Names names;
  for (const DriftKind kind : all_drift_kinds()) names.emplace_back(to_string(kind));
  return names;
}

CommandShape CommandLine::shape_of(const CLI::App& app) {
  CommandShape shape{.name = app.get_name(), .flags = {}, .choices = {}, .commands = {}};
  for (const CLI::Option* option : app.get_options()) {
    const Names choices = choices_of(*option);
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

// "--since: 1 required TIME missing", as the parser says it.
std::string missing_value(const std::string& said) {
  constexpr std::string_view before = ": 1 required ", after = " missing";
  const std::size_t at = said.find(before);
  if (at == std::string::npos || !said.ends_with(after)) return said;
  const std::string type =
      said.substr(at + before.size(), said.size() - at - before.size() - after.size());
  return fmt::format("{} needs a value: {}", said.substr(0, at), type);
}

std::string CommandLine::mistake(const CLI::ParseError& error) const {
  const CommandShape own = shape_of(chosen());
  // A mistyped command is taken for a pipeline's name where both may stand.
  Names commands;
  for (const CommandShape& command : own.commands) commands.push_back(command.name);
  if (const auto near = spec::nearest(words_.pipeline, commands); near && !words_.pipeline.empty())
    return fmt::format("unknown command '{}'; did you mean {}?", words_.pipeline, *near);
  const Names unknown = app_.remaining(true);
  if (unknown.empty()) return missing_value(error.what());
  const std::string& word = unknown.front();
  const bool flag = word.size() > 1 && word.starts_with('-');
  Names known;
  if (flag) {
    for (const CommandShape& shape : {own, shape()}) {
      for (const FlagShape& f : shape.flags)
        known.insert(known.end(), f.names.begin(), f.names.end());
    }
  } else {
    known = commands;
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
  help_->columns(terminal_of(Stream::out, environment).columns);
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
