// The answers about everything at once, as values, and the bodies that ask for them. Pure; every
// answer is untrusted, as in druid_json.h.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/druid.h"

namespace henge::druid {

// Errors of all parsers: unavailable.
Result<std::vector<SupervisorListing>> parse_supervisors(std::string_view body);
Result<std::vector<SupervisorVersion>> parse_history(std::string_view body);
Result<std::vector<TaskLock>> parse_locks(std::string_view body);
// The rows of digest_query().
Result<std::map<std::string, SegmentDigest>> parse_digests(std::string_view body);
Result<std::map<std::string, std::vector<Rule>>> parse_all_rules(std::string_view body);
Result<std::map<std::string, JsonText>> parse_compaction_configs(std::string_view body);
// A bare address, or one in quotes.
Result<std::string> parse_leader(std::string_view body);
// Segments with the time they were marked, or bare ones.
Result<std::vector<Segment>> parse_unused_segments(std::string_view body);
Result<Sample> parse_sample(std::string_view body);

std::string digest_query();
std::string render_lock_filter(const std::vector<std::string>& datasources);
std::string render_interval_body(Interval interval);
// The body of resetOffsets.
std::string render_offsets_body(const std::string& stream, const PartitionOffsets& offsets);
std::string render_rules(const std::vector<Rule>& rules);

}  // namespace henge::druid
