#include "cli/exit_code.h"

namespace henge::cli {

ExitCode exit_code_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::refused:
    case ErrorKind::conflict:
      return ExitCode::refused;
    case ErrorKind::unavailable:
    case ErrorKind::unknown_outcome:
      return ExitCode::unreachable;
    case ErrorKind::cancelled:
      return ExitCode::interrupted;
    case ErrorKind::invalid:
    case ErrorKind::not_found:
    case ErrorKind::denied:
    case ErrorKind::corrupt:
    case ErrorKind::exhausted:
    case ErrorKind::internal:
      return ExitCode::error;
  }
  return ExitCode::error;
}

}  // namespace henge::cli
