// From stored records to the state they add up to: read here, folded on a second thread where there
// are many. What comes out does not depend on that.
#pragma once

#include <future>
#include <vector>

#include "ledger/state.h"
#include "ledger/store.h"

namespace henge::ledger {

class Replay {
 public:
  // Both belong to the replay until finish(); `sequence` is that of the last record folded.
  Replay(State& state, std::int64_t& sequence) : state_(state), sequence_(sequence) {}
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  // The next record. Errors: corrupt (it can't be read, or an earlier one can't follow).
  Result<void> take(const Record& record);
  // After the last one, and after an error: waits until all is folded. Errors: corrupt, of the
  // first record that can't follow; it comes before anything that take() said.
  Result<void> finish();

 private:
  struct Item {
    std::int64_t sequence = 0;
    Event event;
  };
  using Batch = std::vector<Item>;

  Result<void> fold(Batch batch);
  Result<void> wait();

  State& state_;
  std::int64_t& sequence_;
  Batch batch_;
  std::future<Result<void>> under_way_;
  Result<void> folded_;  // of all batches before
};

}  // namespace henge::ledger
