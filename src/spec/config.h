// The configuration file (henge.yaml) into the model, with every mistake at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/config.h"
#include "model/diagnostic.h"

namespace henge::spec {

struct ParsedConfig {
  Config config;  // with defaults where the file is silent or wrong
  std::vector<Diagnostic> diagnostics;
};

ParsedConfig parse_config(const std::string& file, std::string_view text);

// Reads and parses the file. What cannot be read is a diagnostic too.
ParsedConfig load_config(const std::string& path);

}  // namespace henge::spec
