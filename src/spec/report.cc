#include "spec/report.h"

#include <algorithm>
#include <map>

#include "spec/rules.h"

namespace henge::spec {

void Report::put(std::string_view code, Position at, const std::string& path, std::string message,
                 std::string hint) {
  all_.push_back({rule(code).severity,
                  {file_, at.line, at.column},
                  path,
                  std::move(message),
                  std::move(hint),
                  std::string(code)});
}

void Report::add(std::string_view code, const View& at, std::string message, std::string hint) {
  put(code, at.place(), at.path, std::move(message), std::move(hint));
}

void Report::add_at_key(std::string_view code, const View& at, std::string message,
                        std::string hint) {
  put(code, at.key, at.path, std::move(message), std::move(hint));
}

void Report::add_all(std::vector<Diagnostic> more) {
  std::ranges::move(more, std::back_inserter(all_));
}

bool Report::has_errors_since(std::size_t size) const {
  return std::any_of(all_.begin() + static_cast<std::ptrdiff_t>(size), all_.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::error; });
}

std::vector<Diagnostic> Report::take() && {
  // By place, and in the order of their discovery where the place is the same.
  std::multimap<std::pair<int, int>, Diagnostic> sorted;
  for (Diagnostic& d : all_) sorted.emplace(std::pair(d.place.line, d.place.column), std::move(d));
  std::vector<Diagnostic> out;
  for (auto& [place, d] : sorted) out.push_back(std::move(d));
  return out;
}

}  // namespace henge::spec
