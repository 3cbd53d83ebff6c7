// A Druid in memory whose supervisor streams: it has tasks until it was suspended for a while, and
// tells what was done to it.
#pragma once

#include <string>
#include <vector>

#include "daemon/fake_druid.h"

namespace henge::daemon {

class StreamingDruid : public FakeDruid {
 public:
  int looks_until_quiet = 0;
  std::vector<std::string> calls;

  StreamingDruid() {
    status.state = status.detailed_state = "RUNNING";
    status.partitions = 1;
    status.latest_offsets = {{0, 100}};
    status.lag = {{0, 10}};
    status.active = {{"task", {{0, 90}}, {{0, 100}}, {}}};
    supervisor = JsonText{R"({"type":"kafka"})"};
  }
  // As a person would, past henge.
  void stand() {
    status.suspended = true;
    status.state = status.detailed_state = "SUSPENDED";
  }
  void go_on() {
    status.suspended = false;
    status.state = status.detailed_state = "RUNNING";
  }
  ports::Async<SupervisorStatus> supervisor_status(std::string) override {
    if (!reachable) co_return fail(ErrorKind::unavailable, "no route to Druid");
    if (!supervisor) co_return fail(ErrorKind::not_found, "no such supervisor");
    if (status.suspended && looks_until_quiet-- <= 0) status.active.clear();
    co_return status;
  }
  ports::Async<void> suspend_supervisor(std::string, Audit) override {
    calls.emplace_back("suspend");
    stand();
    co_return Result<void>{};
  }
  ports::Async<void> resume_supervisor(std::string, Audit) override {
    calls.emplace_back("resume");
    go_on();
    co_return Result<void>{};
  }
  ports::Async<void> mark_unused(std::string datasource, Interval interval) override {
    calls.emplace_back("mark_unused " + to_short_iso(interval.start));
    return FakeDruid::mark_unused(std::move(datasource), interval);
  }
  ports::Async<void> reset_offsets(std::string id, std::string stream, PartitionOffsets offsets,
                                   Audit audit) override {
    calls.emplace_back("reset " + std::to_string(offsets.at(0)));
    return FakeDruid::reset_offsets(std::move(id), std::move(stream), std::move(offsets),
                                    std::move(audit));
  }
};

}  // namespace henge::daemon
