// How late events are when they arrive, over many records: what each lateness would cost. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/granularity.h"
#include "model/time.h"

namespace henge::offsets {

// One row of the table: with this lateness, so much would be late.
struct Cutoff {
  Millis lateness{};
  std::int64_t late = 0;         // rows
  double share = 0;              // of all rows
  std::int64_t late_chunks = 0;  // chunks that a repair would have to touch
  // Chunks that are open at once, at the least: the one that fills, and those whose lateness is not
  // over.
  std::int64_t open_chunks = 0;
  bool operator==(const Cutoff&) const = default;
};

struct Bar {
  Millis from{};  // delays in [from, to); the first begins below zero, the last has no end
  Millis to{};
  std::int64_t rows = 0;
  bool operator==(const Bar&) const = default;
};

class Delays {
 public:
  explicit Delays(Granularity chunk) : chunk_(chunk) {}

  // A row with this event time, in a record that arrived then.
  void add(Instant event, Instant arrival);

  [[nodiscard]] std::int64_t rows() const { return rows_; }
  // So much or less of delay have that share of the rows, within 2 %; zero where there are none.
  [[nodiscard]] Millis quantile(double share) const;
  [[nodiscard]] Millis largest() const { return largest_; }
  // For the usual latenesses, exact.
  [[nodiscard]] std::vector<Cutoff> cutoffs() const;
  // Ranges of delays between the usual latenesses; those at both ends that hold nothing are left
  // out.
  [[nodiscard]] std::vector<Bar> histogram() const;
  // The least of the usual latenesses with which at most that share of the rows is late; the
  // largest of them where none does.
  [[nodiscard]] Millis least_with(double share_late) const;

  static const std::vector<Millis>& usual();

 private:
  Granularity chunk_;
  std::int64_t rows_ = 0;
  Millis largest_{};
  std::map<int, std::int64_t> buckets_;  // by logarithm: for quantiles
  std::vector<std::int64_t> later_;      // rows with more delay than usual()[i], less than the next
  std::vector<std::set<Instant>> touched_;  // chunks of those rows
};

}  // namespace henge::offsets
