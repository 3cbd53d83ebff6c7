// One error type for the whole program, and the result that carries it.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace henge {

// A kind exists only where a caller reacts differently; what happened is in the message.
enum class ErrorKind {
  invalid,          // the input is wrong: fix it
  not_found,        // the thing does not exist
  conflict,         // the world moved: observe and plan again
  unavailable,      // nothing happened: retry with back-off
  unknown_outcome,  // it may have happened: observe before any retry
  refused,          // a guard said no
  denied,           // wrong or missing credentials or permission
  cancelled,        // the caller is shutting down
  corrupt,          // stored bytes are not what was written: stop, keep the evidence
  exhausted,        // no room left (disk): nothing was written, try when there is room
  internal,         // a bug in henge
};

const char* to_string(ErrorKind kind);
// The kind of that name, as to_string() gives it; `internal` for a name this henge does not know,
// which is the other side's bug or its newer version.
ErrorKind error_kind_of(std::string_view name);

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;

  // Adds what the caller was about to do; the innermost cause stays last.
  [[nodiscard]] Error within(std::string_view doing) && {
    message.insert(0, std::string(doing) + ": ");
    return std::move(*this);
  }
  bool operator==(const Error&) const = default;
};

template <typename T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return tl::unexpected<Error>(Error{kind, std::move(message)});
}

// Stops the program when a promise that only henge's own code can break is broken. On in release.
void invariant(bool holds, std::string_view why);

}  // namespace henge

// Statement forms only: TRY(auto x, f()); CO_TRY(auto x, co_await f()); and TRY_VOID for
// Result<void>.
#define HENGE_CONCAT_(a, b) a##b
#define HENGE_CONCAT(a, b) HENGE_CONCAT_(a, b)
#define HENGE_TRY_(tmp, ret, decl, ...)                                 \
  auto tmp = __VA_ARGS__;                                               \
  if (!tmp) ret tl::unexpected<::henge::Error>(std::move(tmp).error()); \
  decl = std::move(*tmp)
#define TRY(decl, ...) HENGE_TRY_(HENGE_CONCAT(try_, __COUNTER__), return, decl, __VA_ARGS__)
#define CO_TRY(decl, ...) HENGE_TRY_(HENGE_CONCAT(try_, __COUNTER__), co_return, decl, __VA_ARGS__)
#define HENGE_TRY_VOID_(tmp, ret, ...) \
  if (auto tmp = __VA_ARGS__; !tmp) ret tl::unexpected<::henge::Error>(std::move(tmp).error())
#define TRY_VOID(...) HENGE_TRY_VOID_(HENGE_CONCAT(try_, __COUNTER__), return, __VA_ARGS__)
#define CO_TRY_VOID(...) HENGE_TRY_VOID_(HENGE_CONCAT(try_, __COUNTER__), co_return, __VA_ARGS__)
