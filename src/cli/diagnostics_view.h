// What is wrong with files, for people: each mistake with its line and a caret, and a summary; and
// for machines as JSON.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/console.h"
#include "model/diagnostic.h"

namespace henge::cli {

// A line of a file, from 1; nothing where it cannot be shown.
using SourceLine = std::function<std::optional<std::string>(const std::string& file, int line)>;

// Reads each file once, when it is first asked for.
SourceLine lines_of_files();

// All of them as text, each followed by its source line. A line that may hold a secret is not
// shown. `columns` 0: any width.
std::string show_diagnostics(const std::vector<Diagnostic>& all, const SourceLine& source,
                             int columns, const Style& style);
// "2 errors, 1 warning".
std::string count_diagnostics(const std::vector<Diagnostic>& all);

// For stderr, on the way to something else: the mistakes and their count.
std::string view_diagnostics(const std::vector<Diagnostic>& all, const Console& console);
// Documents without an error.
struct Usable {
  std::int64_t pipelines = 0;
  std::int64_t loads = 0;
};
// The answer of `henge validate`. JSON: pipelines, loads, errors, warnings, diagnostics.
std::string view_validation(const std::vector<Diagnostic>& all, const Usable& usable,
                            const Console& console);

}  // namespace henge::cli
