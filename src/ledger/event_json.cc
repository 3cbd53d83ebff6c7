// The stored form of events. Fields are only ever added; a reader fills what an older writer did
// not know.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ledger/drift_event_json.h"
#include "ledger/event.h"
#include "ledger/extent_json.h"
#include "ledger/load_event_json.h"
#include "ledger/offset_event_json.h"
#include "ledger/scan_event_reader.h"
#include "ledger/window_event_json.h"

namespace henge::ledger {
namespace {

using nlohmann::json;

json write(const scan::RowCounts& c) {
  return json::array({c.on_time, c.late, c.early, c.filtered, c.on_time_offset_last});
}

scan::RowCounts read_counts(const json& j) {
  return {j.at(0), j.at(1), j.at(2), j.at(3), j.at(4)};
}

json write(const Witness& w) {
  return {{"offset", w.offset}, {"arrival", to_ms(w.arrival)}, {"hash", w.hash}};
}

json write(const scan::PartitionProgress& p) {
  json out{{"partition", p.partition},
           {"from", p.from},
           {"to", p.to},
           {"records", p.records},
           {"unparseable", p.unparseable},
           {"null_values", p.null_values},
           {"without_timestamp", p.without_timestamp},
           {"lost", p.lost},
           {"arrival_max", to_ms(p.arrival_max)},
           {"arrival_floor", to_ms(p.arrival_floor)}};
  if (p.witness) out["witness"] = write(*p.witness);
  return out;
}

Instant read_instant(const json& j, const char* field) {
  return instant_of_ms(j.at(field).get<std::int64_t>());
}

scan::PartitionProgress read_progress(const json& j) {
  scan::PartitionProgress p;
  p.partition = j.at("partition");
  p.from = j.at("from");
  p.to = j.at("to");
  p.records = j.at("records");
  p.unparseable = j.at("unparseable");
  p.null_values = j.at("null_values");
  p.without_timestamp = j.at("without_timestamp");
  p.lost = j.value("lost", std::int64_t{0});
  p.arrival_max = read_instant(j, "arrival_max");
  p.arrival_floor = read_instant(j, "arrival_floor");
  if (auto w = j.find("witness"); w != j.end())
    p.witness = Witness{w->at("offset"), read_instant(*w, "arrival"), w->at("hash")};
  return p;
}

template <typename Enum>
Enum read_enum(const json& j, const char* field, std::initializer_list<Enum> all,
               const char* (*name)(Enum)) {
  const auto text = j.at(field).get<std::string>();
  for (Enum e : all)
    if (text == name(e)) return e;
  throw std::invalid_argument(fmt::format("{} has no value '{}'", field, text));
}

json write(const scan::Extent& e) {
  return extent_json(e);
}

json write(const RepairChunk& c) {
  return {{"chunk", to_ms(c.chunk)}, {"rows", c.rows}, {"baseline", c.baseline}};
}

template <typename T>
json write_all(const std::vector<T>& values) {
  json out = json::array();
  for (const T& v : values) out.push_back(write(v));
  return out;
}

template <typename T>
std::vector<T> read_all(const json& j, T (*read)(const json&)) {
  std::vector<T> out;
  for (const json& item : j) out.push_back(read(item));
  return out;
}

RepairChunk read_repair_chunk(const json& j) {
  return {read_instant(j, "chunk"), j.at("rows"), j.at("baseline")};
}

json write(const PipelineDeclared& e) {
  return {{"version", e.version}, {"document", e.document},       {"fingerprint", e.fingerprint},
          {"reason", e.reason},   {"incarnation", e.incarnation}, {"by", e.by}};
}
json write(const SupervisorPosted& e) {
  return {{"version", e.version}, {"action", e.action}};
}
json write(const SupervisorProven& e) {
  return {{"version", e.version}};
}
json write(const SupervisorRolledBack& e) {
  return {{"from_version", e.from_version}, {"to_version", e.to_version}, {"reason", e.reason}};
}
json write(const PipelineReleased& e) {
  return {{"reason", e.reason}, {"by", e.by}, {"supervisor", e.supervisor}};
}
json write(const ReleaseIntended& e) {
  return {{"reason", e.reason}, {"by", e.by}};
}
json write(const ScanAdvanced& e) {
  json chunks = json::array();
  for (const auto& [start, partitions] : e.batch.chunks) {
    json counts = json::object();
    for (const auto& [partition, c] : partitions) counts[std::to_string(partition)] = write(c);
    chunks.push_back({{"chunk", to_ms(start)}, {"counts", counts}});
  }
  return {{"partitions", write_all(e.batch.partitions)},
          {"chunks", chunks},
          {"extents", write_all(e.batch.extents)}};
}
json write(const ChunkClosed& e) {
  return {{"chunk", to_ms(e.chunk)}, {"evidence", e.evidence}};
}
json write(const ChunkSealed& e) {
  return {{"chunk", to_ms(e.chunk)},
          {"rows", e.rows},
          {"segments", e.segments},
          {"proof", e.proof},
          {"digest", e.digest}};
}
json write(const ChunkUncertain& e) {
  return {{"chunk", to_ms(e.chunk)},
          {"expected", e.expected},
          {"actual", e.actual},
          {"reason", e.reason}};
}
json write(const RepairIntended& e) {
  return {{"repair", e.repair},
          {"number", e.number},
          {"attempt", e.attempt},
          {"task_id", e.task_id},
          {"chunks", write_all(e.chunks)},
          {"extents", write_all(e.extents)},
          {"rows", e.rows},
          {"delivery", to_string(e.delivery)},
          {"base_url", e.base_url},
          {"expires_at", to_ms(e.expires_at)}};
}
json write(const RepairAccepted& e) {
  return {{"repair", e.repair}, {"task_id", e.task_id}, {"adopted", e.adopted}};
}
json write(const RepairTaskEnded& e) {
  return {
      {"repair", e.repair}, {"task_id", e.task_id}, {"end", to_string(e.end)}, {"error", e.error}};
}
json write(const RepairConfirmed& e) {
  return {{"repair", e.repair}, {"task_id", e.task_id}, {"chunks", write_all(e.chunks)}};
}
json write(const RepairAbsent& e) {
  return {{"repair", e.repair}, {"task_id", e.task_id}, {"error", e.error}};
}
json write(const DeltaExpired& e) {
  return {{"files", e.files}};
}

ScanAdvanced read_scan(const json& j) {
  ScanAdvanced e;
  e.batch.partitions = read_all(j.at("partitions"), read_progress);
  for (const json& item : j.at("chunks"))
    for (const auto& [partition, counts] : item.at("counts").items())
      e.batch.chunks[read_instant(item, "chunk")][std::stoi(partition)] = read_counts(counts);
  e.batch.extents = read_all(j.at("extents"), extent_of);
  return e;
}

RepairIntended read_intent(const json& j) {
  RepairIntended e;
  e.repair = j.at("repair");
  e.number = j.at("number");
  e.attempt = j.at("attempt");
  e.task_id = j.at("task_id");
  e.chunks = read_all(j.at("chunks"), read_repair_chunk);
  e.extents = read_all(j.at("extents"), extent_of);
  e.rows = j.at("rows");
  e.delivery = read_enum(j, "delivery", {Delivery::inline_rows, Delivery::http}, to_string);
  e.base_url = j.at("base_url");
  e.expires_at = read_instant(j, "expires_at");
  return e;
}

Body read_body(const std::string& kind, const json& j) {
  if (kind == "pipeline_declared")
    return PipelineDeclared{j.at("version"), j.at("document"),    j.at("fingerprint"),
                            j.at("reason"),  j.at("incarnation"), j.value("by", std::string())};
  if (kind == "supervisor_posted") return SupervisorPosted{j.at("version"), j.at("action")};
  if (kind == "scan_advanced") return read_scan(j);
  if (kind == "chunk_closed") return ChunkClosed{read_instant(j, "chunk"), j.at("evidence")};
  if (kind == "chunk_sealed")
    return ChunkSealed{read_instant(j, "chunk"), j.at("rows"), j.at("segments"), j.at("proof"),
                       j.value("digest", std::string())};
  if (kind == "chunk_uncertain")
    return ChunkUncertain{read_instant(j, "chunk"), j.at("expected"), j.at("actual"),
                          j.at("reason")};
  if (kind == "repair_intended") return read_intent(j);
  if (kind == "repair_accepted")
    return RepairAccepted{j.at("repair"), j.at("task_id"), j.at("adopted")};
  if (kind == "repair_task_ended") {
    TaskEnd end = read_enum(
        j, "end", {TaskEnd::success, TaskEnd::failed, TaskEnd::vanished, TaskEnd::refused},
        to_string);
    return RepairTaskEnded{j.at("repair"), j.at("task_id"), end, j.at("error")};
  }
  if (kind == "repair_confirmed")
    return RepairConfirmed{j.at("repair"), j.at("task_id"),
                           read_all(j.at("chunks"), read_repair_chunk)};
  if (kind == "repair_absent") return RepairAbsent{j.at("repair"), j.at("task_id"), j.at("error")};
  if (kind == "delta_expired") return DeltaExpired{j.at("files")};
  if (kind == "supervisor_proven") return SupervisorProven{j.at("version")};
  if (kind == "supervisor_rolled_back")
    return SupervisorRolledBack{j.at("from_version"), j.at("to_version"), j.at("reason")};
  if (kind == "pipeline_released")
    return PipelineReleased{j.at("reason"), j.at("by"), j.at("supervisor")};
  if (kind == "release_intended") return ReleaseIntended{j.at("reason"), j.at("by")};
  if (auto drift = read_drift_event(kind, j)) return *std::move(drift);
  if (auto load = read_load_event(kind, j)) return *std::move(load);
  if (auto reset = read_offset_event(kind, j)) return *std::move(reset);
  if (auto window = read_window_event(kind, j)) return *std::move(window);
  throw std::invalid_argument("no such kind of event");
}

}  // namespace

const char* to_string(Delivery delivery) {
  switch (delivery) {
    case Delivery::inline_rows:
      return "inline";
    case Delivery::http:
      return "http";
  }
  return "inline";
}

const char* to_string(TaskEnd end) {
  switch (end) {
    case TaskEnd::success:
      return "success";
    case TaskEnd::failed:
      return "failed";
    case TaskEnd::vanished:
      return "vanished";
    case TaskEnd::refused:
      return "refused";
  }
  return "failed";
}

std::string kind_of(const Body& body) {
  static constexpr const char* names[] = {"pipeline_declared",  "supervisor_posted",
                                          "scan_advanced",      "chunk_closed",
                                          "chunk_sealed",       "chunk_uncertain",
                                          "repair_intended",    "repair_accepted",
                                          "repair_task_ended",  "repair_confirmed",
                                          "repair_absent",      "delta_expired",
                                          "supervisor_proven",  "supervisor_rolled_back",
                                          "pipeline_released",  "drift_found",
                                          "drift_cleared",      "heal_intended",
                                          "heal_ended",         "drift_given_up",
                                          "drift_adopted",      "frozen",
                                          "unfrozen",           "release_intended",
                                          "load_requested",     "load_routed",
                                          "load_task_intended", "load_task_accepted",
                                          "load_task_ended",    "load_task_seen",
                                          "load_task_counted",  "load_task_absent",
                                          "load_cancel_asked",  "load_retry_asked",
                                          "load_ended",         "load_declared",
                                          "load_withdrawn",     "load_refused",
                                          "reset_intended",     "reset_quiesced",
                                          "reset_measured",     "offsets_reset",
                                          "reset_ended",        "window_opened",
                                          "window_suspended",   "window_quiesced",
                                          "window_broken",      "window_closed",
                                          "window_resumed"};
  static_assert(std::size(names) == std::variant_size_v<Body>);
  return names[body.index()];
}

std::string to_json(const Body& body) {
  json out = std::visit([](const auto& e) { return write(e); }, body);
  // A document or an error text may hold bytes that are no UTF-8; they are kept readable, never
  // thrown over.
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Body> from_json(const std::string& kind, const std::string& text) {
  if (kind == "scan_advanced") {
    if (auto scan = read_scan_as_written(text)) return Body(std::move(*scan));
  }
  try {
    return read_body(kind, json::parse(text));
  } catch (const std::exception& e) {
    return fail(ErrorKind::corrupt, fmt::format("event of kind '{}': {}", kind, e.what()));
  }
}

}  // namespace henge::ledger
