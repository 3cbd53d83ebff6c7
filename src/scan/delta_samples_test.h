// A folder of delta files and rows to keep, for the tests of them.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "scan/delta_file.h"

namespace henge::scan {

namespace fs = std::filesystem;

inline constexpr std::int64_t file_max = 1 << 20;

// A folder that goes away with the test.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "henge-delta-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  [[nodiscard]] DeltaFolder delta() const { return {path_ / "clicks", "clicks"}; }

 private:
  fs::path path_;
};

inline void add(Findings& findings, DeltaKind kind, std::int64_t chunk, const std::string& bytes,
                std::int64_t arrival = 1000) {
  findings.kept.push_back(
      {kind, instant_of_ms(chunk), 2, static_cast<std::int64_t>(findings.kept.size()), 1,
       instant_of_ms(arrival), instant_of_ms(chunk + 5), findings.text.size(), bytes.size()});
  findings.text += bytes;
}

inline Findings sample() {
  Findings findings;
  add(findings, DeltaKind::late, 3'600'000, R"({"a":1})", 900);
  add(findings, DeltaKind::unparseable, 0, "garbage");
  add(findings, DeltaKind::late, 0, "{\"a\":2,\n\"b\":3}");
  add(findings, DeltaKind::late, 3'600'000, R"({"a":4})", 800);
  return findings;
}

inline DeltaWriter open(const Folder& folder, const DeltaEnds& known = {},
                        std::int64_t max = file_max) {
  auto writer = DeltaWriter::open(folder.delta(), known, max);
  EXPECT_TRUE(writer) << writer.error().message;
  return std::move(*writer);
}

inline DeltaEnds ends_of(const std::vector<Extent>& extents) {
  DeltaEnds ends;
  for (const Extent& e : extents) ends[e.file] = std::max(ends[e.file], e.offset + e.bytes);
  return ends;
}

// All bytes of a file, and a file of those bytes.
inline std::string bytes_in(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void put_bytes(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace henge::scan
