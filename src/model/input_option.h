// Options of Druid's input formats with which henge and Druid would see different rows: refused
// when a file is checked and again when a scan starts, in the same words.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "model/pipeline.h"

namespace henge {

struct InputOption {
  std::string_view name;
  std::string_view why;
};

// They must be left out, or be false, 0 or empty.
std::span<const InputOption> refused_options(InputFormatKind kind);
// The same where rows come from whole files, which may begin with header lines.
std::span<const InputOption> refused_file_options(InputFormatKind kind);
std::string refusal_of(const InputOption& option);

}  // namespace henge
