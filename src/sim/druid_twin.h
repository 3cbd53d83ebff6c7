// A Druid cluster in memory: Overlord, Coordinator, Broker, workers and historicals, as far as
// henge can see them, by the rules of the contract and of what was seen on a running one.
// Synchronous; time goes on in advance() alone, from event to event. Methods have the names and
// words of ports::Druid; what else a person or another program may do to Druid stands below them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/druid.h"
#include "model/granularity.h"
#include "model/pipeline.h"
#include "model/result.h"
#include "model/segment_table.h"
#include "ports/druid.h"
#include "sim/kafka_twin.h"
#include "sim/random.h"
#include "sim/row_identity.h"
#include "sim/twin_settings.h"

namespace henge::sim {

// A segment made by hand: of a foreign writer, or of a world that starts with history.
struct ForeignSegment {
  std::string datasource;
  Interval interval;
  std::string version;  // empty: as an append would get it
  std::vector<SegmentRow64> rows;
  std::int64_t rows_unnamed = 0;  // more rows without identity, all at the interval's start
  std::int64_t size_bytes = 0;
  std::string dimensions;  // comma-joined
  std::string metrics = "count";
  bool available = true;  // at once
};

// How often something happened since the start; a world can ask whether it met what it was made
// for.
struct TwinStats {
  std::int64_t tasks_published = 0;
  std::int64_t tasks_failed = 0;
  std::int64_t stream_publishes = 0;
  std::int64_t metadata_conflicts = 0;  // a sequence whose start was not where the store stood
  std::int64_t locks_revoked = 0;
  std::int64_t segments_upgraded = 0;
  std::int64_t rows_read = 0;
  std::int64_t ghosts = 0;
};

class DruidTwin {
 public:
  // `kafka` outlives it.
  DruidTwin(const KafkaTwin& kafka, TwinSettings settings, Random random, Instant now);
  ~DruidTwin();
  DruidTwin(const DruidTwin&) = delete;
  DruidTwin& operator=(const DruidTwin&) = delete;

  // All that happens until `now`, in order. Time never goes back: an earlier `now` does nothing.
  void advance(Instant now);
  // When something will happen next by itself; nothing if nothing will. Records that are appended
  // are read when somebody looks, and cause no event.
  [[nodiscard]] std::optional<Instant> next_event_at() const;
  [[nodiscard]] Instant now() const;

  // Changeable at any time; times count for what begins afterwards.
  TwinFaults& faults();
  TwinSettings& settings();
  [[nodiscard]] const TwinStats& stats() const;

  // --- ports::Druid
  Result<std::string> version(ports::Service service);
  Result<std::optional<JsonText>> supervisor_spec(const std::string& id);
  Result<SupervisorStatus> supervisor_status(const std::string& id);
  Result<void> post_supervisor(const JsonText& spec, const Audit& audit);
  Result<void> suspend_supervisor(const std::string& id, const Audit& audit);
  Result<void> resume_supervisor(const std::string& id, const Audit& audit);
  Result<void> terminate_supervisor(const std::string& id, const Audit& audit);
  Result<Sample> sample(const JsonText& spec);
  Result<std::vector<SupervisorVersion>> supervisor_history(const std::string& id);
  Result<std::vector<SupervisorListing>> supervisors();
  Result<std::vector<TaskLock>> locks(const std::vector<std::string>& datasources);
  Result<std::map<std::string, SegmentDigest>> segment_digests();
  Result<SegmentTable> segments(const std::vector<std::string>& datasources);
  Result<std::map<std::string, std::vector<Rule>>> all_rules();
  Result<std::map<std::string, JsonText>> compaction_configs();
  Result<std::string> overlord_leader();
  Result<void> mark_used(const std::string& datasource, Interval interval);
  Result<std::vector<Segment>> unused_segments(const std::string& datasource, Interval interval);
  Result<void> set_rules(const std::string& datasource, std::vector<Rule> rules,
                         const Audit& audit);
  Result<void> set_compaction(const std::string& datasource, const JsonText& config,
                              const Audit& audit);
  Result<Submitted> submit_task(const JsonText& payload);
  Result<bool> runs_query_tasks();
  // Knows REPLACE as henge writes it (twin_query.h). Errors: invalid - also without the extension.
  Result<Submitted> submit_query(const JsonText& request);
  Result<std::map<std::string, TaskStatus>> task_statuses(const std::vector<std::string>& ids);
  Result<std::vector<TaskStatus>> active_tasks(const std::string& datasource);
  Result<std::optional<TaskReport>> task_report(const std::string& id);
  Result<void> shutdown_task(const std::string& id);
  Result<std::vector<Segment>> used_segments(const std::string& datasource,
                                             const std::vector<Interval>& intervals);
  Result<std::vector<SegmentRows>> rows_by_segment(const std::string& datasource,
                                                   const std::string& count_metric,
                                                   Granularity chunk,
                                                   const std::vector<Interval>& intervals);
  Result<std::vector<Rule>> rules(const std::string& datasource);
  Result<Workers> workers();
  // Knows SELECT SUM("metric") AS name FROM "datasource" alone. Errors: invalid.
  Result<JsonText> sql(const std::string& query);

  // --- What else happens to a Druid
  // Of a datasource that is unknown nothing is marked. Errors: not_found (the segment).
  Result<void> mark_unused(const std::string& datasource, Interval interval);
  Result<void> mark_segment_unused(const std::string& datasource, const std::string& segment);
  // Asynchronous in Druid, at once here: the stored offsets of these partitions are replaced, and
  // groups that read them are killed (contract 2.5). An empty map: reset, all offsets forgotten.
  Result<void> reset_offsets(const std::string& supervisor, const PartitionOffsets& offsets);
  void add_segment(ForeignSegment segment);
  // Published segments of the interval answer no query any more, or answer again.
  void set_available(const std::string& datasource, Interval interval, bool available);
  // The task dies now, in whatever state it is. Errors: not_found.
  Result<void> fail_task(const std::string& id, const std::string& error);
  // Its row is purged from the metadata store, as the log cleaner does: unknown, id free again.
  // Errors: not_found.
  Result<void> forget_task(const std::string& id);
  // Tasks that were over by then.
  [[nodiscard]] std::vector<std::string> tasks_ended_before(Instant time) const;
  // The Overlord is gone for that long (its calls: unavailable), then another one leads: queue and
  // supervisors come from the store, what was in memory is empty for a while; tasks run on.
  void fail_over_overlord(Millis down);
  // Calls of that service fail as unavailable until then.
  void take_down(ports::Service service, Instant until);

  // --- Truth, for those who check
  // Rows of used, published, not overshadowed segments, answering or not. A row that is there twice
  // is listed twice. Sorted by identity.
  [[nodiscard]] std::vector<SegmentRow64> stored_rows(const std::string& datasource) const;
  [[nodiscard]] std::vector<SegmentRow64> stored_rows(const std::string& datasource,
                                                      Interval interval) const;
  // Rows that a query sees now, those in the memory of tasks included. Sorted by identity.
  [[nodiscard]] std::vector<SegmentRow64> visible_rows(const std::string& datasource);
  // Grows whenever stored_rows may have changed, and where that was since a revision.
  [[nodiscard]] std::uint64_t stored_revision(const std::string& datasource) const;
  [[nodiscard]] std::vector<Interval> stored_changes(const std::string& datasource,
                                                     std::uint64_t since) const;
  // Whether a query sees every stored row, none missing or hidden, and none is unpublished.
  [[nodiscard]] bool all_available(const std::string& datasource);
  // What the metadata store holds for a supervisor.
  [[nodiscard]] PartitionOffsets committed(const std::string& supervisor) const;
  [[nodiscard]] std::vector<std::string> datasources() const;
  // Payload as submitted; nothing if unknown.
  [[nodiscard]] std::optional<JsonText> task_payload(const std::string& id) const;

  struct Impl;  // of this folder alone
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace henge::sim
