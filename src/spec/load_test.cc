// Files and folders on the disk.
#include "spec/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace henge::spec {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string pipeline(const std::string& name) {
  return "apiVersion: henge/v1\nkind: Pipeline\nmetadata: {name: " + name + R"yaml(}
spec:
  lateness: PT1H
  schema: {timestamp: {column: ts}, dimensions: [a]}
  stream: {topic: t, consumerProperties: {bootstrap.servers: k}, inputFormat: {type: json}}
)yaml";
}

class Load : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("henge-load-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "sub");
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }

  static std::vector<std::string> names(const Loaded& loaded) {
    std::vector<std::string> all;
    for (const ParsedPipeline& p : loaded.pipelines) all.push_back(p.pipeline.name);
    return all;
  }

  static std::vector<std::string> codes(const Loaded& loaded) {
    std::vector<std::string> all;
    for (const Diagnostic& d : loaded.diagnostics) all.push_back(d.code);
    return all;
  }

  fs::path folder_;
};

TEST_F(Load, folders_are_read_sorted_and_deep) {
  write("z.yaml", pipeline("z"));
  write("a.yml", pipeline("a") + "---\n" + pipeline("b"));
  write("sub/m.yaml", pipeline("m"));
  write(".hidden.yaml", "{");
  write("notes.txt", "{");
  fs::create_directory(folder_ / ".git");
  write(".git/x.yaml", "{");
  write("henge.yaml", "apiVersion: henge/v1\nkind: Config\n");
  Loaded loaded = load({folder_.string()});
  EXPECT_THAT(names(loaded), ElementsAre("a", "b", "m", "z"));
  EXPECT_THAT(codes(loaded), ElementsAre("skipped_document"));
}

TEST_F(Load, duplicates_over_files_are_found) {
  Loaded loaded = load({write("one.yaml", pipeline("p")), write("two.yaml", pipeline("p"))});
  EXPECT_THAT(codes(loaded), ElementsAre("duplicate_pipeline"));
  EXPECT_THAT(loaded.diagnostics[0].place.file, HasSubstr("two.yaml"));
}

TEST_F(Load, what_cannot_be_read_is_said) {
  Loaded loaded = load({(folder_ / "none.yaml").string()});
  EXPECT_THAT(codes(loaded), ElementsAre("unreadable"));
  EXPECT_THAT(loaded.diagnostics[0].message, HasSubstr("No such file"));
  EXPECT_THAT(codes(load({(folder_ / "sub").string()})), ElementsAre("no_files"));
  EXPECT_THAT(codes(load({})), IsEmpty());
}

TEST_F(Load, links_to_nothing_and_loops_do_no_harm) {
  fs::create_symlink(folder_, folder_ / "sub" / "loop");
  fs::create_symlink(folder_ / "gone", folder_ / "dangling.yaml");
  write("real.yaml", pipeline("real"));
  fs::create_symlink(folder_ / "real.yaml", folder_ / "sub" / "linked.yaml");
  Loaded loaded = load({folder_.string()});
  EXPECT_THAT(names(loaded), ElementsAre("real", "real"));
  EXPECT_THAT(codes(loaded), ElementsAre("duplicate_pipeline"));
}

TEST_F(Load, read_text_has_a_limit) {
  const std::string path = write("big.yaml", std::string(100, 'x'));
  EXPECT_EQ(read_text(path, 100).value().size(), 100u);
  EXPECT_EQ(read_text(path, 99).error().kind, ErrorKind::invalid);
  EXPECT_EQ(read_text(folder_.string(), 99).error().kind, ErrorKind::invalid);
  EXPECT_EQ(read_text(path + "x", 99).error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace henge::spec
