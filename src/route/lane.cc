#include "route/lane.h"

#include <fmt/format.h>

#include <algorithm>

#include "route/guards.h"

namespace henge::route {
namespace {

// Contract 2.9.2: up to here, what was appended meanwhile is told to one supervisor only.
constexpr int several_supervisors_until = 37;
// Contract 3.3.6: before this, such appends lose rows.
constexpr int unused_append_since = 34;

std::vector<Interval> unused_chunks(const RouteRequest& request, const ClusterView& view) {
  std::vector<Interval> chunks;
  for (const ChunkView& chunk : view.chunks)
    if (chunk.unused_only && overlaps(chunk.interval, request.interval))
      chunks.push_back(chunk.interval);
  return chunks;
}

// Why streaming has to stand; nothing if it need not.
std::optional<Reason> why_window(const RouteRequest& request, const ClusterView& view) {
  if (!view.concurrency.proven)
    return Reason{.code = Code::locks_unproven,
                  .weight = Weight::shapes,
                  .numbers = {{"writers", view.concurrency.writers}},
                  .sentence = fmt::format("not all writers use concurrent locks: {}",
                                          view.concurrency.against)};
  if (request.mode == Mode::replace && view.stream.supervisors > 1 &&
      view.druid_major <= several_supervisors_until)
    return Reason{
        .code = Code::several_supervisors,
        .weight = Weight::shapes,
        .numbers = {{"supervisors", view.stream.supervisors}, {"druid_major", view.druid_major}},
        .sentence = fmt::format("{} supervisors write to the datasource, and up to Druid {} a "
                                "replace beside them is told to one only",
                                view.stream.supervisors, several_supervisors_until)};
  if (request.mode == Mode::append && view.druid_major < unused_append_since)
    if (auto chunks = unused_chunks(request, view); !chunks.empty())
      return Reason{.code = Code::unused_segments_only,
                    .weight = Weight::shapes,
                    .numbers = {{"chunks", std::ssize(chunks)}, {"druid_major", view.druid_major}},
                    .sentence = fmt::format("{} holds only unused segments: before Druid {} a "
                                            "concurrent append there can lose rows",
                                            chunks_text(chunks), unused_append_since),
                    .chunks = chunks};
  return std::nullopt;
}

void refuse_rejection(const char* field, Millis period, std::vector<Reason>& reasons) {
  reasons.push_back(
      {.code = Code::window_rejects_backlog,
       .weight = Weight::refuses,
       .numbers = {{"period_ms", period.count()}},
       .sentence = fmt::format("the supervisor has {} {}: when it is resumed it would reject what "
                               "came in while it stood",
                               field, to_iso_period(period)),
       .remedy = "the arrival rule instead of the period, or concurrent locks on all writers"});
}

// What is loaded there is counted once streaming has closed the chunk, which it can't while it
// stands.
void refuse_open_chunks(std::vector<Reason>& reasons) {
  for (const Code code : {Code::ahead_of_watermark, Code::watermark_unknown}) {
    const Reason* open = find_reason(reasons, code);
    if (open == nullptr || open->weight == Weight::refuses) continue;
    reasons.push_back({.code = code,
                       .weight = Weight::refuses,
                       .sentence = "streaming may still write there, so that it can't be counted "
                                   "while streaming stands",
                       .remedy = "wait until the interval is closed",
                       .chunks = open->chunks});
    return;
  }
}

void judge_window(const ClusterView& view, std::vector<Reason>& reasons) {
  const StreamView& stream = view.stream;
  if (stream.late_rejection_period)
    refuse_rejection("lateMessageRejectionPeriod", *stream.late_rejection_period, reasons);
  if (stream.early_rejection_period)
    refuse_rejection("earlyMessageRejectionPeriod", *stream.early_rejection_period, reasons);
  refuse_open_chunks(reasons);
  if (stream.supervisors > 1)
    reasons.push_back(
        {.code = Code::several_supervisors,
         .weight = Weight::refuses,
         .numbers = {{"supervisors", stream.supervisors}},
         .sentence =
             fmt::format("{} supervisors write to the datasource, and a window suspends the "
                         "pipeline's own only",
                         stream.supervisors),
         .remedy = "one supervisor for the datasource, or concurrent locks on all writers"});
  if (stream.suspended)
    reasons.push_back({.code = Code::window_suspended_already,
                       .weight = Weight::notes,
                       .sentence = "the supervisor is suspended already, and stays so afterwards"});
  const WindowPlan& plan = view.windows;
  if (!plan.planned || plan.open) return;
  Reason reason{.code = Code::window_not_open, .weight = Weight::waits};
  reason.sentence = "suspensions are planned, and none may begin now";
  if (plan.opens_next) {
    reason.numbers.push_back({"opens_ms", to_ms(*plan.opens_next)});
    reason.sentence += fmt::format(": the next window opens {}", to_short_iso(*plan.opens_next));
  }
  reasons.push_back(std::move(reason));
}

}  // namespace

Lane choose_lane(const RouteRequest& request, const ClusterView& view,
                 std::vector<Reason>& reasons) {
  const bool appends = request.mode == Mode::append;
  const Lane beside = appends ? Lane::concurrent_append : Lane::concurrent_replace;
  if (view.stream.supervisors == 0) {
    reasons.push_back({.code = Code::no_other_writer,
                       .weight = Weight::shapes,
                       .sentence = "nothing streams into the datasource"});
    return beside;
  }
  if (auto reason = why_window(request, view)) {
    reasons.push_back(std::move(*reason));
    judge_window(view, reasons);
    return Lane::window;
  }
  reasons.push_back(
      {.code = Code::concurrent_locks,
       .weight = Weight::shapes,
       .numbers = {{"writers", view.concurrency.writers}},
       .sentence = fmt::format("all {} writers use concurrent locks: {} goes on beside streaming",
                               view.concurrency.writers, to_string(request.mode))});
  return beside;
}

}  // namespace henge::route
