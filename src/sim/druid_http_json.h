// Druid's own JSON for what its twin knows: shapes as recorded in tests/golden/druid.
#pragma once

#include <string>
#include <vector>

#include "sim/druid_twin.h"
#include "sim/twin_impl.h"

namespace henge::sim {

std::string status_json(const std::string& version);
std::string supervisor_status_json(const SupervisorStatus& status, const TwinSupervisor& of);
std::string supervisors_json(const std::vector<SupervisorListing>& all);
std::string history_json(const std::vector<SupervisorVersion>& versions);
std::string task_json(const TwinTask& task);
std::string task_statuses_json(const std::map<std::string, TaskStatus>& statuses);
std::string report_json(const std::string& id, const TaskReport& report, bool running);
std::string locks_json(const std::vector<TaskLock>& locks);
std::string workers_json(const Workers& workers);
std::string rows_json(const std::vector<SegmentRows>& rows,
                      const std::map<std::string, Interval>& intervals);
std::string digests_json(const std::map<std::string, SegmentDigest>& digests);
std::string rule_json(const Rule& rule);
std::string rules_json(const std::vector<Rule>& rules);
std::string sample_json(const Sample& sample);
std::string segment_json(const std::string& datasource, const SegmentKey& key,
                         const StoredSegment& segment);
// The same with overshadowed and replicationFactor.
std::string listed_segment_json(const std::string& datasource, const SegmentKey& key,
                                const StoredSegment& segment, bool overshadowed, bool loads);
std::string unused_segment_json(const std::string& datasource, const SegmentKey& key,
                                const StoredSegment& segment);

// {"error":"..."}: Jackson and most resources.
std::string plain_error(const std::string& message);
// A DruidException.
std::string druid_error(const std::string& code, const std::string& category,
                        const std::string& message);

// Errors of both: invalid.
Result<std::vector<Rule>> parse_rules_body(const std::string& body);
struct RowsQuery {
  std::string datasource;
  std::string metric;
  Granularity chunk = Granularity::hour;
  std::vector<Interval> intervals;
};
Result<RowsQuery> parse_rows_query(const std::string& body);
Result<std::vector<std::string>> parse_texts(const std::string& body);
Result<std::vector<Interval>> parse_intervals(const std::string& body);
// The member of that name that is a text; empty if there is none.
std::string member_text(const std::string& body, const std::string& name);
// `datasource` of each element of an activeLocks request.
std::vector<std::string> lock_datasources(const std::string& body);
PartitionOffsets parse_offsets(const std::string& body);

}  // namespace henge::sim
