// Whether all writers of a datasource use concurrent locks (APPEND and REPLACE), proved from the
// supervisors' specs, from when tasks were made, and from the locks that are held. One writer with
// EXCLUSIVE locks brings preemption back (contract 3.3.4), so what is not known speaks against it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/druid.h"
#include "route/request.h"

namespace henge::route {

struct SupervisorWriter {
  std::string id;
  bool concurrent = false;                // useConcurrentLocks in the context of its spec
  std::optional<Instant> stored_at = {};  // when the spec was stored: tasks made since have it
  bool suspended = false;
  bool operator==(const SupervisorWriter&) const = default;
};

struct TaskWriter {
  std::string id;
  std::string group_id = {};
  LockOwner owner = LockOwner::foreign;
  std::optional<Instant> created_at = {};
  std::optional<bool> concurrent = {};  // by its own context, where it was read
  bool operator==(const TaskWriter&) const = default;
};

struct Writers {
  std::vector<SupervisorWriter> supervisors = {};
  std::vector<TaskWriter> tasks = {};  // active ones of the datasource
  std::vector<LockView> locks = {};
  std::optional<bool> compaction_concurrent = {};  // auto-compaction's; nothing: there is none
  bool operator==(const Writers&) const = default;
};

ConcurrencyProof prove_concurrent(const Writers& writers);

}  // namespace henge::route
