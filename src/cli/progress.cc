#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/text_width.h"

namespace henge::cli {

namespace {

using namespace std::chrono_literals;

constexpr Millis quiet_at_first = 2s;
constexpr Millis screen_period = 100ms;
constexpr Millis log_period = 1min;
constexpr int bar_columns = 20;
// A guess from a few per cent is worth nothing.
constexpr double share_for_guess = 0.05;

std::string bar(double share) {
  const int full = static_cast<int>(std::lround(share * bar_columns));
  return fmt::format("[{:<{}}]", std::string(static_cast<std::size_t>(full), '#'), bar_columns);
}

Millis whole_seconds(Millis d) {
  return std::chrono::floor<std::chrono::seconds>(d);
}

}  // namespace

std::string Progress::line(Instant now, const Step& step) const {
  const Millis passed = now - started_;
  std::string text = step.doing;
  if (!step.total || *step.total <= 0) {
    if (step.done > 0) text += ", " + thousands(step.done);
    return fmt::format("{}, {}", text, humanize(whole_seconds(passed)));
  }
  const double share =
      std::clamp(static_cast<double>(step.done) / static_cast<double>(*step.total), 0.0, 1.0);
  text += fmt::format(" {} {} of {}, {}", bar(share), thousands(step.done), thousands(*step.total),
                      humanize(whole_seconds(passed)));
  if (share >= share_for_guess && share < 1) {
    const auto left = static_cast<double>(passed.count()) * (1 - share) / share;
    text += fmt::format(", about {} left",
                        humanize(whole_seconds(Millis(static_cast<std::int64_t>(left)) + 999ms)));
  }
  return text;
}

bool Progress::due(Instant now) const {
  const Millis period = terminal_.interactive ? screen_period : log_period;
  const Millis before_first = terminal_.interactive ? quiet_at_first : log_period;
  return written_ ? now - *written_ >= period : now - started_ >= before_first;
}

std::string Progress::update(Instant now, const Step& step) {
  if (!due(now)) return "";
  written_ = now;
  const std::string text = printable(line(now, step));
  if (!terminal_.interactive) return text + "\n";
  on_screen_ = true;
  const int room = terminal_.columns > 1 ? terminal_.columns - 1 : 79;
  return fmt::format("\r{}\x1b[K", shorten(text, room));
}

std::string Progress::clear() {
  if (!on_screen_) return "";
  on_screen_ = false;
  return "\r\x1b[K";
}

}  // namespace henge::cli
