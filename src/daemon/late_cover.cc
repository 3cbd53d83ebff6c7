#include "daemon/late_cover.h"

#include <fmt/format.h>

#include <algorithm>

#include "scan/delta_layout.h"

namespace henge::daemon {
namespace {

using scan::Extent;

// The rows of an extent before and after a moment, each as extents of their own.
struct Cut {
  std::vector<Extent> before, after;
};

Extent begin_extent(const Extent& whole, std::int64_t offset) {
  Extent out = whole;
  out.offset = offset;
  out.bytes = out.rows = out.payload_bytes = 0;
  out.arrival_first = Instant::max();
  return out;
}

void end_extent(const std::string& bytes, std::int64_t origin, Extent& extent) {
  extent.checksum = scan::checksum_of(std::string_view(bytes).substr(
      static_cast<std::size_t>(extent.offset - origin), static_cast<std::size_t>(extent.bytes)));
}

// Entries stand in the order of the scan, not of their arrival: an extent falls into as many
// pieces as it changes sides.
Result<Cut> cut(const scan::DeltaFolder& folder, const Extent& extent, Instant as_of) {
  Cut out;
  if (extent.arrival_first > as_of) {
    out.after.push_back(extent);
    return out;
  }
  TRY(const std::string bytes, scan::read_extent(folder, extent));
  TRY(const auto entries, scan::parse_entries(bytes));
  std::vector<Extent>* side = nullptr;
  std::int64_t offset = extent.offset;
  for (const scan::DeltaEntry& entry : entries) {
    std::vector<Extent>& own = entry.arrival <= as_of ? out.before : out.after;
    if (&own != side) own.push_back(begin_extent(extent, offset));
    side = &own;
    Extent& piece = own.back();
    const auto size = static_cast<std::int64_t>(scan::entry_head_bytes + entry.bytes.size());
    offset += size;
    piece.bytes += size;
    piece.rows += 1;
    piece.payload_bytes += static_cast<std::int64_t>(entry.bytes.size());
    piece.arrival_first = std::min(piece.arrival_first, entry.arrival);
  }
  for (Extent& piece : out.before) end_extent(bytes, extent.offset, piece);
  for (Extent& piece : out.after) end_extent(bytes, extent.offset, piece);
  return out;
}

void append(std::vector<Extent>& to, std::vector<Extent> more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

Result<void> cover_late_rows(const scan::DeltaFolder& folder, const ledger::PipelineState& state,
                             Instant as_of, ledger::LoadTarget& target) {
  auto known = state.chunks.find(target.chunk);
  if (known == state.chunks.end()) return {};
  for (const Extent& waiting : known->second.waiting) {
    TRY(Cut sides, cut(folder, waiting, as_of));
    if (sides.before.empty()) continue;  // it goes on waiting as it is
    target.dropped.push_back(waiting);
    append(target.covered, std::move(sides.before));
    append(target.returned, std::move(sides.after));
  }
  for (const auto& [name, repair] : state.repairs) {
    if (repair.phase != ledger::RepairPhase::confirmed) continue;
    for (const Extent& repaired : repair.intent.extents) {
      if (repaired.chunk != target.chunk) continue;
      TRY(Cut sides, cut(folder, repaired, as_of));
      append(target.covered, std::move(sides.before));
      append(target.returned, std::move(sides.after));
    }
  }
  return {};
}

}  // namespace henge::daemon
