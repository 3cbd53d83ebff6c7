#include "ledger/journal.h"

#include "ledger/replay.h"

namespace henge::ledger {

Result<Journal> Journal::open(const std::string& path, Mode mode) {
  State state;
  std::int64_t sequence = 0;
  Replay replay(state, sequence);
  auto store =
      Store::open(path, mode, [&replay](const Record& record) { return replay.take(record); });
  TRY_VOID(replay.finish());
  if (!store) return tl::unexpected<Error>(std::move(store).error());
  Journal journal(std::make_unique<Store>(std::move(*store)));
  journal.state_ = std::move(state);
  journal.sequence_ = sequence;
  return journal;
}

Result<Journal> Journal::open(std::unique_ptr<EventStore> store) {
  Journal journal(std::move(store));
  TRY_VOID(journal.catch_up());
  return journal;
}

const PipelineState* Journal::find(const std::string& pipeline) const {
  auto known = state_.pipelines.find(pipeline);
  return known == state_.pipelines.end() ? nullptr : &known->second;
}

Result<void> Journal::catch_up() {
  Replay replay(state_, sequence_);
  auto read =
      store_->read(sequence_ + 1, [&replay](const Record& record) { return replay.take(record); });
  TRY_VOID(replay.finish());
  return read;
}

Result<void> Journal::append(const std::string& pipeline, const std::vector<Body>& events,
                             Instant now) {
  if (events.empty()) return {};
  if (events.size() == 1) return append_one(Event{now, pipeline, events.front()});
  // The events are tried on a copy of this one pipeline, so that nothing is recorded that could not
  // be replayed.
  State trial;
  trial.frozen = state_.frozen;
  if (const PipelineState* known = find(pipeline)) trial.pipelines[pipeline] = *known;
  std::vector<NewRecord> records;
  for (const Body& body : events) {
    TRY_VOID(apply(trial, Event{now, pipeline, body}));
    records.push_back({now, pipeline, kind_of(body), to_json(body)});
  }
  TRY(sequence_, store_->append(records, sequence_));
  state_.frozen = std::move(trial.frozen);
  if (!pipeline.empty()) state_.pipelines[pipeline] = std::move(trial.pipelines[pipeline]);
  state_.events += static_cast<std::int64_t>(events.size());
  return {};
}

// Scans are one event each, once a second for every pipeline: no copy for them.
Result<void> Journal::append_one(const Event& event) {
  TRY_VOID(check(state_, event));
  TRY(sequence_,
      store_->append({{event.at, event.pipeline, kind_of(event.body), to_json(event.body)}},
                     sequence_));
  return apply(state_, event);
}

}  // namespace henge::ledger
