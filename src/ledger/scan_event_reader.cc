#include "ledger/scan_event_reader.h"

#include <charconv>

namespace henge::ledger {
namespace {

// Goes over the text from left to right; the first thing that is not as expected ends it.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return good_ && rest_.empty(); }

  void expect(std::string_view literal) {
    good_ = good_ && rest_.starts_with(literal);
    if (good_) rest_.remove_prefix(literal.size());
  }
  // Takes it if it is there.
  bool take(char c) {
    if (!good_ || rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  template <typename Integer>
  void integer(Integer& out) {
    const std::string_view digits = rest_.substr(rest_.starts_with('-') ? 1 : 0, 2);
    const bool padded =
        digits.size() == 2 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
    const auto [stop, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
    good_ = good_ && !padded && error == std::errc();
    if (good_) rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()));
  }
  void instant(Instant& out) {
    std::int64_t ms = 0;
    integer(ms);
    out = instant_of_ms(ms);
  }
  // Plain characters alone: whatever has to be escaped is not read here.
  void text(std::string& out) {
    expect("\"");
    std::size_t size = 0;
    while (size < rest_.size() && rest_[size] != '"') {
      const char c = rest_[size++];
      if (c < ' ' || c == '\\' || c == 0x7f) good_ = false;
    }
    if (!good_) return;
    out.assign(rest_.substr(0, size));
    rest_.remove_prefix(size);
    expect("\"");
  }
  // What stands between brackets, each read by `one`.
  template <typename F>
  void list(char open, char close, F one) {
    if (!take(open)) {
      good_ = false;
      return;
    }
    if (take(close)) return;
    do {
      one();
    } while (take(','));
    if (!take(close)) good_ = false;
  }

 private:
  std::string_view rest_;
  bool good_ = true;
};

void read_counts(Reader& in, scan::RowCounts& c) {
  in.expect("[");
  in.integer(c.on_time);
  for (std::int64_t* field : {&c.late, &c.early, &c.filtered, &c.on_time_offset_last}) {
    in.expect(",");
    in.integer(*field);
  }
  in.expect("]");
}

void read_chunk(Reader& in, scan::ChunkCounts& chunks) {
  Instant chunk{};
  in.expect(R"({"chunk":)");
  in.instant(chunk);
  in.expect(R"(,"counts":)");
  in.list('{', '}', [&] {
    std::int32_t partition = 0;
    in.expect("\"");
    in.integer(partition);
    in.expect("\":");
    scan::RowCounts counts;
    read_counts(in, counts);
    if (in.good()) chunks[chunk][partition] = counts;
  });
  in.expect("}");
}

void read_extent(Reader& in, scan::Extent& e) {
  std::string kind;
  in.expect(R"({"arrival_first":)");
  in.instant(e.arrival_first);
  in.expect(R"(,"bytes":)");
  in.integer(e.bytes);
  in.expect(R"(,"checksum":)");
  in.text(e.checksum);
  in.expect(R"(,"chunk":)");
  in.instant(e.chunk);
  in.expect(R"(,"file":)");
  in.text(e.file);
  in.expect(R"(,"kind":)");
  in.text(kind);
  in.expect(R"(,"offset":)");
  in.integer(e.offset);
  in.expect(R"(,"payload_bytes":)");
  in.integer(e.payload_bytes);
  in.expect(R"(,"rows":)");
  in.integer(e.rows);
  in.expect("}");
  for (const auto each :
       {scan::DeltaKind::late, scan::DeltaKind::early, scan::DeltaKind::unparseable}) {
    if (kind != scan::to_string(each)) continue;
    e.kind = each;
    return;
  }
  in.expect("a kind that is known");
}

void read_witness(Reader& in, std::optional<Witness>& out) {
  Witness w;
  in.expect(R"("witness":{"arrival":)");
  in.instant(w.arrival);
  in.expect(R"(,"hash":)");
  in.text(w.hash);
  in.expect(R"(,"offset":)");
  in.integer(w.offset);
  in.expect("}");
  out = std::move(w);
}

void read_progress(Reader& in, scan::PartitionProgress& p) {
  in.expect(R"({"arrival_floor":)");
  in.instant(p.arrival_floor);
  in.expect(R"(,"arrival_max":)");
  in.instant(p.arrival_max);
  in.expect(R"(,"from":)");
  in.integer(p.from);
  in.expect(R"(,"lost":)");
  in.integer(p.lost);
  in.expect(R"(,"null_values":)");
  in.integer(p.null_values);
  in.expect(R"(,"partition":)");
  in.integer(p.partition);
  in.expect(R"(,"records":)");
  in.integer(p.records);
  in.expect(R"(,"to":)");
  in.integer(p.to);
  in.expect(R"(,"unparseable":)");
  in.integer(p.unparseable);
  in.expect(R"(,"without_timestamp":)");
  in.integer(p.without_timestamp);
  if (in.take(',')) read_witness(in, p.witness);
  in.expect("}");
}

}  // namespace

std::optional<ScanAdvanced> read_scan_as_written(std::string_view json) {
  ScanAdvanced out;
  Reader in(json);
  in.expect(R"({"chunks":)");
  in.list('[', ']', [&] { read_chunk(in, out.batch.chunks); });
  in.expect(R"(,"extents":)");
  in.list('[', ']', [&] { read_extent(in, out.batch.extents.emplace_back()); });
  in.expect(R"(,"partitions":)");
  in.list('[', ']', [&] { read_progress(in, out.batch.partitions.emplace_back()); });
  in.expect("}");
  if (!in.at_end()) return std::nullopt;
  return out;
}

}  // namespace henge::ledger
