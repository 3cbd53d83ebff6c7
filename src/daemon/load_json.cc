#include "daemon/load_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace henge::daemon {

using json = nlohmann::ordered_json;
using ledger::LoadPartState;
using ledger::LoadState;
using ledger::PartPhase;

namespace {

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json maybe(const std::optional<Instant>& t) {
  return t ? json(to_iso(*t)) : json(nullptr);
}
json maybe(std::int64_t n) {
  return n < 0 ? json(nullptr) : json(n);
}
json maybe(const std::string& text) {
  return text.empty() ? json(nullptr) : json(text);
}

template <typename T>
T field(const json& from, const char* name, T otherwise) {
  auto found = from.find(name);
  return found == from.end() || found->is_null() ? otherwise : found->get<T>();
}

std::optional<Instant> instant(const json& from, const char* name) {
  const auto text = field(from, name, std::string());
  if (text.empty()) return std::nullopt;
  auto t = parse_instant(text);
  if (!t) throw std::invalid_argument(fmt::format("{}: {}", name, t.error().message));
  return *t;
}

LoadRequest read_request(const json& from) {
  LoadRequest r;
  r.pipeline = field(from, "pipeline", std::string());
  auto interval = parse_interval(field(from, "interval", std::string()));
  if (!interval) throw std::invalid_argument("interval: " + interval.error().message);
  r.interval = *interval;
  r.sources = field(from, "sources", std::vector<std::string>());
  r.inline_rows = field(from, "inline", std::string());
  if (auto format = from.find("format"); format != from.end() && !format->is_null())
    r.format = {nlohmann::json::parse(format->dump()).dump()};
  const auto mode = load_mode_of(field(from, "mode", std::string("append")));
  if (!mode) throw std::invalid_argument("mode: expected append or replace");
  r.mode = *mode;
  r.as_of = instant(from, "as_of");
  r.key = field(from, "key", std::string());
  r.deadline = instant(from, "deadline");
  r.priority = field<std::int64_t>(from, "priority", 0);
  r.force_open = field(from, "force_open", false);
  r.allow_empty = field(from, "allow_empty", false);
  r.allow_shrink = field(from, "allow_shrink", false);
  r.by = field(from, "by", std::string());
  r.reason = field(from, "reason", std::string());
  return r;
}

std::int64_t rows_of(const std::vector<scan::Extent>& extents) {
  std::int64_t rows = 0;
  for (const auto& x : extents) rows += x.rows;
  return rows;
}

json rows_json(const LoadContent& content) {
  const bool counted = content.proof == Proof::counted || content.rows.accepted > 0;
  return {{"accepted", counted ? json(content.rows.accepted) : json(nullptr)},
          {"filtered", content.rows.filtered},
          {"outside", content.rows.outside},
          {"unparseable", content.rows.unparseable}};
}

json task_json(const LoadPart& part, const LoadPartState& state) {
  json chunks = json::array();
  for (const Instant chunk : part.chunks) {
    json item{{"start", to_iso(chunk)}};
    for (const auto& t : state.targets) {
      if (t.chunk != chunk) continue;
      item["rows"] = maybe(t.rows);
      item["rows_before"] = t.baseline;
      item["late_covered"] = rows_of(t.covered);
      item["late_returned"] = rows_of(t.returned);
    }
    chunks.push_back(std::move(item));
  }
  return {{"task", maybe(state.task_id)},
          {"attempt", state.attempt},
          {"state", to_string(state.phase)},
          {"end", state.end ? json(to_string(*state.end)) : json(nullptr)},
          {"stage", maybe(state.stage)},
          {"error", maybe(state.error)},
          {"rows", maybe(part.rows)},
          {"rows_reported", maybe(state.rows_reported)},
          {"files", part.files.size()},
          {"chunks", chunks}};
}

json files_json(const LoadContent& content) {
  json files = json::array();
  for (const LoadFile& f : content.files)
    files.push_back({{"uri", f.uri},
                     {"bytes", maybe(f.bytes)},
                     {"content", f.content},
                     {"rows", maybe(f.rows)}});
  return files;
}

void add_detail(const LoadState& load, json& out) {
  out["sources"] = load.intent.request.sources;
  out["files"] = files_json(load.intent.content);
  json tasks = json::array();
  for (std::size_t i = 0; i < load.parts.size(); ++i)
    tasks.push_back(task_json(load.intent.parts[i], load.parts[i]));
  out["tasks"] = tasks;
  out["reasons"] = load.route ? load.route->reasons : std::vector<std::string>();
  std::vector<std::string> notes = load.intent.content.notes;
  if (load.route) notes.insert(notes.end(), load.route->notes.begin(), load.route->notes.end());
  out["notes"] = notes;
}

}  // namespace

std::string request_json(const LoadRequest& r) {
  json out{
      {"pipeline", r.pipeline},
      {"interval", to_iso(r.interval)},
      {"sources", r.sources},
      {"inline", r.inline_rows},
      {"format", r.format.empty() ? json(nullptr) : json::parse(r.format.text, nullptr, false)},
      {"mode", to_string(r.mode)},
      {"as_of", maybe(r.as_of)},
      {"key", r.key},
      {"deadline", maybe(r.deadline)},
      {"priority", r.priority},
      {"force_open", r.force_open},
      {"allow_empty", r.allow_empty},
      {"allow_shrink", r.allow_shrink},
      {"by", r.by},
      {"reason", r.reason}};
  return dump(out);
}

Result<LoadRequest> parse_request_json(const std::string& text) {
  try {
    const json parsed = json::parse(text);
    if (!parsed.is_object()) return fail(ErrorKind::invalid, "a load is a JSON object");
    return read_request(parsed);
  } catch (const std::exception& e) {
    return fail(ErrorKind::invalid, e.what());
  }
}

LoadProgress progress_of(const LoadState& load) {
  LoadProgress p;
  p.tasks = std::ssize(load.parts);
  if (load.intent.content.proof == Proof::counted) p.rows = load.intent.content.rows.accepted;
  for (std::size_t i = 0; i < load.parts.size(); ++i) {
    const LoadPart& part = load.intent.parts[i];
    p.chunks += std::ssize(part.chunks);
    if (load.parts[i].phase != PartPhase::counted) continue;
    ++p.tasks_counted;
    p.chunks_counted += std::ssize(part.chunks);
    p.rows_counted +=
        part.rows >= 0 ? part.rows : std::max<std::int64_t>(load.parts[i].rows_reported, 0);
  }
  return p;
}

std::string load_json(const std::string& pipeline, const LoadState& load, const std::string& waits,
                      LoadDetail detail) {
  const ledger::LoadRequested& intent = load.intent;
  const LoadProgress progress = progress_of(load);
  json out{{"pipeline", pipeline},
           {"load", intent.load},
           {"key", intent.key},
           {"stage", ledger::stage_of(load)},
           {"over", !load.open()},
           {"mode", to_string(intent.request.mode)},
           {"interval", to_iso(intent.request.interval)},
           {"as_of", maybe(intent.request.as_of)},
           {"input", to_string(intent.content.input)},
           {"proof", to_string(intent.content.proof)},
           {"rows", rows_json(intent.content)},
           {"rows_counted", progress.rows_counted},
           {"chunks", progress.chunks},
           {"chunks_counted", progress.chunks_counted},
           {"tasks_total", progress.tasks},
           {"tasks_counted", progress.tasks_counted},
           {"lane", load.route ? json(load.route->lane) : json(nullptr)},
           {"engine", load.route ? json(load.route->engine) : json(nullptr)},
           {"sub_tasks", load.route ? json(load.route->sub_tasks) : json(nullptr)},
           {"finish_expected", load.route ? maybe(load.route->finish) : json(nullptr)},
           {"in_time_expected", load.route ? json(load.route->in_time) : json(nullptr)},
           {"cancelling", load.open() && load.cancel.has_value()},
           {"waits_for", maybe(load.open() ? waits : std::string())},
           {"error", maybe(load.error)},
           {"deadline", maybe(intent.request.deadline)},
           {"priority", intent.request.priority},
           {"by", intent.request.by},
           {"reason", intent.request.reason},
           {"requested_at", to_iso(load.requested_at)},
           {"changed_at", to_iso(load.changed_at)}};
  if (detail == LoadDetail::whole) add_detail(load, out);
  return dump(out);
}

std::string asked_json(const std::string& pipeline, const LoadAsked& asked) {
  json tasks = json::array();
  for (const LoadPart& part : asked.parts) {
    json chunks = json::array();
    for (const Instant chunk : part.chunks) chunks.push_back(to_iso(chunk));
    tasks.push_back({{"rows", maybe(part.rows)}, {"files", part.files.size()}, {"chunks", chunks}});
  }
  json per_chunk = json::array();
  for (const LoadChunk& c : asked.content.chunks)
    per_chunk.push_back({{"start", to_iso(c.chunk)}, {"rows", maybe(c.rows)}});
  return dump({{"pipeline", pipeline},
               {"load", maybe(asked.load)},
               {"attached", asked.attached},
               {"proof", to_string(asked.content.proof)},
               {"rows", rows_json(asked.content)},
               {"files", files_json(asked.content)},
               {"chunks", per_chunk},
               {"tasks", tasks},
               {"lane", maybe(asked.routed.lane)},
               {"window", maybe(asked.routed.window)},
               {"engine", asked.routed.engine},
               {"sub_tasks", asked.routed.sub_tasks},
               {"finish", maybe(asked.routed.finish)},
               {"in_time", asked.routed.in_time},
               {"reasons", asked.routed.reasons},
               {"waits", asked.waits},
               {"notes", asked.notes},
               {"bad_lines", asked.content.notes}});
}

}  // namespace henge::daemon
