// What a repair task reads: one row a line, exactly as many bytes as were promised.
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <nlohmann/json.hpp>

#include "scan/delta_samples_test.h"

namespace henge::scan {
namespace {

std::vector<Extent> keep(const Folder& folder, const std::vector<std::string>& rows) {
  Findings findings;
  for (const std::string& row : rows) add(findings, DeltaKind::late, 0, row);
  return *open(folder).append({&findings});
}

// The lines of all extents, and whether their number of bytes was promised.
std::string lines_of(const Folder& folder, const std::vector<Extent>& extents) {
  DeltaLines lines(folder.delta(), extents);
  const std::int64_t promised = lines.bytes_total();
  std::string all;
  auto next = lines.next();
  for (; next && *next; next = lines.next()) all += **next;
  EXPECT_TRUE(next) << next.error().message;
  EXPECT_EQ(static_cast<std::int64_t>(all.size()), promised);
  return all;
}

TEST(DeltaLines, they_are_one_row_each_and_as_long_as_promised) {
  const Folder folder;
  const Findings findings = sample();
  const auto extents = open(folder).append({&findings});
  ASSERT_TRUE(extents);
  DeltaLines lines(folder.delta(), {(*extents)[0], (*extents)[1]});
  const std::int64_t promised = lines.bytes_total();
  std::string all;
  for (auto next = lines.next(); next && *next; next = lines.next()) all += **next;
  EXPECT_EQ(all, "{\"a\":2, \"b\":3}\n{\"a\":1}\n{\"a\":4}\n");
  EXPECT_EQ(static_cast<std::int64_t>(all.size()), promised);
}

TEST(DeltaLines, a_line_break_between_tokens_becomes_a_space) {
  const std::vector<std::pair<std::string, std::string>> table{
      {R"({"a":1})", R"({"a":1})"},
      {"{\n  \"a\": 1\r\n}", "{   \"a\": 1\r }"},
      {"{\"a\":\"x\\ny\"}", "{\"a\":\"x\\ny\"}"},  // an escape is no line break
      {"[\n\n]", "[  ]"},
      {"1,2,x", "1,2,x"},
      {"1\t2\r", "1\t2\r"},
      {"", ""},
  };
  for (const auto& [row, line] : table) {
    const Folder folder;
    EXPECT_EQ(lines_of(folder, keep(folder, {row})), line + "\n") << row;
  }
}

TEST(DeltaLines, json_means_the_same_afterwards) {
  const std::string row = "{\n\"a\" :\n[1,\n2],\"b\":\"\\n\\\\\",\n\"c\":{}}";
  const Folder folder;
  const std::string line = lines_of(folder, keep(folder, {row}));
  EXPECT_EQ(nlohmann::json::parse(line), nlohmann::json::parse(row));
  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
}

TEST(DeltaLines, of_no_extents_are_none) {
  const Folder folder;
  EXPECT_EQ(lines_of(folder, {}), "");
}

TEST(DeltaLines, a_damaged_extent_ends_them_and_asking_again_does_not_skip_it) {
  const Folder folder;
  const Findings findings = sample();
  const auto extents = *open(folder).append({&findings});
  const fs::path path = folder.delta().path / extents[0].file;
  std::string bytes = bytes_in(path);
  bytes[static_cast<std::size_t>(extents[1].offset) + 41] ^= 1;
  put_bytes(path, bytes);
  DeltaLines lines(folder.delta(), extents);
  EXPECT_TRUE(lines.next());
  for (int i = 0; i < 2; ++i) {
    const auto refused = lines.next();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::corrupt);
  }
}

RC_GTEST_PROP(DeltaLines, one_for_each_row_and_the_same_each_time, ()) {
  const auto rows = *rc::gen::container<std::vector<std::string>>(
      rc::gen::container<std::string>(rc::gen::element('a', '\n', ' ', '\0', '\xff', ',')));
  const Folder folder;
  const auto extents = keep(folder, rows);
  const std::string lines = lines_of(folder, extents);
  RC_ASSERT(std::ranges::count(lines, '\n') == static_cast<std::ptrdiff_t>(rows.size()));
  RC_ASSERT(lines_of(folder, extents) == lines);
}

}  // namespace
}  // namespace henge::scan
