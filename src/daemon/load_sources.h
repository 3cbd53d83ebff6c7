// What a load's sources hold, found out before anything is sent: which files there are, how many
// rows each gives to which chunk, and what can't be loaded.
#pragma once

#include <functional>
#include <string>

#include "model/load.h"
#include "model/pipeline.h"
#include "model/result.h"
#include "runtime/async.h"

namespace henge::daemon {

// How far the reading of the files has come.
struct ReadingProgress {
  std::int64_t files = 0, files_total = 0;
  std::int64_t bytes = 0, bytes_total = 0;
  std::int64_t rows = 0;
};
using TellReading = std::function<void(const ReadingProgress&)>;

// The pipeline as this load reads rows: with the load's own input format, if it has one. Errors:
// invalid.
Result<Pipeline> pipeline_of_load(const Pipeline& pipeline, const LoadRequest& request);

// The input format's name where henge does not read its rows, and passes it through; empty where it
// does.
std::string foreign_format(const LoadRequest& request);

// The files of local sources, sorted: globs and {chunk} templates are expanded. Errors: invalid
// (a relative path), not_found (nothing matches: names the source), denied.
Result<std::vector<std::string>> local_files(const std::vector<std::string>& sources,
                                             const std::vector<Instant>& chunks);

// `{chunk}` in a source becomes the start of a chunk, 2026-03-01T08:00Z; {chunk:%Y/%m/%d/%H} its
// parts. One text a chunk; a text without a template stays alone. Errors: invalid.
Result<std::vector<std::string>> expand_chunks(const std::string& source,
                                               const std::vector<Instant>& chunks);

// Reads local files to the end, counts and digests them. Blocks. Errors: not_found, denied,
// invalid (empty, cut, of another format: names file and line), unavailable.
Result<LoadContent> read_local(const Pipeline& pipeline, const LoadRequest& request,
                               const std::vector<Instant>& chunks, const TellReading& tell);

// Counts the rows that travel in the task itself. Errors: as above.
Result<LoadContent> read_inline(const Pipeline& pipeline, const LoadRequest& request,
                                const std::vector<Instant>& chunks);

// Fetches addresses as Druid's workers will, counts and digests what they give; {chunk} templates
// are expanded. Errors: as above, and those of the answers.
runtime::Async<LoadContent> read_http(Pipeline pipeline, LoadRequest request,
                                      std::vector<Instant> chunks, TellReading tell);

// The request and what the sources held, as one number: the same load has the same.
std::string load_fingerprint(const LoadRequest& request, const LoadContent& content);

// One task for these chunks, with the files that hold rows of them.
LoadPart make_part(const LoadContent& content, std::vector<Instant> chunks);

}  // namespace henge::daemon
