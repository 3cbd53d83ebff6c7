#include "cli/options.h"

#include <gtest/gtest.h>

#include <map>

#include "cli/completion.h"
#include "cli/exit_code.h"
#include "cli/options_help.h"

namespace henge::cli {
namespace {

using Words = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

std::variant<Options, ExitNow> parse(const Words& words, const Variables& variables) {
  std::vector<const char*> argv{"henge"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return parse_command_line(
      static_cast<int>(argv.size()), argv.data(), [&variables](const std::string& name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
      });
}

// For command lines that must be right.
Options options(const Words& words, const Variables& variables = {}) {
  const auto parsed = parse(words, variables);
  if (const ExitNow* now = std::get_if<ExitNow>(&parsed)) {
    ADD_FAILURE() << now->code << " " << now->text;
    return {};
  }
  return std::get<Options>(parsed);
}

// For those that end at once.
ExitNow ended(const Words& words, const Variables& variables = {}) {
  const auto parsed = parse(words, variables);
  if (std::holds_alternative<Options>(parsed)) {
    ADD_FAILURE() << "was accepted: " << words.front();
    return {};
  }
  return std::get<ExitNow>(parsed);
}

LoadRequest a_load() {
  LoadRequest load;
  load.pipeline = "clicks";
  load.interval = *parse_interval("2026-03-01/2026-03-02");
  load.sources = {"/a", "/b"};
  load.mode = LoadMode::replace;
  load.deadline = *parse_instant("2026-03-02");
  load.priority = 3;
  load.allow_shrink = true;
  return load;
}

TEST(Options, EachCommandBecomesItsValue) {
  const std::pair<Words, Command> cases[] = {
      {{"validate", "a.yaml", "b"}, Validate{{"a.yaml", "b"}}},
      {{"render", "a.yaml"}, Render{{"a.yaml"}, spec::Mode::supervisor, std::nullopt}},
      {{"render", "a.yaml", "--as", "compaction", "--pipeline", "clicks"},
       Render{{"a.yaml"}, spec::Mode::compaction, "clicks"}},
      {{"render", "--as=append", "a.yaml"}, Render{{"a.yaml"}, spec::Mode::append, std::nullopt}},
      {{"plan", "a", "b"}, Plan{{"a", "b"}, {}}},
      {{"plan", "plan"}, Plan{{"plan"}, {}}},
      {{"apply", "a"}, Apply{{"a"}, Confirm::ask, ""}},
      {{"apply", "a", "--yes", "--reason", "why not"}, Apply{{"a"}, Confirm::yes, "why not"}},
      {{"apply", "-y", "a"}, Apply{{"a"}, Confirm::yes, ""}},
      {{"wait", "clicks", "--interval", "2026-03-01/2026-03-02"},
       Wait{"clicks", *parse_interval("2026-03-01/2026-03-02"), late::Until::sealed, {}}},
      {{"wait", "clicks", "--interval", "2026-03-01/2026-03-02", "--until", "loaded", "--timeout",
        "PT5M"},
       Wait{"clicks", *parse_interval("2026-03-01/2026-03-02"), late::Until::loaded,
            std::chrono::minutes(5)}},
      {{"route", "clicks", "--interval", "2026-03-01/2026-03-02", "--source", "/a", "--source",
        "/b", "--mode", "replace", "--deadline", "2026-03-02", "--priority", "3", "--allow-shrink",
        "--explain"},
       Route{a_load(), true}},
      {{"offsets", "clicks"}, Offsets{"clicks"}},
      {{"offsets", "reset", "clicks", "--to", "earliest"},
       ResetOffsets{"clicks", offsets::ToEarliest{}, "", Confirm::ask}},
      {{"offsets", "reset", "clicks", "--to", "offsets=0:5,2:7", "-y", "--reason", "x"},
       ResetOffsets{"clicks", offsets::ToOffsets{{{0, 5}, {2, 7}}}, "x", Confirm::yes}},
      {{"advise", "lateness", "clicks", "--records", "0", "--svg", "x.svg"},
       AdviseLateness{"clicks", "", "", "timestamp", "auto", 0, "x.svg"}},
      {{"advise", "lateness", "--topic", "t", "--brokers", "k:9092", "--timestamp", "ts"},
       AdviseLateness{"", "t", "k:9092", "ts", "auto", 1'000'000, {}}},
      {{"serve"}, Serve{}},
      {{"status"}, Status{}},
      {{"status", "clicks"}, Status{"clicks"}},
      {{"status", "serve"}, Status{"serve"}},
      {{"chunks", "clicks"}, Chunks{"clicks", std::nullopt, std::nullopt}},
      {{"chunks", "clicks", "--state", "sealed", "--since", "PT6H"},
       Chunks{"clicks", "sealed", Since(Millis(6 * 3'600'000))}},
      {{"chunks", "clicks", "--since", "1970-01-02"},
       Chunks{"clicks", std::nullopt, Since(instant_of_ms(86'400'000))}},
      {{"late", "clicks"}, Late{"clicks", std::nullopt, 100}},
      {{"late", "clicks", "--state", "repairing", "--limit", "0"},
       Late{"clicks", LateState::repairing, 0}},
      {{"status", "--all"}, Status{std::nullopt, true}},
      {{"drift"}, ShowDrift{}},
      {{"drift", "clicks", "--kind", "supervisor_edited", "--all"},
       ShowDrift{"clicks", DriftKind::supervisor_edited, true}},
      {{"explain", "clicks/repair-12"}, Explain{"clicks/repair-12", 100}},
      {{"explain", "clicks", "--limit", "0"}, Explain{"clicks", 0}},
      {{"history", "clicks", "--limit", "3"}, History{"clicks", 3}},
      {{"diff", "clicks@1", "clicks@live"}, Diff{"clicks@1", "clicks@live"}},
      {{"rollback", "clicks", "--to", "3"}, Rollback{"clicks", 3, "", Confirm::ask}},
      {{"rollback", "clicks", "--to=3", "--reason", "why", "--yes"},
       Rollback{"clicks", 3, "why", Confirm::yes}},
      {{"freeze", "--reason", "upgrade"}, Freeze{std::nullopt, "upgrade"}},
      {{"freeze", "clicks", "--reason", "upgrade"}, Freeze{"clicks", "upgrade"}},
      {{"windows"}, ListWindows{std::nullopt, false}},
      {{"windows", "clicks", "--all"}, ListWindows{"clicks", true}},
      {{"unfreeze"}, Unfreeze{std::nullopt, ""}},
      {{"unfreeze", "clicks", "--reason", "done"}, Unfreeze{"clicks", "done"}},
      {{"release", "clicks", "--reason", "moved"},
       Release{"clicks", Fate::keep, "moved", Confirm::ask}},
      {{"release", "clicks", "--terminate", "--reason", "moved", "-y"},
       Release{"clicks", Fate::terminate, "moved", Confirm::yes}},
      {{"doctor"}, Doctor{}},
      {{"doctor", "a"}, Doctor{{"a"}}},
      {{"ledger", "verify"}, LedgerVerify{}},
      {{"ledger", "export", "--from", "17"}, LedgerExport{17}},
  };
  for (const auto& [words, command] : cases) {
    EXPECT_EQ(options(words).command, command) << ::testing::PrintToString(words);
  }
}

TEST(Options, FlagsOfEveryCommandStandAnywhere) {
  for (const Words& words : {Words{"-o", "json", "--no-color", "--state-dir", "d", "--druid",
                                   "http://x", "--config", "c", "--log-level", "error", "status"},
                             Words{"status", "--output=json", "--no-color", "--state", "d",
                                   "--druid=http://x", "--config", "c", "--log-level", "error"}}) {
    const Options parsed = options(words);
    EXPECT_EQ(parsed.output, Output::json);
    EXPECT_EQ(parsed.colour, ColourFlag::never);
    EXPECT_EQ(parsed.state_directory, "d");
    EXPECT_EQ(parsed.druid_url, "http://x");
    EXPECT_EQ(parsed.config, "c");
    EXPECT_EQ(parsed.log_level, runtime::LogLevel::error);
  }
  EXPECT_EQ(options({"status", "-v"}).log_level, runtime::LogLevel::debug);
  EXPECT_EQ(options({"ledger", "verify", "--state", "d"}).state_directory, "d");
}

TEST(Options, AChunksStateIsNotTheStateFolder) {
  const Options parsed = options({"--state", "d", "chunks", "clicks", "--state", "open"});
  EXPECT_EQ(parsed.state_directory, "d");
  EXPECT_EQ(std::get<Chunks>(parsed.command).state, "open");
}

TEST(Options, TheFlagBeatsTheVariable) {
  const Variables variables{{"HENGE_CONFIG", "c1"}, {"HENGE_STATE", "s1"}, {"HENGE_DRUID_URL", ""}};
  const Options from_variables = options({"status"}, variables);
  EXPECT_EQ(from_variables.config, "c1");
  EXPECT_EQ(from_variables.state_directory, "s1");
  EXPECT_EQ(from_variables.druid_url, std::nullopt);
  const Options from_flags = options({"status", "--config", "c2", "--state-dir", "s2"}, variables);
  EXPECT_EQ(from_flags.config, "c2");
  EXPECT_EQ(from_flags.state_directory, "s2");
}

TEST(Options, AMistakeIsNamedWithWhatWasMeant) {
  const std::pair<Words, std::string> cases[] = {
      {{"plann", "a"}, "henge: unknown command 'plann'; did you mean plan?"},
      {{"staus"}, "henge: unknown command 'staus'; did you mean status?"},
      {{"frobnicate"}, "henge: unknown command 'frobnicate'\n"},
      {{"ledger", "verfy"}, "henge ledger: unknown command 'verfy'; did you mean verify?"},
      {{"plan", "a", "--ouptut", "json"},
       "henge plan: unknown flag '--ouptut'; did you mean --output?"},
      {{"plan", "a", "--ouptut=json"},
       "henge plan: unknown flag '--ouptut'; did you mean --output?"},
      {{"apply", "a", "--reson", "x"},
       "henge apply: unknown flag '--reson'; did you mean --reason?"},
      {{"--verbos", "status"}, "did you mean --verbose?"},
      {{"status", "-o", "jsn"}, "there is no 'jsn'; did you mean json?"},
      {{"status", "-o", "yaml"}, "there is no 'yaml': choose one of table, json"},
      {{"render", "a", "--as", "suprvisor"}, "did you mean supervisor?"},
      {{"chunks", "c", "--state", "seald"}, "did you mean sealed?"},
      {{"chunks", "c", "--since", "yesterday"}, "'yesterday' is neither a moment"},
      {{"chunks", "c", "--since", "P1M"}, "'P1M' is neither a moment"},
      {{"late", "c", "--limit", "-1"}, "--limit"},
      {{"late", "c", "--limit", "many"}, "--limit"},
      {{"ledger", "export", "--from", "0"}, "--from"},
      {{"chunks"}, "PIPELINE is required"},
      {{"validate"}, "FILES is required"},
      {{"ledger"}, "henge ledger: "},
      {{"status", "a", "b"}, "henge status: unexpected 'b'"},
      {{"serve", "now"}, "henge serve: unexpected 'now'"},
      {{"status", "--config"}, "--config"},
      {{"completion", "tcsh"}, "there is no 'tcsh'"},
      {{"drift", "--kind", "supervisor_editd"}, "did you mean supervisor_edited?"},
      {{"freeze", "clicks"}, "--reason is required"},
      {{"release", "clicks"}, "--reason is required"},
      {{"release", "--reason", "x"}, "PIPELINE is required"},
      {{"rollback", "clicks"}, "--to is required"},
      {{"rollback", "clicks", "--to", "0"}, "'0' is no whole number from 1"},
      {{"late", "clicks", "--limit", "-1"}, "'-1' is no whole number from 0"},
      {{"late", "clicks", "--limit", "abc"}, "'abc' is no whole number from 0"},
      {{"chunks", "clicks", "--since"}, "--since needs a value: TIME"},
      {{"offsets", "rset", "clicks", "--to", "earliest"}, "unknown command 'rset'; did you mean "},
      {{"load", "lst"}, "unknown command 'lst'; did you mean list?"},
      {{"load", "--interval", "2026-03-01/2026-03-02", "--source", "/a", "clicks"},
       "PIPELINE, before --source, is required"},
      {{"diff", "a"}, "B is required"},
      {{"explain"}, "OBJECT is required"},
  };
  for (const auto& [words, part] : cases) {
    const ExitNow now = ended(words);
    EXPECT_EQ(now.code, 1) << part;
    EXPECT_NE(now.text.find(part), std::string::npos) << now.text;
    EXPECT_NE(now.text.find("--help' to see"), std::string::npos) << now.text;
  }
}

TEST(Options, HelpIsThereForAllAndForEach) {
  for (const Words& words : {Words{"--help"}, Words{"-h"}, Words{"help"}}) {
    const ExitNow now = ended(words);
    EXPECT_EQ(now.code, 0);
    for (const char* part : {"validate", "serve", "Declare", "--state-dir", "Exit codes"}) {
      EXPECT_NE(now.text.find(part), std::string::npos) << part << now.text;
    }
  }
  for (const char* command : {"validate", "render", "plan", "apply", "diff", "history", "rollback",
                              "status", "chunks", "late", "drift", "explain", "freeze", "unfreeze",
                              "release", "doctor", "serve", "ledger", "completion"}) {
    const ExitNow now = ended({command, "--help"});
    EXPECT_EQ(now.code, 0);
    EXPECT_NE(now.text.find("Examples:\n  "), std::string::npos) << now.text;
    EXPECT_EQ(ended({"help", command}), now);
  }
  EXPECT_NE(ended({"ledger", "export", "--help"}).text.find("jq"), std::string::npos);
  EXPECT_EQ(help::examples_of("nothing"), "");
}

TEST(Options, HelpFitsEightyColumns) {
  for (const Words& words : {Words{"--help"}, Words{"render", "--help"}, Words{"late", "--help"},
                             Words{"explain", "--help"}, Words{"drift", "--help"},
                             Words{"release", "--help"}, Words{"rollback", "--help"},
                             Words{"offsets", "--help"}, Words{"offsets", "reset", "--help"},
                             Words{"wait", "--help"}, Words{"advise", "lateness", "--help"}}) {
    const std::string text = ended(words).text;
    std::size_t start = 0;
    while (start < text.size()) {
      const std::size_t end = text.find('\n', start);
      EXPECT_LE(end - start, 100U) << text.substr(start, end - start);
      start = end + 1;
    }
  }
}

TEST(Options, HelpIsAsWideAsTheTerminal) {
  for (const Words& words : {Words{"load", "--help"}, Words{"advise", "lateness", "--help"}}) {
    const std::string text = ended(words, {{"COLUMNS", "70"}}).text;
    const std::string flags = text.substr(0, text.find("Examples:"));
    std::size_t start = 0;
    for (std::size_t end = 0; (end = flags.find('\n', start)) != std::string::npos; start = end + 1)
      EXPECT_LE(end - start, 70U) << flags.substr(start, end - start);
    EXPECT_EQ(flags.find("Needs"), std::string::npos) << "its text says so";
  }
}

TEST(Options, WithoutAnyWordThereIsHelpAndAnError) {
  const ExitNow now = ended({});
  EXPECT_EQ(now.code, 1);
  EXPECT_NE(now.text.find("Start here"), std::string::npos);
}

TEST(Options, TellsItsVersion) {
  EXPECT_EQ(ended({"--version"}), (ExitNow{0, std::string("henge ") + HENGE_VERSION + "\n"}));
}

TEST(Options, ResolvesHowLongAgo) {
  const Instant now = instant_of_ms(10'000);
  EXPECT_EQ(resolve(Since(Millis(4'000)), now), instant_of_ms(6'000));
  EXPECT_EQ(resolve(Since(instant_of_ms(5)), now), instant_of_ms(5));
}

TEST(Completion, OffersWhatTheParserKnows) {
  const std::pair<Words, std::string> cases[] = {
      {{"__complete", "st"}, "status\n"},
      {{"__complete", "ledger", ""}, "verify\nexport\n"},
      {{"__complete", "-o", "json", "ledger", "ex"}, "export\n"},
      {{"__complete", "render", "--as", "re"}, "replace\nreindex\n"},
      {{"__complete", "render", "--as", "append", "--pipe"}, "--pipeline\n"},
      {{"__complete", "chunks", "clicks", "--state", "s"}, "sealed\n"},
      {{"__complete", "status", "--output", ""}, "table\njson\n"},
      {{"__complete", "status", "--state", ""}, ""},  // a folder
      {{"__complete", "validate", "exa"}, ""},        // a file
      {{"__complete", "completion", "f"}, "fish\n"},
      {{"__complete", "plan", "--dru"}, "--druid\n"},
      {{"__complete", "dr"}, "drift\n"},
      {{"__complete", "drift", "--kind", "rules"}, "rules_changed\n"},
      {{"__complete", "release", "--ter"}, "--terminate\n"},
      {{"__complete", "offsets", "re"}, "reset\n"},
      {{"__complete", "offsets", "reset", "--t"}, "--to\n"},
      {{"__complete", "wait", "clicks", "--until", "re"}, "repaired\n"},
  };
  for (const auto& [words, offered] : cases) {
    EXPECT_EQ(ended(words), (ExitNow{0, offered})) << ::testing::PrintToString(words);
  }
  EXPECT_NE(ended({"__complete"}).text.find("validate\n"), std::string::npos);
}

TEST(Completion, HasAScriptForEachShell) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const ExitNow now = ended({"completion", shell});
    EXPECT_EQ(now.code, 0);
    EXPECT_NE(now.text.find(std::string(completion_command)), std::string::npos);
  }
  EXPECT_EQ(parse_shell("tcsh"), std::nullopt);
}

TEST(ExitCode, TellsScriptsWhatToDo) {
  const std::pair<ErrorKind, int> cases[] = {
      {ErrorKind::invalid, 1},     {ErrorKind::not_found, 1},       {ErrorKind::conflict, 3},
      {ErrorKind::unavailable, 4}, {ErrorKind::unknown_outcome, 4}, {ErrorKind::refused, 3},
      {ErrorKind::denied, 1},      {ErrorKind::cancelled, 130},     {ErrorKind::corrupt, 1},
      {ErrorKind::exhausted, 1},   {ErrorKind::internal, 1},
  };
  for (const auto& [kind, code] : cases) {
    EXPECT_EQ(to_int(exit_code_of({kind, "x"})), code) << to_string(kind);
  }
}

}  // namespace
}  // namespace henge::cli
