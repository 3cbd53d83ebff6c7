#include "reconcile/fencing.h"

#include <fmt/format.h>

#include <algorithm>

namespace henge::reconcile {

using ledger::Body;
using ledger::LoadPartState;
using ledger::LoadState;
using ledger::PartPhase;
using ledger::PipelineState;
using ledger::StandPhase;
using ledger::WindowState;

namespace {

bool under_way(const LoadPartState& part) {
  return part.phase == PartPhase::intended || part.phase == PartPhase::accepted ||
         part.phase == PartPhase::ended;
}

std::string reason_of(const LoadState& load) {
  return load.route ? load.route->window : std::string();
}

// A load whose window is over, or is none any more, is not gone on with by itself.
void cancel(const LoadState& load, std::string why, std::vector<Body>& events) {
  if (load.open() && !load.cancel)
    events.emplace_back(ledger::LoadCancelAsked{load.intent.load, "henge", std::move(why)});
}

}  // namespace

bool any_window_open(const PipelineState& state) {
  return std::ranges::any_of(state.windows, &WindowState::open);
}

bool is_broken(const PipelineState& state) {
  return state.stand && state.stand->phase == StandPhase::broken;
}

bool needs_window(const Pipeline& pipeline, const LoadState& load) {
  return pipeline.locks == Locks::exclusive || (load.route && load.route->lane == "window");
}

std::string window_wait(const PipelineState& state, const std::string& load) {
  if (is_broken(state)) return "somebody else resumed the supervisor in the middle of its window";
  if (ledger::find_window(state, load) == nullptr)
    return "streaming has to stand for it, and a window opens";
  if (state.stand->phase != StandPhase::quiesced)
    return "the supervisor is suspended, and its tasks come to their end";
  return {};
}

bool may_open_window(const PipelineState& state, const std::string& load) {
  return !is_broken(state) && !state.resetting() && !state.apply_under_way() &&
         ledger::find_window(state, load) == nullptr;
}

std::vector<Body> open_windows(const PipelineState& state, const std::set<std::string>& loads,
                               const StreamSight& seen, const FencingLimits& limits, Instant now) {
  std::vector<Body> events;
  if (seen.missing) return events;
  std::int64_t number = std::ssize(state.windows);
  for (const std::string& name : loads) {
    const auto load = state.loads.find(name);
    if (load == state.loads.end() || !load->second.open() || !may_open_window(state, name))
      continue;
    ledger::WindowOpened window{++number, name, reason_of(load->second), now + limits.window_max};
    // What was suspended before, by a person, is left so.
    window.resume = state.stand ? state.stand->resume : !seen.suspended;
    events.emplace_back(std::move(window));
  }
  return events;
}

std::vector<Body> close_windows(const PipelineState& state, Instant now) {
  std::vector<Body> events;
  for (const WindowState& window : state.windows) {
    if (!window.open()) continue;
    const std::int64_t number = window.intent.number;
    const LoadState& load = state.loads.at(window.intent.load);
    if (!load.open()) {
      events.emplace_back(ledger::WindowClosed{number, ledger::to_string(*load.end)});
    } else if (now >= window.intent.deadline) {
      cancel(load,
             fmt::format("window {} was open since {}, for as long as it may", number,
                         to_short_iso(window.opened_at)),
             events);
      events.emplace_back(ledger::WindowClosed{number, "deadline"});
    } else if (is_broken(state) && std::ranges::none_of(load.parts, under_way)) {
      // Tasks that were sent are counted first.
      cancel(load, fmt::format("somebody resumed the supervisor in window {}", number), events);
    }
  }
  return events;
}

StandStep next_step(const PipelineState& state, const StreamSight& seen) {
  if (!state.stand) return StandStep::wait;
  const auto& stand = *state.stand;
  if (!any_window_open(state)) {
    if (seen.missing) return StandStep::note_missing;
    if (is_broken(state) || !stand.resume)
      return seen.suspended ? StandStep::note_left : StandStep::note_by_hand;
    return StandStep::resume;
  }
  if (seen.missing) return StandStep::wait;
  switch (stand.phase) {
    case StandPhase::asked:
      if (seen.suspended) return StandStep::note_suspended;
      // What a person had suspended, a person has resumed since.
      return stand.resume ? StandStep::suspend : StandStep::note_broken;
    case StandPhase::suspended:
      if (!seen.suspended) return StandStep::note_broken;
      return seen.quiet ? StandStep::note_quiesced : StandStep::wait;
    case StandPhase::quiesced:
      return seen.suspended ? StandStep::wait : StandStep::note_broken;
    case StandPhase::broken:
      break;
  }
  return StandStep::wait;
}

}  // namespace henge::reconcile
