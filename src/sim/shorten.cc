// Finds less that breaks the same law.
#include <algorithm>

#include "sim/world.h"

namespace henge::sim {
namespace {

class Shortening {
 public:
  Shortening(SimOptions options, std::string law)
      : best_(std::move(options)), law_(std::move(law)) {
    best_.trace = false;
  }

  bool try_with(const SimOptions& less) {
    if (left_ <= 0) return false;
    --left_;
    const SimResult result = simulate(less);
    if (!result.violation || result.violation->law != law_) return false;
    best_ = less;
    return true;
  }

  // Takes out ever smaller pieces of the list of faults.
  void fewer_faults() {
    for (std::size_t piece = best_.only_faults->size(); piece > 0; piece /= 2) {
      std::size_t at = 0;
      while (at < best_.only_faults->size()) {
        SimOptions less = best_;
        auto& faults = *less.only_faults;
        const auto first = faults.begin() + static_cast<std::ptrdiff_t>(at);
        const auto last =
            faults.begin() + static_cast<std::ptrdiff_t>(std::min(at + piece, faults.size()));
        faults.erase(first, last);
        if (!try_with(less)) at += piece;
      }
    }
  }

  void fewer_pipelines() {
    SimOptions less = best_;
    less.pipelines_max = 1;
    try_with(less);
  }

  void fewer_records(Millis at_most) {
    Millis low{0}, high = at_most;
    while (high - low > std::chrono::minutes(1)) {
      SimOptions less = best_;
      less.produce_for = (low + high) / 2;
      (try_with(less) ? high : low) = *less.produce_for;
    }
  }

  [[nodiscard]] const SimOptions& best() const { return best_; }

 private:
  SimOptions best_;
  std::string law_;
  int left_ = 80;  // repetitions
};

}  // namespace

SimOptions shorten(const SimOptions& options, const SimResult& failing) {
  SimOptions all = options;
  all.only_faults = failing.faults;
  Shortening search(all, failing.violation->law);
  search.fewer_pipelines();
  search.fewer_faults();
  search.fewer_records(failing.violation->at);
  return search.best();
}

}  // namespace henge::sim
