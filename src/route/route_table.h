// Tables of situations and the route that follows, as texts that a person can read.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "route/route_fixture.h"

namespace henge::route {

// "now, concurrent_append, 2 parallel(4): concurrent_locks split_by_size"
inline std::string text_of(const Route& route) {
  std::string text = fmt::format("{}, {}", to_string(route.when), to_string(route.lane));
  if (!route.tasks.empty()) {
    const TaskRoute& task = route.tasks.front();
    text += fmt::format(", {} {}", route.tasks.size(), to_string(task.engine));
    if (task.engine != Engine::single) text += fmt::format("({})", task.sub_tasks);
  }
  text += ":";
  for (const Reason& reason : route.reasons) {
    const char* mark = reason.weight == Weight::refuses ? "!"
                       : reason.weight == Weight::waits ? "~"
                                                        : "";
    text += fmt::format(" {}{}", mark, to_string(reason.code));
  }
  return text;
}

struct Case {
  const char* situation;
  std::function<void(Situation&)> change;
  const char* expected;  // ! refuses, ~ waits
};
using S = Situation;

inline void check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    Situation situation;
    c.change(situation);
    EXPECT_EQ(text_of(situation.decide()), c.expected) << c.situation;
  }
}

inline constexpr auto M = std::int64_t{1'000'000};

}  // namespace henge::route
