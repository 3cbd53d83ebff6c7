#include "model/result.h"

#include <cstdio>
#include <cstdlib>

namespace henge {

const char* to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid:
      return "invalid";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::unknown_outcome:
      return "unknown_outcome";
    case ErrorKind::refused:
      return "refused";
    case ErrorKind::denied:
      return "denied";
    case ErrorKind::cancelled:
      return "cancelled";
    case ErrorKind::corrupt:
      return "corrupt";
    case ErrorKind::exhausted:
      return "exhausted";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

ErrorKind error_kind_of(std::string_view name) {
  for (int k = 0; k < static_cast<int>(ErrorKind::internal); ++k)
    if (name == to_string(static_cast<ErrorKind>(k))) return static_cast<ErrorKind>(k);
  return ErrorKind::internal;
}

void invariant(bool holds, std::string_view why) {
  if (holds) return;
  std::fprintf(stderr, "henge: broken invariant: %.*s\n", static_cast<int>(why.size()), why.data());
  std::abort();
}

}  // namespace henge
