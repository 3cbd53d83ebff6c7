// The records that led to something's present state, as lines for a person who asks why. Pure: it
// is shown the ledger's events in order and keeps what concerns its subject.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "ledger/event.h"

namespace henge::ledger {

// What is asked about; all of one pipeline.
struct WholePipeline {
  bool operator==(const WholePipeline&) const = default;
};
struct ChunkSubject {
  Instant start{};
  bool operator==(const ChunkSubject&) const = default;
};
struct RepairSubject {
  std::string repair;
  std::string task;  // only this attempt of it; empty: all
  bool operator==(const RepairSubject&) const = default;
};
struct DriftSubject {
  DriftKind kind{};
  std::string object;  // empty: all of the kind
  bool operator==(const DriftSubject&) const = default;
};
struct Subject {
  std::string pipeline;
  std::variant<WholePipeline, ChunkSubject, RepairSubject, DriftSubject> what;
  bool operator==(const Subject&) const = default;
};

// One sentence. Where many records say the same (scans, once a second) they are one line with sums.
struct StoryLine {
  std::int64_t first = 0;  // sequence numbers in the ledger
  std::int64_t last = 0;
  std::int64_t records = 0;
  Instant from{};
  Instant to{};
  std::string kind;  // of the event; `scan_advanced` and `progress` are sums
  std::string text;
  bool operator==(const StoryLine&) const = default;
};

class Storyteller {
 public:
  explicit Storyteller(Subject subject) : subject_(std::move(subject)) {}

  // In the order of the ledger, events of other pipelines too. A freeze of everything concerns all.
  void see(std::int64_t sequence, const Event& event);
  // Whether a record of that pipeline could be told at all: the others need not be parsed.
  [[nodiscard]] bool wants(const std::string& pipeline) const {
    return pipeline.empty() || pipeline == subject_.pipeline;
  }
  // All lines so far, oldest first.
  [[nodiscard]] std::vector<StoryLine> lines() const;

 private:
  // What scans found, and in the story of a whole pipeline which chunks went their usual way.
  struct Sum {
    StoryLine line;  // of no records: none is under way
    std::int64_t scans = 0, rows = 0, on_time = 0, late = 0, early = 0;
    std::int64_t closed = 0, sealed = 0;
    bool reopened = false;
  };

  bool add_to_sum(const Body& body);
  void add_scan(const ScanAdvanced& scan, Sum& sum);
  [[nodiscard]] bool scan_concerns(const ScanAdvanced& scan) const;
  bool concerns(const Body& body);
  bool chunk_concerns(const Body& body, Instant start);
  [[nodiscard]] std::string text_of(const Body& body) const;
  [[nodiscard]] StoryLine told(const Sum& sum) const;
  void end_sum();

  Subject subject_;
  std::vector<StoryLine> lines_;
  Sum sum_;
  std::set<std::string> repairs_;     // that took rows of the chunk
  std::set<std::string> load_tasks_;  // that brought rows to it
  bool closed_ = false;               // the chunk, since its last on-time row
};

// "closed: every partition ..." for the evidence a chunk was closed by.
std::string evidence_text(const std::string& evidence);

}  // namespace henge::ledger
