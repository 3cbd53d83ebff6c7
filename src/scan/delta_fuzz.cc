// Any bytes as an extent of a delta file: never a crash, and what parses lies inside what was
// given.
#include <cstdint>

#include "model/result.h"
#include "scan/delta_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto entries = henge::scan::parse_entries(bytes);
  if (!entries) {
    henge::invariant(entries.error().kind == henge::ErrorKind::corrupt, "damage is told as damage");
    return 0;
  }
  std::size_t total = 0;
  for (const auto& entry : *entries) {
    henge::invariant(entry.bytes.data() >= bytes.data() &&
                         entry.bytes.data() + entry.bytes.size() <= bytes.data() + bytes.size(),
                     "a row lies inside its extent");
    total += entry.bytes.size();
  }
  henge::invariant(total <= bytes.size(), "rows do not overlap");
  return 0;
}
