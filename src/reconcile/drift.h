// Where Druid is not what henge declared or did: one round's observation of everything, and what of
// one pipeline differs in it. Pure. What is unknown is never drift: a part that could not be
// observed is missing here, and drift that was found earlier then neither stays nor goes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "late/count.h"
#include "ledger/state.h"
#include "model/drift.h"
#include "model/druid.h"
#include "model/pipeline.h"
#include "model/segment_table.h"
#include "model/topic.h"
#include "offsets/verdict.h"
#include "reconcile/active_tasks.h"
#include "reconcile/segment_view.h"

namespace henge::reconcile {

// What Kafka said of a pipeline's topic, and Druid of its offsets at that time.
struct TopicSight {
  offsets::Scanned scanned;  // before the question: the scan has gone on since
  offsets::DruidOffsets druid;
  TopicLook look;
};

// What Druid said of all pipelines in one round. A part that is nothing was not answered, or its
// answer can't be trusted (another Overlord leads than before): `unknown` says why.
struct World {
  Instant now{};
  std::optional<std::map<std::string, SupervisorListing>> supervisors;  // by id
  std::optional<ActiveTasks> tasks;                                     // of all datasources
  std::optional<std::map<std::string, std::vector<TaskLock>>> locks;    // by datasource
  std::optional<std::map<std::string, SegmentDigest>> digests;          // by datasource
  std::optional<std::map<std::string, std::vector<Rule>>>
      rules;                                                  // own ones by datasource; _default
  std::optional<std::map<std::string, JsonText>> compaction;  // canonical, by datasource

  // Segments, with a number for each datasource for which they are current, which counts up each
  // time they are listed anew. Null or not in the map: not known.
  const SegmentTable* segments = nullptr;
  std::map<std::string, std::uint64_t> segments_listed;

  // Asked for by name and not there: a list without it may only mean that it is not shown (contract
  // 8.6).
  std::set<std::string> confirmed_missing;  // supervisor ids
  std::set<std::string> terminated;         // of those: whose history ends with a tombstone
  std::set<std::string> missing_tasks;      // task ids, asked for with an answer, long enough
  std::map<std::string, SupervisorStatus> statuses;  // by supervisor id

  // Chunks that were counted again (chunks_to_recount), by pipeline.
  std::map<std::string, late::Readings> readings;
  // Segments marked unused in those chunks, by pipeline and chunk; a chunk that is not in it was
  // not asked for.
  std::map<std::string, std::map<Instant, std::vector<Segment>>> unused;

  std::map<std::string, TopicSight> topics;  // by pipeline; only what is fresh

  std::map<std::string, std::string> unknown;  // part, why
};

struct DriftInput {
  const Pipeline& pipeline;
  JsonText desired;  // the supervisor spec that Druid should hold: of the posted version
  const ledger::PipelineState& state;
  int partitions = 0;               // of the topic; 0: unknown
  bool suspended_by_henge = false;  // a suspension is henge's own doing
  // Columns that earlier versions of the pipeline wrote: segments may have them.
  std::set<std::string> columns_before;
};

// What a process knows from the rounds before, of one pipeline. Lost with it, which costs time
// only.
struct DriftMemory {
  std::map<std::string, Instant> first_seen;  // by key_of(): since when it is there without a break
  PartitionOffsets committed;                 // as last seen
  std::int64_t reset_seen = 0;  // the reset of the offsets after which all that was seen
  PartitionOffsets readers;     // the furthest a reader was seen
  std::map<std::int32_t, double> readers_per_second;
  Instant readers_at{};
  SegmentView segments;
  std::optional<std::uint64_t> segments_listed;  // of which `segments` is the view
  // The digest that the listed segments of a chunk had when it was last counted, right or wrong.
  std::map<Instant, std::string> counted;
  // The last comparison of supervisor specs, which costs most of a quiet round.
  std::string spec_desired;
  std::string spec_live;
  std::vector<std::pair<std::string, std::string>> spec_changes;  // path, what is and should be
};

struct Found {
  std::vector<Drift> drifts;  // sorted by kind and object; no two of the same
  // Keys of drifts in the ledger of which this round can't say whether they are still there.
  std::set<std::string> unknown;
};

// Does what costs most of the first find_drift() after a change and needs nothing of the ledger.
// Optional; several pipelines may be read at once by several threads.
void read_ahead(const Pipeline& pipeline, const JsonText& desired, const World& world,
                DriftMemory& memory);

// Every drift of one pipeline, whatever its policy and amount. Nothing of a pipeline that henge
// does not manage: never declared, released, or about to be.
Found find_drift(const DriftInput& input, const World& world, DriftMemory& memory);

// Sealed chunks that must be counted again, newest first, at most `max`: those whose listed
// segments are others than the ones that were counted, and those with a drift. The readings go into
// World::readings.
std::vector<Instant> chunks_to_recount(const DriftInput& input, const World& world,
                                       DriftMemory& memory, std::size_t max);
// Of those, the ones whose count is too low: segments marked unused are asked for, into
// World::unused.
std::vector<Instant> chunks_to_look_for_unused(const DriftInput& input, const World& world);

// Events that note what is no drift: a chunk counts right with other segments (compaction), and
// the retention rules and auto-compaction as first seen. To be appended before the drift is judged.
std::vector<ledger::Body> note_observed(const DriftInput& input, const World& world);

// Every column that segments of the pipeline may have.
std::set<std::string> columns_of(const Pipeline& pipeline);

}  // namespace henge::reconcile
