// Documents of kind Load: what they come to, and every mistake with its place.
#include "spec/load_document.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/parse.h"
#include "spec/rules.h"

namespace henge::spec {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string document(const std::string& spec) {
  return "apiVersion: henge/v1\nkind: Load\nmetadata: {name: nightly}\nspec:\n" + spec;
}

// Spec lines of a load that is right; `schedule` in one line.
std::string lines(const std::string& schedule, const std::string& chunks,
                  const std::string& sources = "sources: [/data/x.json]") {
  std::string out = "  pipeline: clicks\n";
  for (const std::string& line : {schedule, chunks, sources})
    if (!line.empty()) out += "  " + line + "\n";
  return out;
}

std::vector<std::string> codes(const std::vector<Diagnostic>& all) {
  std::vector<std::string> out;
  for (const Diagnostic& d : all) out.push_back(d.code);
  return out;
}

LoadDocument parsed(const std::string& spec) {
  const ParsedFile file = parse_pipelines("l.yaml", document(spec));
  EXPECT_THAT(codes(file.diagnostics), IsEmpty()) << to_text(file.diagnostics.front());
  EXPECT_EQ(file.loads.size(), 1U);
  if (file.loads.size() != 1) return {};
  EXPECT_TRUE(file.loads[0].usable);
  return file.loads[0].load;
}

std::vector<std::string> codes_of(const std::string& spec) {
  return codes(parse_pipelines("l.yaml", document(spec)).diagnostics);
}

const std::string cron = R"(schedule: {cron: "0 3 * * *"})";
const std::string sealed = "schedule: {when: sealed}";
const std::string exists = "schedule: {when: exists, path: '/data/{chunk}/done'}";
const std::string day = "last: DAY";
const std::string interval = "interval: 2026-03-01/2026-03-02";

TEST(LoadDocument, EveryFieldIsTaken) {
  const LoadDocument load = parsed(R"(  pipeline: clicks
  schedule: {cron: "0 3 * * 1-5", catchUp: 7}
  last: DAY
  back: P1D
  sources: ["/data/{chunk:%Y-%m-%d}/*.json", "s3://bucket/x"]
  format: {type: csv, columns: [a, b]}
  mode: replace
  asOf: PT1H
  deadline: PT2H
  priority: 7
  forceOpen: true
  allowEmpty: true
  allowShrink: true
  reason: why
)");
  EXPECT_EQ(load.name, "nightly");
  EXPECT_EQ(load.pipeline, "clicks");
  EXPECT_EQ(load.schedule, (LoadSchedule{LoadTrigger::cron, "0 3 * * 1-5", 7, "", {}}));
  EXPECT_EQ(load.last, Granularity::day);
  EXPECT_EQ(load.back, std::chrono::days(1));
  EXPECT_THAT(load.sources, ElementsAre("/data/{chunk:%Y-%m-%d}/*.json", "s3://bucket/x"));
  EXPECT_EQ(load.format.text, R"({"columns":["a","b"],"type":"csv"})");
  EXPECT_EQ(load.mode, LoadMode::replace);
  EXPECT_EQ(load.as_of_back, std::chrono::hours(1));
  EXPECT_EQ(load.as_of, std::nullopt);
  EXPECT_EQ(load.deadline, std::chrono::hours(2));
  EXPECT_EQ(load.priority, 7);
  EXPECT_TRUE(load.force_open && load.allow_empty && load.allow_shrink);
  EXPECT_EQ(load.reason, "why");
}

TEST(LoadDocument, SchedulesSayWhenAndFromWhichChunkOn) {
  const LoadDocument once = parsed(lines("", interval));
  EXPECT_EQ(once.schedule, LoadSchedule{});
  EXPECT_FALSE(once.by_chunk());
  EXPECT_EQ(once.interval->start, *parse_instant("2026-03-01"));
  EXPECT_EQ(once.mode, LoadMode::append);

  const LoadDocument of_seals =
      parsed(lines("schedule: {when: sealed, from: 2026-03-01T05:00Z}", ""));
  EXPECT_EQ(of_seals.schedule.trigger, LoadTrigger::sealed);
  EXPECT_EQ(of_seals.schedule.from, *parse_instant("2026-03-01T05:00Z"));
  EXPECT_TRUE(of_seals.by_chunk());

  EXPECT_TRUE(parsed(lines(exists, "")).by_chunk());
  const LoadDocument one_path =
      parsed(lines("schedule: {when: exists, path: /data/done}", interval));
  EXPECT_EQ(one_path.schedule.path, "/data/done");
  EXPECT_FALSE(one_path.by_chunk()) << "without a template it is there once";
  EXPECT_EQ(parsed(lines("", interval, "asOf: 2026-03-03\n  rows: '{}'")).as_of,
            *parse_instant("2026-03-03"));
}

TEST(LoadDocument, OneMistakeIsOneMistake) {
  const struct {
    std::string spec;
    std::string code;
  } cases[] = {
      {lines(R"(schedule: {cron: "0 3 * * *", when: sealed})", ""), "load_schedule"},
      {lines("schedule: {}", interval), "load_schedule"},
      {lines(R"(schedule: {cron: "0 25 * * *"})", day), "bad_cron"},
      {lines("schedule: {when: sealed, catchUp: 2}", ""), "load_schedule"},
      {lines(R"(schedule: {cron: "0 3 * * *", catchUp: 101})", day), "out_of_range"},
      {lines("schedule: {when: exists}", interval), "load_schedule"},
      {lines("schedule: {when: sealed, path: /x}", ""), "load_schedule"},
      {lines(R"(schedule: {cron: "0 3 * * *", from: 2026-03-01})", day), "load_schedule"},
      {lines("schedule: {when: sealed, from: yesterday}", ""), "bad_moment"},
      {lines("schedule: {when: closed}", interval), "wrong_choice"},
      {lines(R"(schedule: {cron: "0 3 * * *", timeZone: Europe/Berlin})", day), "unknown_field"},
      {lines("schedule: {when: exists, path: 's3://bucket/{chunk}'}", ""), "load_path"},
      {lines("schedule: {when: exists, path: 'data/{chunk}'}", ""), "load_path"},
      {lines("schedule: {when: exists, path: '/data/{chunk}/*.json'}", ""), "load_path"},
      {lines(cron, ""), "load_chunks"},
      {lines("", ""), "load_chunks"},
      {lines(cron, day + "\n  " + interval), "load_chunks"},
      {lines("", day), "load_chunks"},
      {lines(sealed, interval), "load_chunks"},
      {lines(exists, interval), "load_chunks"},
      {lines(cron, "last: ALL"), "load_chunks"},
      {lines(cron, interval + "\n  back: P1D"), "load_chunks"},
      {lines("", "interval: 2026-03-01"), "bad_moment"},
      {lines("", interval, ""), "load_sources"},
      {lines("", interval, "sources: []"), "load_sources"},
      {lines("", interval, "sources: [x.json]"), "load_sources"},
      {lines("", interval, "sources: [/x]\n  rows: '{}'"), "load_sources"},
      {lines("", interval, "sources: [/x]\n  format: {columns: [a]}"), "load_sources"},
      {lines("", interval, "sources: [/x]\n  asOf: soon"), "bad_moment"},
      {lines("", interval, "sources: [/x]\n  deadline: 2h"), "wrong_unit"},
      {lines("", interval, "sources: [/x]\n  priority: 1001"), "out_of_range"},
      {lines("", interval, "source: /x\n  sources: [/x]"), "unknown_field"},
  };
  for (const auto& c : cases) EXPECT_THAT(codes_of(c.spec), ElementsAre(c.code)) << c.spec;
}

TEST(LoadDocument, AMistakeHasItsPlaceAndTheNearestName) {
  const ParsedFile file =
      parse_pipelines("l.yaml", document("  pipeline: clicks\n  intervall: 2026-03-01/P1D\n"
                                         "  rows: '{}'\n"));
  ASSERT_THAT(codes(file.diagnostics), Contains("unknown_field"));
  for (const Diagnostic& d : file.diagnostics) {
    if (d.code != "unknown_field") continue;
    EXPECT_EQ(d.place.line, 6);
    EXPECT_EQ(d.place.column, 3);
    EXPECT_THAT(d.hint, HasSubstr("interval"));
  }
  EXPECT_EQ(file.diagnostics.front().place.file, "l.yaml");
  EXPECT_FALSE(file.loads.front().usable);

  std::string odd = document(lines("", interval));
  odd.replace(odd.find("kind: Load"), 10, "kind: Laod");
  const ParsedFile kind = parse_pipelines("l.yaml", odd);
  ASSERT_THAT(codes(kind.diagnostics), ElementsAre("wrong_choice"));
  EXPECT_EQ(kind.diagnostics[0].place.line, 2);
  EXPECT_THAT(kind.diagnostics[0].hint, HasSubstr("Load"));
  EXPECT_EQ(codes_of("  pipeline: clicks\n  rows: x\n" + ("  " + interval) + "\n"),
            std::vector<std::string>{});
  const auto bad_name =
      parse_pipelines("l.yaml", "apiVersion: henge/v1\nkind: Load\nmetadata: {name: A@b}\nspec:\n" +
                                    lines("", interval));
  EXPECT_THAT(codes(bad_name.diagnostics), ElementsAre("bad_name"));
}

constexpr std::string_view pipeline = R"(apiVersion: henge/v1
kind: Pipeline
metadata: {name: clicks}
spec:
  lateness: P1D
  schema: {timestamp: {column: ts}, dimensions: [a], segmentGranularity: HOUR}
  stream: {topic: t, consumerProperties: {bootstrap.servers: k}, inputFormat: {type: json}}
)";

TEST(LoadDocument, StandsBesideAPipelineInOneFile) {
  const std::string text = std::string(pipeline) + "---\n" + document(lines(cron, day)) + "---\n" +
                           document(lines(sealed, ""));
  const ParsedFile file = parse_pipelines("l.yaml", text);
  EXPECT_THAT(codes(file.diagnostics), IsEmpty());
  ASSERT_EQ(file.pipelines.size(), 1U);
  ASSERT_EQ(file.loads.size(), 2U);
  EXPECT_EQ(file.loads[0].document, document(lines(cron, day)))
      << "each load has its own lines, whole";
  EXPECT_EQ(file.pipelines[0].document, pipeline);
  EXPECT_EQ(file.loads[0].name_place.line, 11);
  EXPECT_THAT(codes(find_load_mistakes(file.pipelines, file.loads)), ElementsAre("duplicate_load"));
}

TEST(LoadDocument, ItsPipelineIsKnownAndItsBucketsAreWholeChunks) {
  const ParsedFile clicks = parse_pipelines("p.yaml", pipeline);
  const auto mistakes = [&](const std::string& spec, bool with_pipeline) {
    const ParsedFile file = parse_pipelines("l.yaml", document(spec));
    return find_load_mistakes(with_pipeline ? clicks.pipelines : std::vector<ParsedPipeline>{},
                              file.loads);
  };
  EXPECT_THAT(mistakes(lines(cron, day), true), IsEmpty());
  EXPECT_THAT(mistakes(lines(cron, "last: HOUR"), true), IsEmpty());
  EXPECT_THAT(codes(mistakes(lines(cron, "last: MINUTE"), true)), ElementsAre("load_chunks"));

  std::string other = lines(cron, day);
  other.replace(other.find("clicks"), 6, "click");
  const auto unknown = mistakes(other, true);
  ASSERT_THAT(codes(unknown), ElementsAre("unknown_pipeline"));
  EXPECT_EQ(unknown[0].place.line, 5);
  EXPECT_THAT(unknown[0].hint, HasSubstr("clicks"));
  EXPECT_THAT(mistakes(other, false), IsEmpty())
      << "where no file declares any, the ledger is asked when it is applied";
}

TEST(LoadDocument, EveryCodeIsARule) {
  for (const char* code : {"load_schedule", "load_chunks", "load_sources", "load_path",
                           "bad_moment", "duplicate_load", "unknown_pipeline"})
    EXPECT_EQ(rule(code).severity, Severity::error) << code;
}

}  // namespace
}  // namespace henge::spec
