#include "runtime/failpoint.h"

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>

namespace henge::runtime {

Failpoint parse_failpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return {.name = text};
  const std::string_view digits = text.substr(colon + 1);
  int count = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  const bool good = ec == std::errc() && end == digits.data() + digits.size() && count >= 1;
  return {.name = text.substr(0, colon), .count = good ? count : 1};
}

namespace {
thread_local std::function<void(std::string_view)> watcher;
}  // namespace

void on_failpoint(std::function<void(std::string_view name)> told) {
  watcher = std::move(told);
}

void failpoint(std::string_view name) {
  if (watcher) watcher(name);
  static const char* const setting = std::getenv("HENGE_FAILPOINT");
  if (setting == nullptr) return;
  static const Failpoint wanted = parse_failpoint(setting);
  static std::atomic<int> passages = 0;
  if (name != wanted.name) return;
  if (++passages == wanted.count) std::raise(SIGKILL);
}

}  // namespace henge::runtime
