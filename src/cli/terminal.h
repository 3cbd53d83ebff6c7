// What the program is talking to: a person's terminal or a pipe, and how wide it is.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace henge::cli {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

enum class Stream { in, out, err };

struct Terminal {
  bool interactive = false;  // a person is at the other end
  int columns = 0;           // 0: as wide as one likes
  bool operator==(const Terminal&) const = default;
};

// The width is the window's, else COLUMNS, else 80; a pipe has none unless COLUMNS is set.
Terminal terminal_of(Stream stream, const Environment& environment);
// The rule behind terminal_of. `window_columns` is 0 where the system does not say.
Terminal terminal_from(bool interactive, int window_columns, const Environment& environment);

}  // namespace henge::cli
