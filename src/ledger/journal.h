// The store and the fold together: what is appended is checked against the state first, durable
// next, folded last. Used by one thread. Several events of one append are all recorded or none.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ledger/state.h"
#include "ledger/store.h"

namespace henge::ledger {

class Journal {
 public:
  // Opens and replays. Errors: those of Store::open; corrupt when an event can't follow.
  static Result<Journal> open(const std::string& path, Mode mode);
  // Replays any store. Errors: corrupt, those of EventStore::read.
  static Result<Journal> open(std::unique_ptr<EventStore> store);

  [[nodiscard]] const State& state() const { return state_; }
  // A pipeline that was declared; null else. Valid until the next append.
  [[nodiscard]] const PipelineState* find(const std::string& pipeline) const;
  [[nodiscard]] std::int64_t sequence() const { return sequence_; }
  [[nodiscard]] EventStore& store() { return *store_; }

  // An empty list changes nothing. The empty name is everything: only Frozen and Unfrozen are of
  // it. On any error the state is as it was. Errors: corrupt (the events can't follow: a bug), and
  // those of Store::append.
  Result<void> append(const std::string& pipeline, const std::vector<Body>& events, Instant now);

  // Folds what another process has appended since; for readers beside a running writer.
  Result<void> catch_up();

 private:
  explicit Journal(std::unique_ptr<EventStore> store) : store_(std::move(store)) {}

  Result<void> append_one(const Event& event);

  std::unique_ptr<EventStore> store_;
  State state_;
  std::int64_t sequence_ = 0;
};

}  // namespace henge::ledger
