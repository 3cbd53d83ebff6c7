// A ledger as henge writes one over months, and how long it takes to open it: every event read,
// its checksum checked, folded into the state.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "ledger/journal.h"

namespace bench {

using namespace henge;

// One pipeline's history, event after event: each hour its scans, then the chunk is closed and
// sealed. Every fifth scan finds late rows for the chunk before.
class History {
 public:
  explicit History(int number)
      : name_(fmt::format("pipeline_{:04}", number)), start_(instant_of_ms(1'767'225'600'000)) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Instant now() const { return start_ + std::chrono::seconds(step_ * 40); }
  ledger::Body next();

 private:
  static constexpr int scans_per_chunk = 60;
  static constexpr int partitions = 2;
  static constexpr std::int64_t records_per_scan = 2'000;

  ledger::Body scan(Instant chunk);

  std::string name_;
  Instant start_;
  std::int64_t step_ = 0;
  std::int64_t offset_ = 0;
  std::int64_t late_ = 0;
};

inline ledger::Body History::next() {
  if (step_++ == 0) {
    ledger::PipelineDeclared declared;
    declared.version = 1;
    declared.document = "pipeline: " + name_;
    declared.fingerprint = "0123456789abcdef";
    declared.incarnation = "abcdef";
    return declared;
  }
  const std::int64_t turn = (step_ - 2) % (scans_per_chunk + 2);
  const Instant chunk = start_ + std::chrono::hours((step_ - 2) / (scans_per_chunk + 2));
  if (turn < scans_per_chunk) return scan(chunk);
  if (turn == scans_per_chunk) return ledger::ChunkClosed{chunk, "committed_offsets"};
  return ledger::ChunkSealed{chunk, scans_per_chunk * partitions * records_per_scan, 2, "counted",
                             "0123456789abcdef"};
}

inline ledger::Body History::scan(Instant chunk) {
  ledger::ScanAdvanced out;
  for (int partition = 0; partition < partitions; ++partition) {
    scan::PartitionProgress progress;
    progress.partition = partition;
    progress.from = offset_;
    progress.to = offset_ + records_per_scan;
    progress.records = records_per_scan;
    progress.arrival_max = progress.arrival_floor = now();
    out.batch.partitions.push_back(progress);
    out.batch.chunks[chunk][partition] = {records_per_scan, 0, 0, 0, progress.to - 1};
  }
  offset_ += records_per_scan;
  if (step_ % 5 == 0 && chunk > start_) {
    const Instant before = chunk - std::chrono::hours(1);
    out.batch.chunks[before][0].late = 3;
    scan::Extent extent;
    extent.file = "late-000001.delta";
    extent.offset = late_;
    extent.bytes = 600;
    extent.rows = 3;
    extent.payload_bytes = 540;
    extent.chunk = before;
    extent.arrival_first = now();
    extent.checksum = "0123456789abcdef";
    out.batch.extents.push_back(extent);
    late_ += extent.bytes;
  }
  return out;
}

inline double seconds_from(std::chrono::steady_clock::time_point begun) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

template <typename T>
T need(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "{}\n", result.error().message);
  std::exit(1);
}

inline void write_ledger(const std::string& path, int events) {
  constexpr int pipelines = 1'000;
  constexpr std::size_t batch = 10'000;
  ledger::Store store = need(ledger::Store::open(path, ledger::Mode::write));
  std::vector<History> histories;
  for (int number = 0; number < pipelines; ++number) histories.emplace_back(number);
  std::vector<ledger::NewRecord> records;
  std::int64_t last = 0;
  for (int event = 0; event < events; ++event) {
    History& history = histories[static_cast<std::size_t>(event % pipelines)];
    const ledger::Body body = history.next();
    records.push_back({history.now(), history.name(), kind_of(body), to_json(body)});
    if (records.size() < batch && event + 1 < events) continue;
    last = need(store.append(records, last));
    records.clear();
  }
}

inline int ledger(const std::string& path, int events) {
  auto begun = std::chrono::steady_clock::now();
  write_ledger(path, events);
  const double write = seconds_from(begun);
  begun = std::chrono::steady_clock::now();
  const ledger::Journal journal = need(ledger::Journal::open(path, ledger::Mode::write));
  const double open = seconds_from(begun);
  if (journal.sequence() != events) {
    fmt::print(stderr, "{} events came back of {}\n", journal.sequence(), events);
    return 1;
  }
  fmt::print(R"({{"events":{},"open_s":{:.3f},"write_s":{:.3f},"file_mb":{:.0f}}})"
             "\n",
             events, open, write, static_cast<double>(std::filesystem::file_size(path)) / 1e6);
  return 0;
}

}  // namespace bench
