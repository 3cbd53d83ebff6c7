// Reads pipeline files and folders. The only file of this module that touches the disk.
#pragma once

#include <string>
#include <vector>

#include "spec/parse.h"

namespace henge::spec {

struct Loaded {
  std::vector<ParsedPipeline> pipelines;  // in the order of paths, folders sorted
  std::vector<ParsedLoad> loads;          // likewise
  std::vector<Diagnostic> diagnostics;    // file by file
};

// Files as they are named, folders with all *.yaml and *.yml below them (hidden ones left out), "-"
// for standard input. Pipelines and datasources that are declared twice over all files are errors.
Loaded load(const std::vector<std::string>& paths);

// The whole file as text. Errors: not_found, denied, invalid (a folder, or larger than limit).
Result<std::string> read_text(const std::string& path, std::size_t bytes_max);

}  // namespace henge::spec
