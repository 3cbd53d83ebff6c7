// What benches need of the process they run in: to end it with a reason, and what it has used.
#pragma once

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

#include "model/result.h"

namespace bench {

[[noreturn]] inline void fail(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::exit(1);
}

template <typename T>
T must(henge::Result<T> result) {
  if (!result) fail(result.error().message);
  return std::move(*result);
}

inline void must_be(const henge::Result<void>& result) {
  if (!result) fail(result.error().message);
}

inline double processor_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// The peak of this program alone: ru_maxrss would begin with what the process was before its exec.
inline double resident_peak_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes / 1024;
  }
  fail("/proc/self/status has no VmHWM");
}

}  // namespace bench
