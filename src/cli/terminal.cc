#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>

namespace henge::cli {

namespace {

constexpr int columns_default = 80;
constexpr int columns_max = 10'000;

int descriptor_of(Stream stream) {
  switch (stream) {
    case Stream::in:
      return STDIN_FILENO;
    case Stream::out:
      return STDOUT_FILENO;
    case Stream::err:
      return STDERR_FILENO;
  }
  return STDOUT_FILENO;
}

// 0 for what is no sensible number.
int columns_in(const std::optional<std::string>& text) {
  if (!text) return 0;
  int columns = 0;
  const char* const end = text->data() + text->size();
  const auto [stopped, error] = std::from_chars(text->data(), end, columns);
  const bool number = error == std::errc() && stopped == end;
  return number && columns > 0 && columns <= columns_max ? columns : 0;
}

}  // namespace

Terminal terminal_from(bool interactive, int window_columns, const Environment& environment) {
  const int wished = columns_in(environment("COLUMNS"));
  if (!interactive) return {.interactive = false, .columns = wished};
  if (window_columns > 0) return {.interactive = true, .columns = window_columns};
  return {.interactive = true, .columns = wished > 0 ? wished : columns_default};
}

Terminal terminal_of(Stream stream, const Environment& environment) {
  const int descriptor = descriptor_of(stream);
  winsize window{};
  const bool known = ioctl(descriptor, TIOCGWINSZ, &window) == 0;
  return terminal_from(isatty(descriptor) == 1, known ? window.ws_col : 0, environment);
}

}  // namespace henge::cli
