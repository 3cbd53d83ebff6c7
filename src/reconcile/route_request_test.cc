// What a load asked for becomes for the router: counts, bytes, and whether it can be divided.
#include "reconcile/route_request.h"

#include <gtest/gtest.h>

#include <functional>

namespace henge::reconcile {
namespace {

const Instant day = parse_instant("2026-03-01").value();
Instant hour(int h) {
  return day + std::chrono::hours(h);
}

Pipeline clicks() {
  Pipeline p;
  p.name = "clicks_p";
  p.datasource = "clicks";
  p.schema.segment_granularity = Granularity::hour;
  return p;
}

LoadContent two_files() {
  LoadContent c;
  c.files = {{.uri = "/a", .bytes = 100, .content = "", .rows = 3, .chunks = {hour(8)}},
             {.uri = "/b", .bytes = 200, .content = "", .rows = 7, .chunks = {hour(8), hour(9)}}};
  c.chunks = {{hour(8), 6}, {hour(9), 4}};
  c.rows.outside = 2;
  return c;
}

route::RouteRequest ask(const LoadContent& content, const Pipeline& pipeline = clicks()) {
  LoadRequest request;
  request.interval = {hour(8), hour(10)};
  return route_request("x", pipeline, request, content, day);
}

TEST(RouteRequest, CountsAreThoseOfTheChunks) {
  const route::Input input = ask(two_files()).input;
  EXPECT_EQ(input.rows, 10);
  EXPECT_TRUE(input.rows_counted);
  EXPECT_EQ(input.rows_outside, 2);
  EXPECT_EQ(input.bytes, 300);
  EXPECT_EQ(input.files, 2);
  ASSERT_EQ(input.by_chunk.size(), 2U);
  EXPECT_EQ(input.by_chunk[0].rows, 6);
  EXPECT_EQ(input.by_chunk[0].files, 2);
  EXPECT_EQ(input.by_chunk[1].files, 1);
}

TEST(RouteRequest, WhatWasNotCountedStaysUnknown) {
  LoadContent content = two_files();
  content.chunks[1].rows = -1;
  content.files[0].bytes = -1;
  const route::Input input = ask(content).input;
  EXPECT_FALSE(input.rows);
  EXPECT_FALSE(input.rows_counted);
  EXPECT_FALSE(input.bytes);
  EXPECT_TRUE(input.by_chunk.empty());
}

TEST(RouteRequest, DivisibleWhereTasksWouldReadLittleMoreThanTheirOwn) {
  LoadContent content = two_files();
  EXPECT_TRUE(ask(content).input.divisible);
  content.files[0].chunks = content.files[1].chunks = {hour(8), hour(9), hour(10)};
  EXPECT_FALSE(ask(content).input.divisible) << "every file has rows of every chunk";
  content = two_files();
  content.files[0].chunks.clear();
  EXPECT_FALSE(ask(content).input.divisible) << "not known";
  content.files[0].rows = 0;
  EXPECT_TRUE(ask(content).input.divisible) << "it has none";
  content.input = LoadInput::inlined;
  EXPECT_FALSE(ask(content).input.divisible);
  EXPECT_FALSE(ask(content).input.splittable);
  content.input = LoadInput::druid;
  content.files.clear();
  EXPECT_TRUE(ask(content).input.divisible);
  EXPECT_TRUE(ask(content).input.splittable);
}

TEST(RouteRequest, PartitionsOfReplaceTasks) {
  const struct {
    const char* spec;
    route::Partitioning expected;
  } cases[] = {
      {"", route::Partitioning::dynamic},
      {R"({"type":"dynamic"})", route::Partitioning::dynamic},
      {R"({"type":"hashed"})", route::Partitioning::hashed},
      {R"({"type":"range","partitionDimensions":["a"]})", route::Partitioning::range},
      {R"({"type":"single_dim"})", route::Partitioning::range},
      {R"({"type":1})", route::Partitioning::dynamic},
  };
  for (const auto& c : cases) {
    Pipeline pipeline = clicks();
    pipeline.batch_partitions.text = c.spec;
    EXPECT_EQ(ask(two_files(), pipeline).partitioning, c.expected) << c.spec;
  }
}

TEST(RouteRequest, TheRestIsAsItWasAskedFor) {
  LoadRequest request;
  request.mode = LoadMode::replace;
  request.interval = {hour(8), hour(10)};
  request.deadline = hour(20);
  request.priority = 7;
  request.allow_shrink = true;
  const Pipeline pipeline = clicks();
  const auto asked = route_request("x", pipeline, request, two_files(), hour(12));
  EXPECT_EQ(asked.datasource, "clicks");
  EXPECT_EQ(asked.mode, LoadMode::replace);
  EXPECT_EQ(asked.interval, request.interval);
  EXPECT_EQ(asked.deadline, hour(20));
  EXPECT_EQ(asked.priority, 7);
  EXPECT_EQ(asked.may, (route::Permissions{.allow_shrink = true}));
  EXPECT_EQ(asked.submitted_at, hour(12));
}

// Of which MSQ makes the same rows.
Pipeline by_range() {
  Pipeline p = clicks();
  p.schema.timestamp = {"ts", "iso", {}};
  p.schema.rollup = true;
  p.schema.dimensions = {{"user", "string", {R"({"name":"user","type":"string"})"}}};
  p.schema.metrics = {{"count", "count", "", {R"({"name":"count","type":"count"})"}}};
  p.batch_partitions = {R"({"partitionDimensions":["user"],"type":"range"})"};
  p.stream.input_format.spec = {R"({"type":"json"})"};
  return p;
}

TEST(RouteRequest, WhatStandsAgainstMsq) {
  const struct {
    const char* what;
    std::function<void(LoadContent&, Pipeline&)> change;
    const char* why;
  } cases[] = {
      {"nothing", [](LoadContent&, Pipeline&) {}, ""},
      {"objects", [](LoadContent& c, Pipeline&) { c.input = LoadInput::s3; }, ""},
      {"addresses", [](LoadContent& c, Pipeline&) { c.input = LoadInput::http; }, ""},
      {"segments", [](LoadContent& c, Pipeline&) { c.input = LoadInput::druid; },
       "rows of a datasource"},
      {"rows in the task", [](LoadContent& c, Pipeline&) { c.input = LoadInput::inlined; },
       "the rows are in the task"},
      {"a filter of Druid's alone", [](LoadContent& c, Pipeline&) { c.proof = Proof::reported; },
       "only Druid"},
      {"lines that are no rows", [](LoadContent& c, Pipeline&) { c.rows.unparseable = 3; },
       "3 lines are no rows"},
      {"the schema", [](LoadContent&, Pipeline& p) { p.schema.rollup = false; }, "rollup: "},
  };
  for (const auto& c : cases) {
    LoadContent content = two_files();
    Pipeline pipeline = by_range();
    c.change(content, pipeline);
    const std::string why = ask(content, pipeline).msq_unfit;
    EXPECT_EQ(why.substr(0, std::string(c.why).size()), c.why) << c.what;
    EXPECT_EQ(why.empty(), std::string(c.why).empty()) << c.what << ": " << why;
  }
}

}  // namespace
}  // namespace henge::reconcile
