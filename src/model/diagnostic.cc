#include "model/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>

namespace henge {

std::string to_text(const Diagnostic& d) {
  std::string text = d.place.file;
  if (d.place.line > 0) text += fmt::format(":{}:{}", d.place.line, d.place.column);
  text += d.severity == Severity::error ? ": error: " : ": warning: ";
  text += d.message;
  if (!d.field.empty()) text += fmt::format(" [{}]", d.field);
  if (!d.hint.empty()) text += fmt::format("\n    {}", d.hint);
  return text;
}

bool has_errors(const std::vector<Diagnostic>& all) {
  return std::ranges::any_of(all,
                             [](const Diagnostic& d) { return d.severity == Severity::error; });
}

}  // namespace henge
