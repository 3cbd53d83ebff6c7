// Any bytes as a delta file: refused or read, never trusted.
#include <cstdint>

#include "scan/delta_layout.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace henge::scan;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(check_head(bytes, "clicks"));
  const auto entries = parse_entries(bytes);
  if (!entries) return 0;
  std::size_t total = 0;
  for (const DeltaEntry& entry : *entries) total += entry_head_bytes + entry.bytes.size();
  if (total != size) __builtin_trap();
  return 0;
}
