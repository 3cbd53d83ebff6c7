#include "ledger/load_event_json.h"

#include <fmt/format.h>

#include <stdexcept>

#include "ledger/extent_json.h"

namespace henge::ledger {

using nlohmann::json;

namespace {

template <typename T, typename F>
json write_each(const std::vector<T>& values, F write_one) {
  json out = json::array();
  for (const T& v : values) out.push_back(write_one(v));
  return out;
}

template <typename F>
auto read_each(const json& j, F read_one) {
  std::vector<decltype(read_one(j))> out;
  for (const json& item : j) out.push_back(read_one(item));
  return out;
}

json maybe(const std::optional<Instant>& t) {
  return t ? json(to_ms(*t)) : json(nullptr);
}
Instant instant(const json& j) {
  return instant_of_ms(j.get<std::int64_t>());
}
std::optional<Instant> maybe_instant(const json& j) {
  return j.is_null() ? std::nullopt : std::optional(instant(j));
}
json instants(const std::vector<Instant>& all) {
  return write_each(all, [](Instant t) { return json(to_ms(t)); });
}

template <typename T>
T named(const json& j, const char* field, std::optional<T> (*of)(std::string_view)) {
  const auto name = j.at(field).get<std::string>();
  if (auto value = of(name)) return *value;
  throw std::invalid_argument(fmt::format("{} has no value '{}'", field, name));
}

template <typename T>
T named(const json& j, const char* field, std::initializer_list<T> all) {
  const auto name = j.at(field).get<std::string>();
  for (const T value : all)
    if (name == to_string(value)) return value;
  throw std::invalid_argument(fmt::format("{} has no value '{}'", field, name));
}

json write_request(const LoadRequest& r) {
  return {{"pipeline", r.pipeline},
          {"start", to_ms(r.interval.start)},
          {"end", to_ms(r.interval.end)},
          {"sources", r.sources},
          {"inline_rows", r.inline_rows},
          {"format", r.format.text},
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
}

LoadRequest read_request(const json& j) {
  LoadRequest r;
  r.pipeline = j.at("pipeline");
  r.interval = {instant(j.at("start")), instant(j.at("end"))};
  r.sources = j.at("sources").get<std::vector<std::string>>();
  r.inline_rows = j.at("inline_rows");
  r.format = {j.at("format").get<std::string>()};
  r.mode = named(j, "mode", load_mode_of);
  r.as_of = maybe_instant(j.at("as_of"));
  r.key = j.at("key");
  r.deadline = maybe_instant(j.at("deadline"));
  r.priority = j.at("priority");
  r.force_open = j.at("force_open");
  r.allow_empty = j.at("allow_empty");
  r.allow_shrink = j.at("allow_shrink");
  r.by = j.at("by");
  r.reason = j.at("reason");
  return r;
}

json write_file(const LoadFile& f) {
  return {{"uri", f.uri},
          {"bytes", f.bytes},
          {"content", f.content},
          {"rows", f.rows},
          {"chunks", instants(f.chunks)}};
}

json write_chunk(const LoadChunk& c) {
  return {{"chunk", to_ms(c.chunk)}, {"rows", c.rows}};
}

LoadChunk read_chunk(const json& j) {
  return {instant(j.at("chunk")), j.at("rows")};
}

json write_content(const LoadContent& c) {
  return {{"input", to_string(c.input)},
          {"files", write_each(c.files, write_file)},
          {"chunks", write_each(c.chunks, write_chunk)},
          {"accepted", c.rows.accepted},
          {"filtered", c.rows.filtered},
          {"outside", c.rows.outside},
          {"unparseable", c.rows.unparseable},
          {"proof", to_string(c.proof)},
          {"notes", c.notes}};
}

LoadContent read_content(const json& j) {
  LoadContent c;
  c.input = named(j, "input", load_input_of);
  c.files = read_each(j.at("files"), [](const json& f) {
    return LoadFile{f.at("uri"), f.at("bytes"), f.at("content"), f.at("rows"),
                    read_each(f.at("chunks"), instant)};
  });
  c.chunks = read_each(j.at("chunks"), read_chunk);
  c.rows = {j.at("accepted"), j.at("filtered"), j.at("outside"), j.at("unparseable")};
  c.proof = named(j, "proof", {Proof::counted, Proof::reported});
  c.notes = j.at("notes").get<std::vector<std::string>>();
  return c;
}

json write_part(const LoadPart& p) {
  return {{"chunks", instants(p.chunks)}, {"files", p.files}, {"rows", p.rows}};
}

json write_plan(const LoadPartPlan& p) {
  return {{"duration_ms", p.duration.count()}, {"start", maybe(p.start)}};
}

json extents(const std::vector<scan::Extent>& all) {
  return write_each(all, extent_json);
}

json write_target(const LoadTarget& t) {
  return {{"chunk", to_ms(t.chunk)},       {"rows", t.rows},
          {"baseline", t.baseline},        {"digest", t.digest},
          {"on_time", t.on_time},          {"dropped", extents(t.dropped)},
          {"covered", extents(t.covered)}, {"returned", extents(t.returned)}};
}

LoadTarget read_target(const json& j) {
  return {instant(j.at("chunk")),
          j.at("rows"),
          j.at("baseline"),
          j.at("digest"),
          j.at("on_time"),
          read_each(j.at("dropped"), extent_of),
          read_each(j.at("covered"), extent_of),
          read_each(j.at("returned"), extent_of)};
}

LoadRouted read_routed(const json& j) {
  LoadRouted e;
  e.load = j.at("load");
  e.lane = j.at("lane");
  e.window = j.at("window");
  e.reasons = j.at("reasons").get<std::vector<std::string>>();
  if (!j.contains("engine")) return e;
  e.engine = j.at("engine");
  e.sub_tasks = j.at("sub_tasks");
  e.parts = read_each(j.at("parts"), [](const json& p) {
    return LoadPartPlan{Millis(p.at("duration_ms").get<std::int64_t>()),
                        maybe_instant(p.at("start"))};
  });
  e.finish = maybe_instant(j.at("finish"));
  e.in_time = j.at("in_time");
  e.notes = j.at("notes").get<std::vector<std::string>>();
  return e;
}

LoadRequested read_requested(const json& j) {
  LoadRequested e;
  e.load = j.at("load");
  e.number = j.at("number");
  e.key = j.at("key");
  e.fingerprint = j.at("fingerprint");
  e.request = read_request(j.at("request"));
  e.content = read_content(j.at("content"));
  e.parts = read_each(j.at("parts"), [](const json& p) {
    return LoadPart{read_each(p.at("chunks"), instant),
                    p.at("files").get<std::vector<std::int64_t>>(), p.at("rows")};
  });
  return e;
}

}  // namespace

json write(const LoadRequested& e) {
  return {{"load", e.load},
          {"number", e.number},
          {"key", e.key},
          {"fingerprint", e.fingerprint},
          {"request", write_request(e.request)},
          {"content", write_content(e.content)},
          {"parts", write_each(e.parts, write_part)}};
}
json write(const LoadRouted& e) {
  return {{"load", e.load},
          {"lane", e.lane},
          {"window", e.window},
          {"reasons", e.reasons},
          {"engine", e.engine},
          {"sub_tasks", e.sub_tasks},
          {"parts", write_each(e.parts, write_plan)},
          {"finish", maybe(e.finish)},
          {"in_time", e.in_time},
          {"notes", e.notes}};
}
json write(const LoadTaskIntended& e) {
  return {{"load", e.load},
          {"part", e.part},
          {"attempt", e.attempt},
          {"task_id", e.task_id},
          {"targets", write_each(e.targets, write_target)}};
}
json write(const LoadTaskAccepted& e) {
  return {{"load", e.load}, {"task_id", e.task_id}, {"adopted", e.adopted}};
}
json write(const LoadTaskEnded& e) {
  return {{"load", e.load},
          {"task_id", e.task_id},
          {"end", to_string(e.end)},
          {"error", e.error},
          {"rows", e.rows}};
}
json write(const LoadTaskSeen& e) {
  return {{"load", e.load}, {"task_id", e.task_id}, {"stage", e.stage}};
}
json write(const LoadTaskCounted& e) {
  return {{"load", e.load}, {"task_id", e.task_id}, {"chunks", write_each(e.chunks, write_chunk)}};
}
json write(const LoadTaskAbsent& e) {
  return {{"load", e.load}, {"task_id", e.task_id}, {"error", e.error}};
}
json write(const LoadCancelAsked& e) {
  return {{"load", e.load}, {"by", e.by}, {"reason", e.reason}};
}
json write(const LoadRetryAsked& e) {
  return {{"load", e.load}, {"by", e.by}, {"reason", e.reason}};
}
json write(const LoadEnded& e) {
  return {{"load", e.load}, {"end", to_string(e.end)}, {"error", e.error}};
}
json write(const LoadDeclared& e) {
  return {{"name", e.name},
          {"document", e.document},
          {"since", to_ms(e.since)},
          {"by", e.by},
          {"reason", e.reason}};
}
json write(const LoadWithdrawn& e) {
  return {{"name", e.name}, {"by", e.by}, {"reason", e.reason}};
}
json write(const LoadRefused& e) {
  return {{"name", e.name}, {"key", e.key}, {"kind", e.kind}, {"error", e.error}};
}

std::optional<Body> read_load_event(const std::string& kind, const json& j) {
  if (kind == "load_requested") return read_requested(j);
  if (kind == "load_routed") return read_routed(j);
  if (kind == "load_task_intended")
    return LoadTaskIntended{j.at("load"), j.at("part"), j.at("attempt"), j.at("task_id"),
                            read_each(j.at("targets"), read_target)};
  if (kind == "load_task_accepted")
    return LoadTaskAccepted{j.at("load"), j.at("task_id"), j.at("adopted")};
  if (kind == "load_task_ended")
    return LoadTaskEnded{
        j.at("load"), j.at("task_id"),
        named(j, "end", {TaskEnd::success, TaskEnd::failed, TaskEnd::vanished, TaskEnd::refused}),
        j.at("error"), j.at("rows")};
  if (kind == "load_task_seen") return LoadTaskSeen{j.at("load"), j.at("task_id"), j.at("stage")};
  if (kind == "load_task_counted")
    return LoadTaskCounted{j.at("load"), j.at("task_id"), read_each(j.at("chunks"), read_chunk)};
  if (kind == "load_task_absent")
    return LoadTaskAbsent{j.at("load"), j.at("task_id"), j.at("error")};
  if (kind == "load_cancel_asked") return LoadCancelAsked{j.at("load"), j.at("by"), j.at("reason")};
  if (kind == "load_retry_asked") return LoadRetryAsked{j.at("load"), j.at("by"), j.at("reason")};
  if (kind == "load_ended")
    return LoadEnded{j.at("load"),
                     named(j, "end", {LoadEnd::counted, LoadEnd::failed, LoadEnd::cancelled}),
                     j.at("error")};
  if (kind == "load_declared")
    return LoadDeclared{j.at("name"), j.at("document"), instant(j.at("since")), j.at("by"),
                        j.at("reason")};
  if (kind == "load_withdrawn") return LoadWithdrawn{j.at("name"), j.at("by"), j.at("reason")};
  if (kind == "load_refused")
    return LoadRefused{j.at("name"), j.at("key"), j.at("kind"), j.at("error")};
  return std::nullopt;
}

const char* to_string(LoadEnd end) {
  switch (end) {
    case LoadEnd::counted:
      return "counted";
    case LoadEnd::failed:
      return "failed";
    case LoadEnd::cancelled:
      return "cancelled";
  }
  return "counted";
}

}  // namespace henge::ledger
