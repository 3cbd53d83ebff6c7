#include "ledger/replay.h"

#include <fmt/format.h>

namespace henge::ledger {

namespace {

constexpr std::size_t batch_max = 4096;

tl::unexpected<Error> of_record(std::int64_t sequence, const Error& error) {
  return fail(error.kind, fmt::format("record {}: {}", sequence, error.message));
}

}  // namespace

Result<void> Replay::take(const Record& record) {
  auto body = from_json(record.kind, record.body);
  if (!body) return of_record(record.sequence, body.error());
  batch_.push_back({record.sequence, {record.at, record.pipeline, std::move(*body)}});
  if (batch_.size() < batch_max) return {};
  TRY_VOID(wait());
  under_way_ = std::async(std::launch::async, [this, batch = std::exchange(batch_, {})]() mutable {
    return fold(std::move(batch));
  });
  batch_.reserve(batch_max);
  return {};
}

Result<void> Replay::wait() {
  if (under_way_.valid()) folded_ = under_way_.get();
  return folded_;
}

Result<void> Replay::finish() {
  TRY_VOID(wait());
  folded_ = fold(std::exchange(batch_, {}));
  return folded_;
}

Result<void> Replay::fold(Batch batch) {
  for (const Item& item : batch) {
    const auto done = apply(state_, item.event);
    if (!done) return of_record(item.sequence, done.error());
    sequence_ = item.sequence;
  }
  return {};
}

}  // namespace henge::ledger
