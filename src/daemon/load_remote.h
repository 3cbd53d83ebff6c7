// Sources whose rows henge does not read itself.
#pragma once

#include <optional>
#include <vector>

#include "daemon/shell.h"
#include "model/load.h"

namespace henge::daemon {

// What kind of source all of them are; nothing for files of this machine. Errors: invalid - of
// several kinds.
Result<std::optional<LoadInput>> remote_input(const std::vector<std::string>& sources);

// s3://bucket/key: nothing is counted before; the task's report and the count afterwards decide.
Result<LoadContent> list_s3(const LoadRequest& request, const std::vector<Instant>& chunks);

// druid://datasource: its rows are counted by the count metric of `pipeline`, which its segments
// must have. Errors: invalid, not_found (it holds nothing there), those of the calls.
runtime::Async<LoadContent> count_datasource(ports::Druid& druid, Pipeline pipeline,
                                             LoadRequest request, std::vector<Instant> chunks);

// The datasource of a druid:// source.
std::string datasource_of(const std::string& source);

}  // namespace henge::daemon
