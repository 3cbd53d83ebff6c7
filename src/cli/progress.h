// The line that tells a waiting person what is going on. Pure: it is told the time and gives what
// to write to stderr.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/terminal.h"
#include "model/time.h"

namespace henge::cli {

struct Step {
  std::string doing;      // waiting for druid to publish
  std::int64_t done = 0;  // of `total`, where that is known
  std::optional<std::int64_t> total;
};

class Progress {
 public:
  // `terminal` is that of stderr.
  Progress(Instant started, Terminal terminal) : started_(started), terminal_(terminal) {}

  // Whether update() would write, for who must ask somebody for the step.
  [[nodiscard]] bool due(Instant now) const;
  // What to write now; most of the time nothing. On a terminal one line that is written over, from
  // the second second on, ten times a second at most; elsewhere a line a minute.
  std::string update(Instant now, const Step& step);
  // Takes the line off the terminal. Call it before anything else is printed there.
  std::string clear();

 private:
  [[nodiscard]] std::string line(Instant now, const Step& step) const;

  Instant started_;
  Terminal terminal_;
  std::optional<Instant> written_;
  bool on_screen_ = false;
};

}  // namespace henge::cli
