// The bytes of delta files: little-endian numbers, a head, then entries. docs/delta-format.md
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/result.h"
#include "scan/delta_file.h"

namespace henge::scan {

inline constexpr std::size_t entry_head_bytes = 40;

std::string encode_head(std::string_view pipeline);
// How many bytes the head takes. Errors: corrupt - no delta file, a version that this henge does
// not know, or damaged; conflict - the file of another pipeline.
Result<std::int64_t> check_head(std::string_view bytes, std::string_view pipeline);

void append_entry(std::string& bytes, const KeptRow& row, std::string_view text);
// XXH3-64 as 16 hexadecimal digits.
std::string checksum_of(std::string_view bytes);

// delta-00000007.bin and back; nothing for other names.
std::string delta_file_name(int number);
std::optional<int> delta_file_number(std::string_view name);

}  // namespace henge::scan
