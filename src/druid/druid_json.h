// Druid's answers as values. Pure; every answer is untrusted: a shape that is not the expected one
// is an error that names the place.
#pragma once

#include <string_view>

#include "ports/druid.h"

namespace henge::druid {

// Errors of all parsers: unavailable - a proxy's page or a cut body is no answer of Druid's, asking
// again may help.
Result<std::string> parse_version(std::string_view body);
// As henge's own, and the one bucket of granularity ALL. Errors: invalid.
Result<Interval> parse_druid_interval(std::string_view text);
Result<JsonText> parse_any(std::string_view body);
Result<ports::SupervisorStatus> parse_supervisor_status(std::string_view body);
// The answer of POST taskStatus: state is never pending or waiting, and group, type, datasource and
// time are not in it.
Result<std::map<std::string, ports::TaskStatus>> parse_task_statuses(std::string_view body);
// The answer of GET tasks.
Result<std::vector<ports::TaskStatus>> parse_tasks(std::string_view body);
// Nothing where the answer holds no counters.
Result<std::optional<ports::TaskReport>> parse_report(std::string_view body);
Result<std::vector<ports::Segment>> parse_segments(std::string_view body);
Result<std::vector<ports::SegmentRows>> parse_rows_by_segment(std::string_view body);
Result<std::vector<ports::Rule>> parse_rules(std::string_view body);
Result<ports::Workers> parse_workers(std::string_view body);

// The text a person wants out of an error's body: JSON of either kind, plain text, Jetty's HTML, or
// nothing. One line, bounded.
std::string error_text(std::string_view body);
// errorCode of a DruidException (entryAlreadyExists, invalidInput); empty where there is none.
std::string error_code(std::string_view body);
// Whether a 404 came from the thing asked for; empty bodies and HTML come from a service that does
// not know the path at all.
bool is_missing_object(std::string_view body);

// The id a task's payload carries. Errors: invalid.
Result<std::string> task_id(const JsonText& payload);
// The id of the task that a query gets, query-<context.sqlQueryId>. Errors: invalid.
Result<std::string> query_task_id(const JsonText& request);
// The answer to a query that runs as a task: the task's id. Errors: corrupt.
Result<std::string> parse_query_task(std::string_view body);

std::string render_rows_query(const std::string& datasource, const std::string& count_metric,
                              Granularity chunk, const std::vector<Interval>& intervals,
                              Millis timeout);
std::string render_intervals(const std::vector<Interval>& intervals);
std::string render_ids(const std::vector<std::string>& ids);
std::string render_sql(const std::string& query, Millis timeout);

}  // namespace henge::druid
