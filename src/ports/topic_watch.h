// The door to what Kafka says of a topic beside its records: where its logs begin and end, single
// records, and the offsets of a consumer group.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "model/pipeline.h"
#include "model/result.h"
#include "model/topic.h"
#include "scan/stretch.h"

namespace henge::ports {

// Errors: unavailable, denied, invalid (the pipeline's consumer properties), not_found (no topic).
using LookAtTopic = std::function<boost::asio::awaitable<Result<TopicLook>>(
    Pipeline, std::vector<std::pair<std::int32_t, std::int64_t>> records)>;

// Commits offsets to a consumer group that has no members. Errors: conflict (the group has members
// of its own), and as above.
using CommitGroup = std::function<boost::asio::awaitable<Result<void>>(Pipeline, std::string group,
                                                                       PartitionOffsets)>;

struct StretchesWanted {
  scan::Stretches stretches;
  std::string delta_folder;
  std::map<std::string, std::int64_t> file_ends;  // what the ledger knows of the delta files
};

// Reads stretches of a topic to their ends. Nothing else may write the delta folder meanwhile.
// Errors: conflict (the log does not begin that early any more), cancelled, those of a scan.
using ScanStretches =
    std::function<boost::asio::awaitable<Result<scan::StretchesFound>>(Pipeline, StretchesWanted)>;

}  // namespace henge::ports
