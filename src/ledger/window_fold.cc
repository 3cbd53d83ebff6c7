#include "ledger/window_fold.h"

#include <fmt/format.h>

#include <algorithm>

namespace henge::ledger {
namespace {

// Empty: streaming stands since that window, and is in one of these phases.
std::string stands(const PipelineState& pipeline, std::int64_t first,
                   std::initializer_list<StandPhase> phases) {
  if (!pipeline.stand || pipeline.stand->first != first)
    return fmt::format("streaming does not stand since window {}", first);
  if (std::ranges::find(phases, pipeline.stand->phase) == phases.end())
    return fmt::format("its suspension is {}", to_string(pipeline.stand->phase));
  return {};
}

void enter(PipelineState& pipeline, StandPhase phase, Instant at) {
  pipeline.stand->phase = phase;
  pipeline.stand->changed_at = at;
}

}  // namespace

std::string window_refusal(const PipelineState& pipeline, const WindowOpened& e) {
  if (e.number != std::ssize(pipeline.windows) + 1) return "windows must count up";
  if (pipeline.releasing) return "it is being released";
  if (pipeline.resetting()) return "its offsets are being reset";
  const auto load = pipeline.loads.find(e.load);
  if (load == pipeline.loads.end()) return fmt::format("there is no {}", e.load);
  if (!load->second.open()) return fmt::format("{} is over", e.load);
  if (find_window(pipeline, e.load) != nullptr) return fmt::format("{} has a window", e.load);
  if (!pipeline.stand) return {};
  if (pipeline.stand->phase == StandPhase::broken) return "somebody resumed the supervisor";
  if (pipeline.stand->resume != e.resume) return "windows that overlap share one suspension";
  return {};
}

std::string window_refusal(const PipelineState& pipeline, const WindowSuspended& e) {
  return stands(pipeline, e.first, {StandPhase::asked});
}

std::string window_refusal(const PipelineState& pipeline, const WindowQuiesced& e) {
  return stands(pipeline, e.first, {StandPhase::suspended});
}

std::string window_refusal(const PipelineState& pipeline, const WindowBroken& e) {
  return stands(pipeline, e.first,
                {StandPhase::asked, StandPhase::suspended, StandPhase::quiesced});
}

std::string window_refusal(const PipelineState& pipeline, const WindowClosed& e) {
  if (e.number < 1 || e.number > std::ssize(pipeline.windows))
    return fmt::format("window {} was never opened", e.number);
  const WindowState& window = pipeline.windows[static_cast<std::size_t>(e.number - 1)];
  if (!window.open()) return fmt::format("window {} is over: {}", e.number, window.outcome);
  if (e.outcome.empty()) return "it must say why";
  return {};
}

std::string window_refusal(const PipelineState& pipeline, const WindowResumed& e) {
  for (const WindowState& window : pipeline.windows)
    if (window.open()) return fmt::format("window {} is open", window.intent.number);
  return stands(
      pipeline, e.first,
      {StandPhase::asked, StandPhase::suspended, StandPhase::quiesced, StandPhase::broken});
}

void fold_window(PipelineState& pipeline, Instant at, const WindowOpened& e) {
  pipeline.windows.push_back({e, "", at, std::nullopt});
  if (pipeline.stand) return;
  pipeline.stand = StandState{e.number, e.resume, StandPhase::asked, at, at};
}

void fold_window(PipelineState& pipeline, Instant at, const WindowSuspended& /*e*/) {
  enter(pipeline, StandPhase::suspended, at);
}

void fold_window(PipelineState& pipeline, Instant at, const WindowQuiesced& /*e*/) {
  enter(pipeline, StandPhase::quiesced, at);
}

void fold_window(PipelineState& pipeline, Instant at, const WindowBroken& /*e*/) {
  enter(pipeline, StandPhase::broken, at);
}

void fold_window(PipelineState& pipeline, Instant at, const WindowClosed& e) {
  WindowState& window = pipeline.windows[static_cast<std::size_t>(e.number - 1)];
  window.outcome = e.outcome;
  window.closed_at = at;
}

void fold_window(PipelineState& pipeline, Instant /*at*/, const WindowResumed& /*e*/) {
  pipeline.stand.reset();
}

const WindowState* find_window(const PipelineState& pipeline, const std::string& load) {
  for (const WindowState& window : pipeline.windows)
    if (window.open() && window.intent.load == load) return &window;
  return nullptr;
}

const char* to_string(StandPhase phase) {
  switch (phase) {
    case StandPhase::asked:
      return "asked";
    case StandPhase::suspended:
      return "suspended";
    case StandPhase::quiesced:
      return "quiesced";
    case StandPhase::broken:
      return "broken";
  }
  return "asked";
}

}  // namespace henge::ledger
