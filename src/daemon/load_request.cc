#include "daemon/load_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/freeze.h"
#include "daemon/load_remote.h"
#include "daemon/load_route.h"
#include "daemon/load_sources.h"
#include "daemon/supervisor_change.h"
#include "late/watermark.h"
#include "reconcile/load_parts.h"
#include "runtime/failpoint.h"

namespace henge::daemon {

using ledger::LoadState;
using ledger::PipelineState;

namespace {

constexpr std::size_t chunks_max = 10'000;

tl::unexpected<Error> refused(std::string why) {
  return fail(ErrorKind::refused, std::move(why));
}

Result<const PipelineState*> loadable(Doors& shell, const std::string& name) {
  const PipelineState* known = shell.journal.find(name);
  if (known == nullptr || known->version == 0)
    return fail(ErrorKind::not_found, fmt::format("pipeline '{}' is not in the ledger", name));
  if (!known->managed())
    return refused(fmt::format("pipeline '{}' was released; henge does not act on it", name));
  if (auto frozen = freeze_refusal(shell.journal.state(), name))
    return tl::unexpected<Error>(*std::move(frozen));
  return known;
}

struct Guarded {
  const Pipeline& pipeline;
  const PipelineState& state;
  const LoadRequest& request;
  const LoadContent& content;
};

// Never ahead of the watermark by accident; replacements not at all while streaming writes.
Result<void> guard_watermark(const Guarded& g) {
  const auto watermark =
      late::event_watermark(g.state, static_cast<int>(g.state.partitions.size()), g.pipeline);
  const Instant last =
      bucket(g.pipeline.schema.segment_granularity, g.request.interval.end - Millis(1)).end;
  if (watermark && last <= *watermark) return {};
  const std::string where = watermark
                                ? fmt::format("the watermark is at {}", to_short_iso(*watermark))
                                : std::string("the topic was not read to its end yet");
  if (g.request.mode == LoadMode::replace)
    return refused(fmt::format(
        "streaming may still write up to {}: {}. Which of its rows a replacement would take away "
        "can't be known; wait (`henge wait {} --until closed`) or load a shorter interval",
        to_short_iso(last), where, g.pipeline.name));
  if (g.request.force_open) return {};
  return refused(fmt::format(
      "streaming may still write up to {}: {}. Wait for it (`henge wait {} --until closed`), load "
      "a shorter interval, or say --force-open",
      to_short_iso(last), where, g.pipeline.name));
}

// What replace data must cover, so that nothing which streaming wrote is lost.
Result<void> guard_as_of(const Guarded& g, Instant now) {
  if (!g.request.as_of || reconcile::reads_itself(g.content, g.pipeline)) return {};
  const Instant as_of = *g.request.as_of;
  if (as_of > now)
    return refused(fmt::format("--as-of {} lies ahead: the data can't cover what has not arrived",
                               to_short_iso(as_of)));
  const Instant needed =
      g.request.interval.end + g.pipeline.rule.lateness + g.pipeline.stream.arrival_disorder;
  if (as_of < needed)
    return refused(fmt::format(
        "rows on time for {} may have arrived until {}: data as of {} may lack some of them",
        to_iso(g.request.interval), to_short_iso(needed), to_short_iso(as_of)));
  for (const LoadChunk& c : g.content.chunks)
    if (std::string why = reconcile::too_old_for(g.pipeline, g.state, c.chunk, as_of, now);
        !why.empty())
      return refused(std::move(why));
  return {};
}

std::int64_t rows_held(const PipelineState& state, Instant chunk) {
  auto known = state.chunks.find(chunk);
  return known == state.chunks.end() ? 0 : known->second.expected();
}

Result<void> guard_rows(const Guarded& g) {
  const bool uncounted =
      std::ranges::any_of(g.content.chunks, [](const LoadChunk& c) { return c.rows < 0; });
  if (uncounted && g.request.mode == LoadMode::replace && !g.request.allow_empty)
    return refused(
        "the rows of these sources can't be counted before they replace what is there: say "
        "--allow-empty if they may hold none");
  if (g.content.rows.accepted == 0 && !uncounted) {
    const std::string what =
        fmt::format("the sources hold no row of {}", to_iso(g.request.interval));
    if (g.request.mode == LoadMode::append)
      return fail(ErrorKind::invalid,
                  what + fmt::format(" ({} rows outside, {} filtered)", g.content.rows.outside,
                                     g.content.rows.filtered));
    if (!g.request.allow_empty)
      return refused(what + ": the replacement would empty it; say --allow-empty if that is meant");
  }
  if (g.request.mode == LoadMode::append || g.request.allow_shrink) return {};
  for (const LoadChunk& c : g.content.chunks) {
    const std::int64_t held = rows_held(g.state, c.chunk);
    if (c.rows < 0 || c.rows * 2 >= held || (c.rows == 0 && g.request.allow_empty)) continue;
    return refused(
        fmt::format("chunk {} holds {} rows and would hold {}: say --allow-shrink if that is meant",
                    to_short_iso(c.chunk), held, c.rows));
  }
  return {};
}

Result<void> guard(const Guarded& g, Instant now) {
  TRY_VOID(guard_watermark(g));
  TRY_VOID(guard_as_of(g, now));
  return guard_rows(g);
}

const LoadState* with_key(const PipelineState& state, const std::string& key) {
  for (const auto& [name, load] : state.loads)
    if (load.intent.key == key) return &load;
  return nullptr;
}

// The load of that key goes on, or is taken up again.
Result<LoadAsked> attach(Doors& shell, const LoadState& load, const LoadRequest& request,
                         const std::string& fingerprint, LoadTrial trial) {
  const std::string name = load.intent.load;
  if (load.intent.fingerprint != fingerprint)
    return fail(ErrorKind::invalid,
                fmt::format("the key '{}' belongs to {} with other content: {} of {} asked for at "
                            "{}; choose another key",
                            load.intent.key, name, to_string(load.intent.request.mode),
                            to_iso(load.intent.request.interval), to_iso(load.requested_at)));
  LoadAsked asked{name, true, load.intent.content, load.intent.parts, {}, {}, {}};
  if (load.route) {
    asked.routed = *load.route;
    asked.notes = load.route->notes;
  }
  if (trial == LoadTrial::record && !load.open() && *load.end != ledger::LoadEnd::counted)
    TRY_VOID(retry_load(shell, request.pipeline, name, request.by, "asked for again"));
  return asked;
}

void add_notes(LoadAsked& asked) {
  const LoadRows& rows = asked.content.rows;
  if (rows.outside > 0)
    asked.notes.push_back(
        fmt::format("{} rows lie outside the interval and are left out", rows.outside));
  if (rows.filtered > 0)
    asked.notes.push_back(
        fmt::format("{} rows are dropped by the pipeline's filter", rows.filtered));
  if (rows.unparseable > 0)
    asked.notes.push_back(fmt::format("{} lines are no rows", rows.unparseable));
}

Result<LoadAsked> record_load(Doors& shell, LoadRequest request, const std::string& fingerprint,
                              LoadAsked asked, std::int64_t number) {
  ledger::LoadRequested event;
  event.number = number;
  event.load = asked.load = fmt::format("load-{:06}", number);
  event.key = request.key;
  event.fingerprint = fingerprint;
  event.content = asked.content;
  event.parts = asked.parts;
  event.request = std::move(request);
  const std::string name = event.request.pipeline;
  asked.routed.load = asked.load;
  runtime::failpoint("load.resolved");
  TRY_VOID(record(shell, name, {std::move(event), asked.routed}));
  runtime::failpoint("load.requested");
  return asked;
}

runtime::Async<LoadContent> read_sources(Shell& shell, const Pipeline& pipeline,
                                         const LoadRequest& request,
                                         const std::vector<Instant>& chunks,
                                         const TellReading& tell) {
  CO_TRY(const auto remote, remote_input(request.sources));
  if (remote == LoadInput::http) co_return co_await read_http(pipeline, request, chunks, tell);
  if (remote == LoadInput::s3) co_return list_s3(request, chunks);
  if (remote == LoadInput::druid)
    co_return co_await count_datasource(shell.druid, pipeline, request, chunks);
  auto read = [&]() -> Result<LoadContent> {
    if (!request.inline_rows.empty()) return read_inline(pipeline, request, chunks);
    return read_local(pipeline, request, chunks, tell);
  };
  co_return co_await runtime::blocking(shell.pool, read);
}

}  // namespace

runtime::Async<LoadAsked> ask_load(Shell& shell, LoadRequest request, LoadTrial trial) {
  TellReading nobody = [](const ReadingProgress&) {};
  co_return co_await ask_load(shell, std::move(request), trial, std::move(nobody));
}

runtime::Async<LoadAsked> ask_load(Shell& shell, LoadRequest request, LoadTrial trial,
                                   TellReading tell) {
  // Data that are read from now on may lack what arrives meanwhile.
  const Instant asked_at = shell.clock.now();
  CO_TRY(const PipelineState* known, loadable(shell, request.pipeline));
  CO_TRY(const Pipeline declared, pipeline_of(*known, request.pipeline));
  CO_TRY(const Pipeline pipeline, pipeline_of_load(declared, request));
  CO_TRY(const auto chunks,
         chunks_of(request.interval, pipeline.schema.segment_granularity, chunks_max));
  CO_TRY(LoadContent content, co_await read_sources(shell, pipeline, request, chunks, tell));
  const std::string fingerprint = load_fingerprint(request, content);
  if (request.key.empty()) request.key = fingerprint;
  CO_TRY(known, loadable(shell, request.pipeline));
  if (const LoadState* before = with_key(*known, request.key); before != nullptr)
    co_return attach(shell, *before, request, fingerprint, trial);
  if (request.mode == LoadMode::replace && !request.as_of) request.as_of = asked_at;
  CO_TRY_VOID(guard({pipeline, *known, request, content}, shell.clock.now()));
  CO_TRY(LoadWay way, co_await route_load(shell, pipeline, request, content));
  // After the awaits: the ledger may have gone on, and from here to the record it does not.
  CO_TRY(known, loadable(shell, request.pipeline));
  if (const LoadState* before = with_key(*known, request.key); before != nullptr)
    co_return attach(shell, *before, request, fingerprint, trial);

  std::vector<std::string> notes = way.routed.notes;
  LoadAsked asked{"",
                  false,
                  std::move(content),
                  std::move(way.parts),
                  std::move(way.routed),
                  std::move(way.waits),
                  std::move(notes)};
  add_notes(asked);
  if (trial == LoadTrial::dry_run) co_return asked;
  co_return record_load(shell, std::move(request), fingerprint, std::move(asked),
                        known->loads_planned + 1);
}

namespace {

Result<const LoadState*> find_load(Doors& shell, const std::string& pipeline,
                                   const std::string& load) {
  const PipelineState* known = shell.journal.find(pipeline);
  if (known == nullptr)
    return fail(ErrorKind::not_found, fmt::format("pipeline '{}' is not in the ledger", pipeline));
  auto found = known->loads.find(load);
  if (found == known->loads.end())
    return fail(ErrorKind::not_found, fmt::format("'{}' has no load '{}'", pipeline, load));
  return &found->second;
}

}  // namespace

Result<void> cancel_load(Doors& shell, const std::string& pipeline, const std::string& load,
                         const std::string& by, const std::string& reason) {
  TRY(const LoadState* known, find_load(shell, pipeline, load));
  if (!known->open()) return refused(fmt::format("{} is {} already", load, to_string(*known->end)));
  if (known->cancel) return {};
  return record(shell, pipeline, {ledger::LoadCancelAsked{load, by, reason}});
}

Result<void> retry_load(Doors& shell, const std::string& pipeline, const std::string& load,
                        const std::string& by, const std::string& reason) {
  TRY(const LoadState* known, find_load(shell, pipeline, load));
  if (known->open()) return refused(fmt::format("{} is under way", load));
  if (*known->end == ledger::LoadEnd::counted)
    return refused(fmt::format("{} is counted: there is nothing to try again", load));
  return record(shell, pipeline, {ledger::LoadRetryAsked{load, by, reason}});
}

}  // namespace henge::daemon
