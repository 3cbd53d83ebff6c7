// SQL that runs as a task in Druid's twin: a controller, and workers with slots of their own.
#include <fmt/format.h>

#include <utility>

#include "sim/twin_query.h"
#include "sim/twin_tasks.h"

namespace henge::sim {

Result<Submitted> TwinBatch::submit_query(const JsonText& request) {
  TRY(TaskSpec spec, read_query_task(request));
  return enqueue(std::move(spec), request);
}

// It has a slot.
void TwinBatch::begin(Job& job) {
  if (job.workers_there < static_cast<std::size_t>(job.spec.workers)) return start_workers(job);
  later(job, cluster_.draw(cluster_.settings.times.start), &TwinBatch::work);
}

// As Druid names them; the query goes on when all of them have slots.
void TwinBatch::start_workers(Job& job) {
  for (int i = 0; i < job.spec.workers; ++i) {
    TwinTask worker;
    worker.id = fmt::format("{}-worker{}_0", job.spec.id, i);
    worker.group = job.spec.id;
    worker.type = "query_worker";
    worker.datasource = job.spec.datasource;
    worker.on_assigned = [this, id = job.spec.id, number = job.number] {
      if (!queue_.is_alive(id, number)) return;
      Job& of = jobs_.at(id);
      if (++of.workers_there == of.workers.size()) begin(of);
    };
    job.workers.push_back(worker.id);
    queue_.add(std::move(worker));
  }
}

void TwinBatch::stop_workers(Job& job, TaskState state) {
  for (const std::string& worker : std::exchange(job.workers, {})) queue_.end(worker, state, "");
}

}  // namespace henge::sim
