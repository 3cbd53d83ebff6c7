// tests/golden/diagnostics: each .yaml with the diagnostics that it must give, beside it as .txt.
// UPDATE_GOLDEN=1 writes the .txt files anew.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "spec/load.h"
#include "spec/render.h"
#include "spec/rules.h"

namespace henge::spec {
namespace {

namespace fs = std::filesystem;

const std::string folder = HENGE_SOURCE_DIR "/tests/golden/diagnostics";

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

std::string read(const std::string& path) {
  auto text = read_text(path, 1 << 22);
  return text ? *text : "";
}

// As load() sees one file, under a name that is the same on every machine.
std::vector<Diagnostic> diagnose(const std::string& name) {
  ParsedFile parsed = parse_pipelines(name + ".yaml", read(folder + "/" + name + ".yaml"));
  std::ranges::move(find_duplicates(parsed.pipelines), std::back_inserter(parsed.diagnostics));
  return std::move(parsed.diagnostics);
}

class Diagnostics : public testing::TestWithParam<std::string> {};

TEST_P(Diagnostics, are_as_recorded) {
  std::string text;
  for (const Diagnostic& d : diagnose(GetParam())) text += to_text(d) + " (" + d.code + ")\n";
  const std::string expected = folder + "/" + GetParam() + ".txt";
  if (std::getenv("UPDATE_GOLDEN")) std::ofstream(expected) << text;
  EXPECT_EQ(text, read(expected));
}

INSTANTIATE_TEST_SUITE_P(golden, Diagnostics, testing::ValuesIn(cases()),
                         [](const auto& which) { return which.param; });

TEST(Diagnostics, every_one_has_a_place_and_a_rule) {
  for (const std::string& name : cases()) {
    for (const Diagnostic& d : diagnose(name)) {
      EXPECT_EQ(rule(d.code).severity, d.severity) << name;
      EXPECT_TRUE(d.place.line > 0 || d.code == "no_files") << name << ": " << d.message;
      EXPECT_FALSE(d.message.empty()) << name;
    }
  }
}

TEST(Diagnostics, every_rule_about_pipelines_has_a_recorded_case) {
  std::set<std::string> seen;
  for (const std::string& name : cases()) {
    for (const Diagnostic& d : diagnose(name)) seen.insert(d.code);
  }
  // Tested elsewhere: what only folders and the configuration can have, what would need huge files,
  // timing, which plan weighs, and loads (load_document_test).
  const std::set<std::string> elsewhere{"unreadable",
                                        "skipped_document",
                                        "bad_address",
                                        "tls_incomplete",
                                        "tls_not_verified",
                                        "password_unencrypted",
                                        "not_reachable",
                                        "bad_cron",
                                        "duplicate_load",
                                        "unknown_pipeline",
                                        "load_schedule",
                                        "load_chunks",
                                        "load_sources",
                                        "load_path",
                                        "bad_moment",
                                        "too_large",
                                        "handoff_period_without_effect",
                                        "segments_too_many",
                                        "completion_timeout_too_short",
                                        "completion_timeout_below_handoff_timeout",
                                        "retention_before_seal",
                                        "disorder_above_lateness"};
  for (const Rule& r : rules()) {
    if (!elsewhere.contains(std::string(r.code)))
      EXPECT_TRUE(seen.contains(std::string(r.code))) << r.code;
  }
}

TEST(Example, is_free_of_mistakes_and_warnings) {
  Loaded loaded = load({HENGE_SOURCE_DIR "/examples"});
  for (const Diagnostic& d : loaded.diagnostics) ADD_FAILURE() << to_text(d);
  ASSERT_EQ(loaded.pipelines.size(), 1u);
  EXPECT_EQ(loaded.loads.size(), 4u) << "one of each kind of schedule";
  EXPECT_TRUE(loaded.pipelines[0].usable);
  for (Mode mode : {Mode::supervisor, Mode::append, Mode::replace, Mode::compaction}) {
    auto rendered = render(loaded.pipelines[0].pipeline, mode);
    EXPECT_TRUE(rendered) << rendered.error().message;
  }
}

}  // namespace
}  // namespace henge::spec
