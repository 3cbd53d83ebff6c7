// A batch load as a person asks for it, and what its sources were found to hold: values that the
// ledger keeps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/pipeline.h"
#include "model/result.h"
#include "model/time.h"

namespace henge {

enum class LoadMode {
  append,   // its rows come to what is there
  replace,  // its rows take the place of what is there, chunk by chunk
};

// Rows that are given with the load itself: Druid keeps a task, with its rows, in its metadata
// store.
inline constexpr std::size_t load_rows_bytes_max = 2'000'000;

// What the person asked for. `as_of` and `key` are empty where none was given.
struct LoadRequest {
  std::string pipeline;
  Interval interval{};
  std::vector<std::string> sources;  // files, globs and {chunk} templates, addresses
  std::string inline_rows;           // instead of sources: the rows themselves, one a line
  JsonText format;                   // Druid's inputFormat; empty: the stream's
  LoadMode mode = LoadMode::append;
  // Replace: the data covers all arrivals up to this moment, itself included.
  std::optional<Instant> as_of;
  std::string key;
  std::optional<Instant> deadline;
  std::int64_t priority = 0;  // higher goes first
  bool force_open = false;
  bool allow_empty = false;
  bool allow_shrink = false;
  std::string by;
  std::string reason;
  bool operator==(const LoadRequest&) const = default;
};

enum class LoadInput {
  local,   // files that Druid's workers see under the same path
  http,    // fetched by the workers
  s3,      // objects, fetched by the workers
  druid,   // rows of a datasource
  inlined  // in the task itself
};

// One file as it was when the load was asked for.
struct LoadFile {
  std::string uri;
  std::int64_t bytes = -1;  // -1: not known
  std::string content;     // digest of the bytes as stored; of what is not read here the entity tag
  std::int64_t rows = -1;  // that the load takes from it; -1: not counted
  std::vector<Instant> chunks;  // that it has rows for; empty: not known
  bool operator==(const LoadFile&) const = default;
};

struct LoadChunk {
  Instant chunk{};
  std::int64_t rows = -1;  // -1: not counted before submission
  bool operator==(const LoadChunk&) const = default;
};

// Rows of the sources, by what becomes of them; 0 where they are not counted.
struct LoadRows {
  std::int64_t accepted = 0;
  std::int64_t filtered = 0;  // by the pipeline's own filter
  std::int64_t outside = 0;   // of the interval: Druid drops them
  std::int64_t unparseable = 0;
  bool operator==(const LoadRows&) const = default;
};

struct LoadContent {
  LoadInput input = LoadInput::local;
  std::vector<LoadFile> files;
  std::vector<LoadChunk> chunks;  // all of the interval, in order
  LoadRows rows;
  Proof proof = Proof::counted;
  std::vector<std::string> notes;  // rows.json:17: no timestamp
  bool operator==(const LoadContent&) const = default;
};

// What goes into one task: whole chunks, and the files that hold rows of them.
struct LoadPart {
  std::vector<Instant> chunks;
  std::vector<std::int64_t> files;  // places in LoadContent::files
  std::int64_t rows = -1;
  bool operator==(const LoadPart&) const = default;
};

const char* to_string(LoadMode mode);
const char* to_string(LoadInput input);
std::optional<LoadMode> load_mode_of(std::string_view name);
std::optional<LoadInput> load_input_of(std::string_view name);

// The start of every chunk of an interval that lies on chunk borders. Errors: invalid - it does
// not (names the nearest that does), is empty, or has more than `chunks_max` of them.
Result<std::vector<Instant>> chunks_of(Interval interval, Granularity granularity,
                                       std::size_t chunks_max);

}  // namespace henge
