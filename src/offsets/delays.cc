#include "offsets/delays.h"

#include <algorithm>
#include <cmath>

namespace henge::offsets {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// So many buckets double the delay: neighbours differ by less than 2 %.
constexpr double buckets_a_doubling = 36;

int bucket_of(Millis delay) {
  const auto ms = std::max<std::int64_t>(delay.count(), 0);
  return static_cast<int>(std::lround(std::log2(static_cast<double>(ms) + 1) * buckets_a_doubling));
}

Millis delay_of(int bucket) {
  return Millis(std::llround(std::exp2(bucket / buckets_a_doubling) - 1));
}

}  // namespace

const std::vector<Millis>& Delays::usual() {
  static const std::vector<Millis> all{
      seconds(0), seconds(5),  seconds(10), seconds(30), minutes(1), minutes(2),
      minutes(5), minutes(10), minutes(15), minutes(30), hours(1),   hours(2),
      hours(4),   hours(8),    hours(12),   hours(24),   hours(48),  hours(24 * 7)};
  return all;
}

void Delays::add(Instant event, Instant arrival) {
  const Millis delay = arrival - event;
  ++rows_;
  largest_ = std::max(largest_, delay);
  ++buckets_[bucket_of(delay)];
  later_.resize(usual().size());
  touched_.resize(usual().size());
  // Late is more than the lateness: the largest usual one that it is late by.
  const auto above = std::ranges::lower_bound(usual(), delay);
  if (above == usual().begin()) return;
  const auto index = static_cast<std::size_t>(above - usual().begin()) - 1;
  ++later_[index];
  touched_[index].insert(bucket(chunk_, event).start);
}

Millis Delays::quantile(double share) const {
  if (rows_ == 0) return Millis(0);
  const auto wanted = static_cast<std::int64_t>(std::ceil(share * static_cast<double>(rows_)));
  std::int64_t seen = 0;
  for (const auto& [bucket, rows] : buckets_) {
    seen += rows;
    if (seen >= wanted) return std::min(delay_of(bucket), largest_);
  }
  return largest_;
}

std::vector<Cutoff> Delays::cutoffs() const {
  std::vector<Cutoff> out;
  const Interval any = bucket(chunk_, Instant{});
  const Millis chunk = any.end - any.start;
  for (std::size_t i = 0; i < usual().size(); ++i) {
    Cutoff cutoff;
    cutoff.lateness = usual()[i];
    std::set<Instant> chunks;
    for (std::size_t k = i; k < later_.size(); ++k) {
      cutoff.late += later_[k];
      chunks.insert(touched_[k].begin(), touched_[k].end());
    }
    cutoff.share = rows_ == 0 ? 0 : static_cast<double>(cutoff.late) / static_cast<double>(rows_);
    cutoff.late_chunks = std::ssize(chunks);
    cutoff.open_chunks = 1 + (cutoff.lateness.count() + chunk.count() - 1) / chunk.count();
    out.push_back(cutoff);
  }
  return out;
}

std::vector<Bar> Delays::histogram() const {
  std::vector<Bar> out;
  std::int64_t late = 0;
  for (const std::int64_t rows : later_) late += rows;
  out.push_back({Millis::min(), usual().front(), rows_ - late});
  for (std::size_t i = 0; i < later_.size(); ++i)
    out.push_back({usual()[i], i + 1 < usual().size() ? usual()[i + 1] : Millis::max(), later_[i]});
  const auto empty = [](const Bar& bar) { return bar.rows == 0; };
  while (!out.empty() && empty(out.back())) out.pop_back();
  out.erase(out.begin(), std::ranges::find_if_not(out, empty));
  return out;
}

Millis Delays::least_with(double share_late) const {
  for (const Cutoff& cutoff : cutoffs())
    if (cutoff.share <= share_late) return cutoff.lateness;
  return usual().back();
}

}  // namespace henge::offsets
