// What workers have free for loads, and whether deep storage works: looked at now and then while a
// load waits. And the beginning of each round of the schedule.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "daemon/shell.h"

namespace henge::daemon {

class SlotWatch {
 public:
  explicit SlotWatch(Shell& shell) : shell_(shell) {}

  // Shares out anew what there is; `datasources` by pipeline. Asks nothing while nothing waits.
  void begin_round(const std::map<std::string, std::string>& datasources);

 private:
  boost::asio::awaitable<void> look(int running);
  runtime::Async<route::Capacity> ask(int running);
  void judge_storage(Instant now);

  Shell& shell_;
  std::optional<route::Capacity> seen_;  // nothing: not known, and then only the budget holds
  std::optional<route::StorageSight> storage_;
  std::optional<Instant> asked_at_;
  Instant round_at_{};  // the last one
  bool asking_ = false;
};

}  // namespace henge::daemon
