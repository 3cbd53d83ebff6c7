// Delta files: what was written is read, what was damaged is refused, what was never recorded is
// cut.
#include "scan/delta_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include <rapidcheck/gtest.h>

#include "scan/delta_layout.h"
#include "scan/delta_samples_test.h"

namespace henge::scan {
namespace {

TEST(DeltaFile, groups_rows_by_kind_and_chunk_and_gives_them_back) {
  const Folder folder;
  const Findings findings = sample();
  auto extents = open(folder).append({&findings});
  ASSERT_TRUE(extents);
  ASSERT_EQ(extents->size(), 3U);
  const Extent& second = (*extents)[1];
  EXPECT_EQ(second.kind, DeltaKind::late);
  EXPECT_EQ(second.chunk, instant_of_ms(3'600'000));
  EXPECT_EQ(second.rows, 2);
  EXPECT_EQ(second.payload_bytes, 14);
  EXPECT_EQ(second.arrival_first, instant_of_ms(800));
  const auto bytes = read_extent(folder.delta(), second);
  ASSERT_TRUE(bytes) << bytes.error().message;
  const auto entries = parse_entries(*bytes);
  ASSERT_TRUE(entries);
  EXPECT_EQ((*entries)[0].bytes, R"({"a":1})");
  EXPECT_EQ((*entries)[1].offset, 3);
  EXPECT_EQ((*entries)[1].partition, 2);
  EXPECT_EQ((*entries)[1].event, instant_of_ms(3'600'005));
}

TEST(DeltaFile, cuts_what_was_never_recorded) {
  const Folder folder;
  const Findings findings = sample();
  std::vector<Extent> recorded;
  {
    auto writer = open(folder);
    recorded = *writer.append({&findings});
    ASSERT_TRUE(writer.append({&findings}));
  }
  auto writer = open(folder, ends_of(recorded));
  const auto again = writer.append({&findings});
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)[0].offset, recorded.back().offset + recorded.back().bytes);
  for (const auto& extents : {recorded, *again}) {
    for (const Extent& e : extents) EXPECT_TRUE(read_extent(folder.delta(), e));
  }
}

TEST(DeltaFile, sets_files_aside_that_the_ledger_knows_nothing_of) {
  const Folder folder;
  const Findings findings = sample();
  ASSERT_TRUE(open(folder).append({&findings}));
  const auto extents = open(folder).append({&findings});
  ASSERT_TRUE(extents);
  EXPECT_EQ((*extents)[0].file, "delta-00000002.bin");
  EXPECT_TRUE(fs::exists(folder.delta().path / "delta-00000001.bin.unknown"));
}

TEST(DeltaFile, begins_a_new_file_when_one_is_full_and_removes_files_that_are_done) {
  const Folder folder;
  const Findings findings = sample();
  auto writer = open(folder, {}, 100);
  const auto first = *writer.append({&findings});
  const auto second = *writer.append({&findings});
  EXPECT_EQ(first[0].file, "delta-00000001.bin");
  EXPECT_EQ(second[0].file, "delta-00000002.bin");
  EXPECT_TRUE(remove_delta_files(folder.delta(), {first[0].file}));
  EXPECT_TRUE(remove_delta_files(folder.delta(), {first[0].file}));
  EXPECT_EQ(read_extent(folder.delta(), first[0]).error().kind, ErrorKind::not_found);
  EXPECT_TRUE(read_extent(folder.delta(), second[0]));
  EXPECT_EQ(remove_delta_files(folder.delta(), {"../ledger.db"}).error().kind, ErrorKind::invalid);
  // A file that is gone is no reason not to start.
  DeltaEnds known = ends_of(first);
  known.merge(ends_of(second));
  auto reopened = open(folder, known);
  EXPECT_EQ((*reopened.append({&findings}))[0].file, second[0].file);
}

TEST(DeltaFile, refuses_what_is_damaged_and_leaves_it) {
  const Folder folder;
  const Findings findings = sample();
  const auto extents = *open(folder).append({&findings});
  const fs::path path = folder.delta().path / extents[0].file;
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(extents[1].offset + 3);
    file.put('\x7f');
  }
  EXPECT_TRUE(read_extent(folder.delta(), extents[0]));
  const auto damaged = read_extent(folder.delta(), extents[1]);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().kind, ErrorKind::corrupt);
  EXPECT_NE(damaged.error().message.find(extents[0].file), std::string::npos);
  EXPECT_EQ(read_extent({folder.delta().path, "other"}, extents[0]).error().kind,
            ErrorKind::corrupt);
  const auto size = fs::file_size(path);
  fs::resize_file(path, size - 10);
  EXPECT_EQ(read_extent(folder.delta(), extents[2]).error().kind, ErrorKind::corrupt);
  const auto refused = DeltaWriter::open(folder.delta(), ends_of(extents), file_max);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::corrupt);
  EXPECT_EQ(fs::file_size(path), size - 10);
}

// A file size limit stands for a full disk: the kernel answers with an error in the middle of a
// write.
TEST(DeltaFile, a_full_disk_leaves_nothing_half_written_and_passes) {
  const Folder folder;
  const Findings findings = sample();
  auto writer = open(folder);
  const auto before = *writer.append({&findings});
  const fs::path path = folder.delta().path / before[0].file;
  const auto size = fs::file_size(path);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const rlimit tight{size + 30, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &tight);
  const auto full = writer.append({&findings});
  setrlimit(RLIMIT_FSIZE, &old);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind, ErrorKind::exhausted);
  EXPECT_EQ(fs::file_size(path), size);
  const auto after = writer.append({&findings});
  ASSERT_TRUE(after);
  EXPECT_TRUE(read_extent(folder.delta(), (*after)[2]));
}

TEST(DeltaLayout, head) {
  const std::string head = encode_head("clicks");
  EXPECT_EQ(check_head(head, "clicks"), static_cast<std::int64_t>(head.size()));
  EXPECT_EQ(check_head(head, "others").error().kind, ErrorKind::conflict);
  for (std::size_t i = 0; i < head.size(); ++i) {
    std::string bad = head;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_EQ(check_head(bad, "clicks").error().kind, ErrorKind::corrupt) << i;
    EXPECT_EQ(check_head(std::string_view(head).substr(0, i), "clicks").error().kind,
              ErrorKind::corrupt)
        << i;
  }
  EXPECT_EQ(delta_file_number(delta_file_name(12)), 12);
  for (const char* bad : {"delta-1.bin", "delta-00000000.bin", "delta-0000000x.bin", "x",
                          "delta-00000001.bin.unknown"}) {
    EXPECT_FALSE(delta_file_number(bad)) << bad;
  }
}

RC_GTEST_PROP(DeltaFile, what_is_written_is_read_and_a_cut_tail_never_is,
              (const std::vector<std::string>& rows, std::uint32_t cut)) {
  const Folder folder;
  Findings findings;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    add(findings, i % 3 == 0 ? DeltaKind::early : DeltaKind::late,
        static_cast<std::int64_t>(i % 4) * 1000, rows[i]);
  }
  const auto extents = open(folder).append({&findings});
  RC_ASSERT(extents.has_value());
  std::size_t read = 0;
  for (const Extent& e : *extents) {
    const auto bytes = read_extent(folder.delta(), e);
    RC_ASSERT(bytes.has_value());
    read += parse_entries(*bytes)->size();
  }
  RC_ASSERT(read == rows.size());
  if (extents->empty()) return;
  const fs::path path = folder.delta().path / extents->front().file;
  const auto size = cut % fs::file_size(path);
  fs::resize_file(path, size);
  for (const Extent& e : *extents) {
    RC_ASSERT(read_extent(folder.delta(), e).has_value() ==
              (e.offset + e.bytes <= static_cast<std::int64_t>(size)));
  }
}

}  // namespace
}  // namespace henge::scan
