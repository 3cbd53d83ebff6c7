// Every kind of damage to delta files: refused with a reason, never read wrongly, never made worse.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>

#include <rapidcheck/gtest.h>

#include "scan/delta_layout.h"
#include "scan/delta_samples_test.h"

namespace henge::scan {
namespace {

struct Kept {
  Folder folder;
  Findings findings = sample();
  std::vector<Extent> extents = *open(folder).append({&findings});
  fs::path path = folder.delta().path / extents.front().file;
  std::string bytes = bytes_in(path);
};

std::string problem_of(const Folder& folder, const Extent& extent) {
  const auto read = read_extent(folder.delta(), extent);
  if (read) return "none";
  return fmt::format("{}: {}", to_string(read.error().kind), read.error().message);
}

bool starts_with(const std::string& text, std::string_view kind, std::string_view word) {
  return text.starts_with(kind) && text.find(word) != std::string::npos;
}

TEST(DeltaDamage, each_flipped_bit_of_a_file_is_found_by_the_extents_it_is_in) {
  const Kept kept;
  const auto head = static_cast<std::size_t>(kept.extents.front().offset);
  for (std::size_t at = 0; at < kept.bytes.size(); ++at) {
    std::string bytes = kept.bytes;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
    put_bytes(kept.path, bytes);
    for (const Extent& extent : kept.extents) {
      const auto begin = static_cast<std::size_t>(extent.offset);
      const bool inside = at >= begin && at < begin + static_cast<std::size_t>(extent.bytes);
      EXPECT_EQ(problem_of(kept.folder, extent) != "none", inside || at < head) << at;
    }
  }
}

TEST(DeltaDamage, each_length_that_a_torn_file_may_have) {
  const Kept kept;
  for (std::size_t size = 0; size <= kept.bytes.size(); ++size) {
    put_bytes(kept.path, kept.bytes.substr(0, size));
    for (const Extent& extent : kept.extents) {
      const bool whole = static_cast<std::size_t>(extent.offset + extent.bytes) <= size;
      const std::string problem = problem_of(kept.folder, extent);
      EXPECT_EQ(problem == "none", whole) << size;
      if (!whole) EXPECT_TRUE(starts_with(problem, "corrupt", kept.extents[0].file)) << problem;
    }
    const auto writer = DeltaWriter::open(kept.folder.delta(), ends_of(kept.extents), file_max);
    EXPECT_EQ(writer.has_value(), size == kept.bytes.size()) << size;
    EXPECT_EQ(fs::file_size(kept.path), size) << "a refusal changes nothing";
  }
}

TEST(DeltaDamage, says_what_is_wrong_with_a_head) {
  const Kept kept;
  const auto with = [&](std::size_t at, std::string_view bytes) {
    std::string changed = kept.bytes;
    changed.replace(at, bytes.size(), bytes);
    put_bytes(kept.path, changed);
    return problem_of(kept.folder, kept.extents[0]);
  };
  EXPECT_TRUE(starts_with(with(0, "HENGEDLX"), "corrupt", "does not begin as a delta file"));
  EXPECT_TRUE(starts_with(with(8, "\x02"), "corrupt", "version 2, this henge knows version 1"));
  EXPECT_TRUE(starts_with(with(12, "\xff\xff"), "corrupt", "head is damaged"));
  EXPECT_TRUE(starts_with(with(16, "x"), "corrupt", "head is damaged"));
  put_bytes(kept.path, "");
  EXPECT_TRUE(starts_with(problem_of(kept.folder, kept.extents[0]), "corrupt", "does not begin"));
}

TEST(DeltaDamage, a_file_of_another_pipeline_is_a_conflict) {
  const Kept kept;
  DeltaFolder other = kept.folder.delta();
  other.pipeline = "orders";  // as long a name
  const auto read = read_extent(other, kept.extents[0]);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::conflict);
  EXPECT_NE(read.error().message.find("'clicks', not 'orders'"), std::string::npos);
  const auto writer = DeltaWriter::open(other, ends_of(kept.extents), file_max);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().kind, ErrorKind::conflict);
  EXPECT_EQ(bytes_in(kept.path), kept.bytes);
}

TEST(DeltaDamage, an_extent_that_does_not_exist) {
  const Kept kept;
  const auto with = [&](auto change) {
    Extent extent = kept.extents[1];
    change(extent);
    return problem_of(kept.folder, extent);
  };
  EXPECT_EQ(with([](Extent&) {}), "none");
  EXPECT_TRUE(starts_with(with([](Extent& e) { e.file = "delta-00000009.bin"; }), "not_found",
                          "delta-00000009.bin"));
  EXPECT_TRUE(starts_with(with([](Extent& e) { e.offset += 1; }), "corrupt", "checksum"));
  EXPECT_TRUE(starts_with(with([](Extent& e) { e.bytes -= 1; }), "corrupt", "checksum"));
  EXPECT_TRUE(starts_with(with([](Extent& e) { e.bytes += 10'000; }), "corrupt", "ends before"));
  EXPECT_TRUE(starts_with(with([](Extent& e) { e.offset = 1 << 30; }), "corrupt", "ends before"));
  EXPECT_TRUE(starts_with(with([](Extent& e) { e.offset = 3; }), "corrupt", "record of it"));
  EXPECT_TRUE(starts_with(with([](Extent& e) { e.bytes = -1; }), "corrupt", "record of it"));
  EXPECT_TRUE(starts_with(with([](Extent& e) { e.checksum = std::string(16, '0'); }), "corrupt",
                          "checksum"));
}

TEST(DeltaEntries, are_refused_where_their_numbers_cannot_be) {
  std::string bytes;
  const KeptRow row{DeltaKind::early,  instant_of_ms(5), 3, 77, 2,
                    instant_of_ms(-1), instant_of_ms(9), 0, 4};
  append_entry(bytes, row, "text");
  const auto entries = parse_entries(bytes);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ((*entries)[0].kind, DeltaKind::early);
  EXPECT_EQ((*entries)[0].partition, 3);
  EXPECT_EQ((*entries)[0].offset, 77);
  EXPECT_EQ((*entries)[0].index, 2);
  EXPECT_EQ((*entries)[0].arrival, instant_of_ms(-1));
  EXPECT_EQ((*entries)[0].event, instant_of_ms(9));
  EXPECT_EQ((*entries)[0].bytes, "text");
  EXPECT_EQ(bytes.size(), entry_head_bytes + 4);
  EXPECT_TRUE(parse_entries("")->empty());
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    const auto cut = parse_entries(std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().kind, ErrorKind::corrupt);
    EXPECT_NE(cut.error().message.find("entry 0"), std::string::npos);
  }
  std::string other_kind = bytes;
  other_kind[20] = 3;
  EXPECT_FALSE(parse_entries(other_kind));
  std::string longer = bytes + bytes;
  longer[entry_head_bytes + 4] = 5;
  EXPECT_NE(parse_entries(longer).error().message.find("entry 1"), std::string::npos);
  std::string huge = bytes;
  std::memset(huge.data(), 0xff, 4);
  EXPECT_FALSE(parse_entries(huge));
}

// Dying at any byte of a write that the ledger never heard of costs nothing.
TEST(DeltaResume, cuts_off_whatever_a_crash_has_left) {
  const Kept kept;
  std::string longer;
  {
    auto writer = open(kept.folder, ends_of(kept.extents));
    ASSERT_TRUE(writer.append({&kept.findings}));
    longer = bytes_in(kept.path);
  }
  for (std::size_t size = kept.bytes.size(); size <= longer.size(); ++size) {
    put_bytes(kept.path, longer.substr(0, size));
    auto writer = open(kept.folder, ends_of(kept.extents));
    EXPECT_EQ(bytes_in(kept.path), kept.bytes) << size;
  }
  // Also garbage of any kind.
  put_bytes(kept.path, kept.bytes + std::string(5000, '\xff'));
  auto writer = open(kept.folder, ends_of(kept.extents));
  const auto again = *writer.append({&kept.findings});
  EXPECT_EQ(bytes_in(kept.path), longer);
  for (const Extent& extent : again) EXPECT_EQ(problem_of(kept.folder, extent), "none");
}

TEST(DeltaResume, a_file_that_the_ledger_never_heard_of_behind_the_last_is_removed) {
  const Kept kept;
  const fs::path next = kept.folder.delta().path / "delta-00000002.bin";
  put_bytes(next, "half a head");
  auto writer = open(kept.folder, ends_of(kept.extents));
  EXPECT_FALSE(fs::exists(next));
  EXPECT_EQ((*writer.append({&kept.findings}))[0].file, "delta-00000001.bin");
}

TEST(DeltaResume, a_number_is_never_used_again) {
  const Kept kept;
  fs::remove(kept.path);
  auto writer = open(kept.folder, ends_of(kept.extents));
  EXPECT_EQ((*writer.append({&kept.findings}))[0].file, "delta-00000002.bin");
}

TEST(DeltaResume, strangers_in_the_folder_are_left_alone) {
  const Kept kept;
  const fs::path note = kept.folder.delta().path / "delta-1.bin";
  put_bytes(note, "mine");
  open(kept.folder, ends_of(kept.extents));
  EXPECT_EQ(bytes_in(note), "mine");
  EXPECT_FALSE(remove_delta_files(kept.folder.delta(), {"delta-1.bin"}));
  EXPECT_EQ(bytes_in(note), "mine");
}

TEST(DeltaResume, a_folder_that_cannot_be_made_or_opened_is_unavailable) {
  const Folder folder;
  fs::create_directories(folder.delta().path.parent_path());
  put_bytes(folder.delta().path, "a file where the folder should be");
  const auto writer = DeltaWriter::open(folder.delta(), {}, file_max);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().kind, ErrorKind::unavailable);
  EXPECT_NE(writer.error().message.find(folder.delta().path.string()), std::string::npos);
}

TEST(DeltaWriter, nothing_kept_makes_no_file) {
  const Folder folder;
  auto writer = open(folder);
  const Findings nothing;
  EXPECT_TRUE(writer.append({&nothing})->empty());
  EXPECT_TRUE(writer.append({})->empty());
  EXPECT_TRUE(fs::is_empty(folder.delta().path));
}

TEST(DeltaWriter, rolls_over_only_between_batches) {
  const Folder folder;
  Findings large;
  for (int i = 0; i < 20; ++i) add(large, DeltaKind::late, i % 2, std::string(100, 'x'));
  auto writer = open(folder, {}, 500);
  const auto first = *writer.append({&large});
  for (const Extent& extent : first) EXPECT_EQ(extent.file, "delta-00000001.bin");
  EXPECT_GT(first.back().offset + first.back().bytes, 500);
  EXPECT_EQ((*writer.append({&large}))[0].file, "delta-00000002.bin");
}

TEST(DeltaWriter, puts_the_findings_of_threads_into_one_extent_a_chunk) {
  const Folder folder;
  Findings one;
  Findings other;
  add(one, DeltaKind::late, 0, "a", 50);
  add(other, DeltaKind::late, 0, "b", 40);
  add(other, DeltaKind::late, 1, "c", 30);
  const auto extents = *open(folder).append({&one, &other});
  ASSERT_EQ(extents.size(), 2U);
  EXPECT_EQ(extents[0].rows, 2);
  EXPECT_EQ(extents[0].arrival_first, instant_of_ms(40));
  EXPECT_EQ(extents[0].payload_bytes, 2);
  EXPECT_EQ(extents[1].arrival_first, instant_of_ms(30));
  EXPECT_EQ(extents[1].offset, extents[0].offset + extents[0].bytes);
}

// Batches, crashes that tear the file, and what the ledger heard of, in any order.
RC_GTEST_PROP(DeltaResume, what_the_ledger_knows_is_always_there_after_any_crashes, ()) {
  const Folder folder;
  std::vector<Extent> recorded;
  const auto steps = *rc::gen::inRange(1, 6);
  for (int step = 0; step < steps; ++step) {
    const auto limit = *rc::gen::element<std::int64_t>(200, 2000, file_max);
    auto writer = open(folder, ends_of(recorded), limit);
    const auto rows =
        *rc::gen::container<std::vector<std::string>>(rc::gen::arbitrary<std::string>());
    Findings findings;
    for (const std::string& row : rows)
      add(findings, DeltaKind::late, static_cast<std::int64_t>(row.size() % 3), row);
    const auto extents = *writer.append({&findings});
    const bool heard = *rc::gen::arbitrary<bool>();
    if (heard) {
      recorded.insert(recorded.end(), extents.begin(), extents.end());
    } else if (!extents.empty() && !recorded.empty()) {
      // The crash came in the middle of that write.
      const fs::path path = folder.delta().path / extents[0].file;
      const auto whole = static_cast<std::int64_t>(fs::file_size(path));
      const std::int64_t begin =
          ends_of(recorded).contains(extents[0].file) ? extents[0].offset : 0;
      fs::resize_file(path, static_cast<std::uintmax_t>(*rc::gen::inRange(begin, whole + 1)));
    }
  }
  open(folder, ends_of(recorded));
  for (const Extent& extent : recorded) RC_ASSERT(problem_of(folder, extent) == "none");
}

}  // namespace
}  // namespace henge::scan
