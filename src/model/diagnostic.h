// What is wrong with a file a person wrote: every mistake at once, each with its place.
#pragma once

#include <string>
#include <vector>

namespace henge {

enum class Severity { error, warning };

struct Place {
  std::string file;
  int line = 0;    // from 1; 0 where the place is the file as a whole
  int column = 0;  // from 1
  bool operator==(const Place&) const = default;
};

struct Diagnostic {
  Severity severity = Severity::error;
  Place place;
  std::string field;    // spec.schema.metrics[2].type
  std::string message;  // what is wrong and what was expected
  std::string hint;     // what to do next; may be empty
  std::string
      code;  // a stable name for a warning or error: unknown_field, lateness_below_granularity
  bool operator==(const Diagnostic&) const = default;
};

// file:line:column: error: message [spec.x] and the hint on a line of its own.
std::string to_text(const Diagnostic& d);
bool has_errors(const std::vector<Diagnostic>& all);

}  // namespace henge
