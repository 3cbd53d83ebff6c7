// What sources hold, and how they fall into tasks.
#include "daemon/load_sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "runtime/gzip.h"

namespace henge::daemon {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Instant at(const char* text) {
  return *parse_instant(text);
}

const Instant eight = at("2026-03-01T08:00Z");
const Instant nine = at("2026-03-01T09:00Z");
const std::vector<Instant> chunks{eight, nine};

class Sources : public testing::Test {
 protected:
  Sources() {
    std::string made = (fs::temp_directory_path() / "henge-sources-XXXXXX").string();
    folder = mkdtemp(made.data());
    pipeline.name = pipeline.datasource = "clicks";
    pipeline.schema.timestamp = {"ts", "iso", std::nullopt};
    pipeline.stream.input_format = {InputFormatKind::json, {R"({"type":"json"})"}};
    request.pipeline = "clicks";
    request.interval = {eight, at("2026-03-01T10:00Z")};
  }
  ~Sources() override { fs::remove_all(folder); }

  std::string write(const std::string& name, const std::string& text) {
    const fs::path path = folder / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  Result<LoadContent> read(std::vector<std::string> sources) {
    request.sources = std::move(sources);
    return read_local(pipeline, request, chunks, [](const ReadingProgress&) {});
  }
  void expect_refused(const std::vector<std::string>& sources, ErrorKind kind, const char* why) {
    const auto refused = read(sources);
    ASSERT_FALSE(refused) << why;
    EXPECT_EQ(refused.error().kind, kind) << refused.error().message;
    EXPECT_THAT(refused.error().message, HasSubstr(why));
  }

  fs::path folder;
  Pipeline pipeline;
  LoadRequest request;
};

const std::string row_8 = "{\"ts\":\"2026-03-01T08:10Z\"}\n";
const std::string row_9 = "{\"ts\":\"2026-03-01T09:10Z\"}\n";

TEST_F(Sources, RowsAreCountedByFileAndChunk) {
  write("a.json", row_8 + row_8 + row_9);
  write("b.json.gz", runtime::gzip(row_9) + runtime::gzip(row_9 + "{\"ts\":\"2026-03-02\"}\n"));
  const auto content = read({(folder / "*.json*").string()});
  ASSERT_TRUE(content) << content.error().message;
  EXPECT_THAT(content->chunks, ElementsAre(LoadChunk{eight, 2}, LoadChunk{nine, 3}));
  EXPECT_EQ(content->rows, (LoadRows{5, 0, 1, 0}));
  ASSERT_EQ(content->files.size(), 2U);
  EXPECT_EQ(content->files[0].rows, 3);
  EXPECT_THAT(content->files[0].chunks, ElementsAre(eight, nine));
  EXPECT_THAT(content->files[1].chunks, ElementsAre(nine)) << "several gzip members are one file";
}

TEST_F(Sources, ATemplateNamesOneFileAChunk) {
  write("2026-03-01/08.json", row_8);
  write("2026-03-01/09.json", row_9);
  const std::string source = (folder / "{chunk:%Y-%m-%d}/{chunk:%H}.json").string();
  const auto content = read({source});
  ASSERT_TRUE(content) << content.error().message;
  EXPECT_EQ(content->files.size(), 2U);
  fs::remove(folder / "2026-03-01/09.json");
  expect_refused({source}, ErrorKind::not_found, "09.json: no such file");
}

TEST_F(Sources, TemplatesAreFilledByTheChunksStart) {
  EXPECT_THAT(*expand_chunks("/a/{chunk}.json", chunks),
              ElementsAre("/a/2026-03-01T08:00Z.json", "/a/2026-03-01T09:00Z.json"));
  EXPECT_THAT(*expand_chunks("/a/{chunk:%d}.json", chunks), ElementsAre("/a/01.json"));
  EXPECT_THAT(*expand_chunks("/a/{b,c}.json", chunks), ElementsAre("/a/{b,c}.json"));
  EXPECT_FALSE(expand_chunks("/a/{chunk", chunks));
  EXPECT_FALSE(expand_chunks("/a/{chunks}", chunks));
}

TEST_F(Sources, WhatIsNoWholeFileOfRowsIsRefused) {
  const std::string zipped = runtime::gzip(row_8 + row_9);
  expect_refused({(folder / "none.json").string()}, ErrorKind::not_found, "no such file");
  expect_refused({"data/a.json"}, ErrorKind::invalid, "not an absolute path");
  expect_refused({write("cut.json", row_8 + "{\"ts\":\"2026")}, ErrorKind::invalid,
                 "middle of a row");
  expect_refused({write("cut.json.gz", zipped.substr(0, zipped.size() - 9))}, ErrorKind::invalid,
                 "the file was cut");
  expect_refused({write("plain.json.gz", row_8)}, ErrorKind::invalid, "no gzip file");
  expect_refused({write("x.parquet", "PAR1\nabc\n")}, ErrorKind::invalid, "none of its 2 lines");
  expect_refused({write("x.json.bz2", "BZh")}, ErrorKind::invalid, "plain and gzip files only");
  expect_refused({write("two.json", "{\"ts\":\"2026-03-01T08:10Z\"}{\"ts\":\"2026-03-01\"}\n")},
                 ErrorKind::invalid, "more than one row");
}

TEST_F(Sources, TheReadingIsTold) {
  request.sources = {write("a.json", row_8 + row_9), write("b.json", row_9)};
  std::vector<ReadingProgress> told;
  ASSERT_TRUE(read_local(pipeline, request, chunks,
                         [&](const ReadingProgress& progress) { told.push_back(progress); }));
  ASSERT_FALSE(told.empty());
  const auto bytes = static_cast<std::int64_t>(row_8.size() + 2 * row_9.size());
  EXPECT_EQ(told.front().bytes_total, bytes) << "known before the first byte is read";
  EXPECT_EQ(told.back().bytes, bytes);
  EXPECT_EQ(told.back().files, 2);
  EXPECT_EQ(told.back().rows, 3);
  EXPECT_TRUE(std::ranges::is_sorted(told, {}, &ReadingProgress::bytes));
}

TEST_F(Sources, HeaderLinesAreNoRows) {
  request.format = {R"({"type":"csv","findColumnsFromHeader":true})"};
  pipeline = *pipeline_of_load(pipeline, request);
  const auto content = read({write("a.csv", "page,ts\nb,2026-03-01T08:10Z\n")});
  ASSERT_TRUE(content) << content.error().message;
  EXPECT_THAT(content->chunks, ElementsAre(LoadChunk{eight, 1}, LoadChunk{nine, 0}));
  EXPECT_EQ(content->proof, Proof::counted);
  expect_refused({write("b.csv", "page\nb\n")}, ErrorKind::invalid,
                 "b.csv: its header line can't be used: it does not name");
}

TEST_F(Sources, FormatsThatOnlyDruidReadsAreDigestedAndNotCounted) {
  request.format = {R"({"type":"parquet"})"};
  pipeline = *pipeline_of_load(pipeline, request);
  const auto content = read({write("a.parquet", "PAR1"), write("b.parquet.bz2", "BZh")});
  ASSERT_TRUE(content) << content.error().message;
  EXPECT_EQ(content->proof, Proof::reported);
  EXPECT_THAT(content->chunks, ElementsAre(LoadChunk{eight, -1}, LoadChunk{nine, -1}));
  ASSERT_EQ(content->files.size(), 2U);
  EXPECT_EQ(content->files[0].bytes, 4);
  EXPECT_EQ(content->files[0].rows, -1);
  EXPECT_THAT(content->notes, ElementsAre(HasSubstr("does not read parquet")));
  const auto part = make_part(*content, {nine});
  EXPECT_EQ(part.rows, -1);
  EXPECT_THAT(part.files, ElementsAre(0, 1)) << "any of them may have rows of it";
  const auto before = load_fingerprint(request, *content);
  const auto other = read({write("a.parquet", "PAR2"), (folder / "b.parquet.bz2").string()});
  ASSERT_TRUE(other);
  EXPECT_NE(load_fingerprint(request, *other), before) << "other bytes are another load";
}

TEST_F(Sources, LinesThatAreNoRowsAreShownWithTheirPlace) {
  const auto content = read({write("odd.json", row_8 + "odd\n" + row_9)});
  ASSERT_TRUE(content);
  EXPECT_EQ(content->rows.unparseable, 1);
  ASSERT_EQ(content->notes.size(), 1U);
  EXPECT_THAT(content->notes[0], HasSubstr("odd.json:2: no row: odd"));
}

TEST_F(Sources, TheFingerprintIsOfWhatIsLoaded) {
  const std::string path = write("a.json", row_8);
  const auto print = [&] { return load_fingerprint(request, *read({path})); };
  const std::string first = print();
  EXPECT_EQ(print(), first);
  write("a.json", row_8);  // the same bytes at another time
  EXPECT_EQ(print(), first);
  request.reason = "another one asks";
  EXPECT_EQ(print(), first);
  request.mode = LoadMode::replace;
  EXPECT_NE(print(), first);
  request.mode = LoadMode::append;
  write("a.json", row_8 + row_8);
  EXPECT_NE(print(), first);
}

TEST_F(Sources, InlineRowsAreCountedAlike) {
  request.inline_rows = row_8 + row_9;
  const auto content = read_inline(pipeline, request, chunks);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->input, LoadInput::inlined);
  EXPECT_THAT(content->chunks, ElementsAre(LoadChunk{eight, 1}, LoadChunk{nine, 1}));
}

TEST_F(Sources, AFormatOfItsOwnIsReadBySo) {
  request.format = {R"({"type":"csv","columns":["ts"]})"};
  auto reads = pipeline_of_load(pipeline, request);
  ASSERT_TRUE(reads);
  pipeline = *reads;
  const auto content = read({write("a.csv", "2026-03-01T08:10Z\n2026-03-01T09:10Z\n")});
  ASSERT_TRUE(content) << content.error().message;
  EXPECT_EQ(content->rows.accepted, 2);
  request.format = {"[]"};
  EXPECT_FALSE(pipeline_of_load(pipeline, request));
}

LoadContent content_of(std::vector<LoadChunk> all, std::vector<LoadFile> files) {
  LoadContent content;
  content.chunks = std::move(all);
  content.files = std::move(files);
  return content;
}

TEST(MakePart, ATaskHasTheFilesAndTheRowsOfItsChunks) {
  const Instant ten = at("2026-03-01T10:00Z");
  const LoadContent content =
      content_of({{eight, 4}, {nine, 0}, {ten, 5}},
                 {{"a", 1, "", 4, {eight}}, {"b", 1, "", 5, {ten}}, {"c", 1, "", 0, {}}});
  EXPECT_EQ(make_part(content, {eight}), (LoadPart{{eight}, {0}, 4}));
  EXPECT_EQ(make_part(content, {ten}), (LoadPart{{ten}, {1}, 5}));
  EXPECT_EQ(make_part(content, {eight, nine, ten}), (LoadPart{{eight, nine, ten}, {0, 1}, 9}));
}

TEST(MakePart, WhatWasNotCountedGoesIntoEveryTask) {
  const LoadContent content = content_of({{eight, -1}, {nine, 3}}, {{"s3://a", -1, "", -1, {}}});
  EXPECT_EQ(make_part(content, {eight}), (LoadPart{{eight}, {0}, -1}));
  EXPECT_EQ(make_part(content, {eight, nine}), (LoadPart{{eight, nine}, {0}, -1}));
  EXPECT_EQ(make_part(content, {nine}), (LoadPart{{nine}, {0}, 3}));
}

}  // namespace
}  // namespace henge::daemon
