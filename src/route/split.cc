#include "route/split.h"

#include <fmt/format.h>

#include <algorithm>

#include "route/guards.h"

namespace henge::route {
namespace {

// The chunks of the load with what each gets and whether it has to wait, in order.
struct Piece {
  Interval chunk;
  std::optional<std::int64_t> rows;
  bool ready = true;
};

bool waits(Interval chunk, const std::vector<Reason>& reasons) {
  return std::ranges::any_of(reasons, [chunk](const Reason& reason) {
    return reason.weight == Weight::waits && std::ranges::binary_search(reason.chunks, chunk);
  });
}

std::vector<Piece> pieces_of(const RouteRequest& request, const RouteLimits& limits,
                             const std::vector<Reason>& reasons) {
  const Input& input = request.input;
  const auto chunks = chunks_in(request.interval, request.granularity, limits.chunks_max);
  const auto rows = rows_of(input, limits);
  std::vector<Piece> pieces;
  for (const Interval& chunk : chunks) {
    Piece piece{.chunk = chunk, .rows = {}, .ready = !waits(chunk, reasons)};
    if (!input.by_chunk.empty())
      piece.rows = input_of(input, chunk.start).rows;
    else if (rows)
      piece.rows = (*rows + std::ssize(chunks) - 1) / std::ssize(chunks);
    // Nothing to append; a replace has to make such a chunk empty.
    const bool nothing = piece.rows == 0 && request.mode == Mode::append;
    if (!nothing || input.by_chunk.empty()) pieces.push_back(piece);
  }
  return pieces;
}

TaskRoute whole(const RouteRequest& request, const std::vector<Piece>& pieces,
                const RouteLimits& limits) {
  TaskRoute task{.interval = request.interval, .chunks = {}};
  task.rows = rows_of(request.input, limits);
  for (const Piece& piece : pieces) {
    task.chunks.push_back(piece.chunk);
    task.ready = task.ready && piece.ready;
  }
  return task;
}

bool joins(const TaskRoute& task, const Piece& piece, const RouteLimits& limits) {
  return task.ready == piece.ready && task.interval.end == piece.chunk.start &&
         std::ssize(task.chunks) < limits.task_chunks_max &&
         task.rows.value_or(0) + piece.rows.value_or(0) <= limits.task_rows_max;
}

std::vector<TaskRoute> divided(const std::vector<Piece>& pieces, const RouteLimits& limits) {
  std::vector<TaskRoute> tasks;
  for (const Piece& piece : pieces) {
    if (tasks.empty() || !joins(tasks.back(), piece, limits))
      tasks.push_back({.interval = piece.chunk, .chunks = {}, .rows = {}, .ready = piece.ready});
    TaskRoute& task = tasks.back();
    task.chunks.push_back(piece.chunk);
    task.interval.end = piece.chunk.end;
    if (piece.rows) task.rows = task.rows.value_or(0) + *piece.rows;
  }
  return tasks;
}

void say_split(std::int64_t tasks, std::int64_t chunks, std::int64_t rows,
               const RouteLimits& limits, std::vector<Reason>& reasons) {
  if (tasks <= 1) return;
  if (rows > limits.task_rows_max)
    reasons.push_back(
        {.code = Code::split_by_size,
         .weight = Weight::shapes,
         .numbers = {{"rows", rows}, {"task_rows_max", limits.task_rows_max}, {"tasks", tasks}},
         .sentence = fmt::format("{} rows in {} tasks of at most {}, on chunk borders", rows, tasks,
                                 limits.task_rows_max)});
  if (chunks > limits.task_chunks_max)
    reasons.push_back({.code = Code::split_by_chunk_count,
                       .weight = Weight::shapes,
                       .numbers = {{"chunks", chunks},
                                   {"task_chunks_max", limits.task_chunks_max},
                                   {"tasks", tasks}},
                       .sentence = fmt::format("{} chunks in {} tasks of at most {}", chunks, tasks,
                                               limits.task_chunks_max)});
}

struct Size {
  std::int64_t rows = 0;  // of the largest task
  bool known = true;
};

Size largest(const std::vector<TaskRoute>& tasks, const RouteLimits& limits) {
  Size size;
  for (const TaskRoute& task : tasks) {
    if (!task.rows) size.known = false;
    size.rows = std::max(size.rows, task.rows.value_or(limits.single_rows_max));
  }
  return size;
}

bool wants_range(const RouteRequest& request) {
  return request.mode == Mode::replace && request.partitioning == Partitioning::range;
}
bool perfect(const RouteRequest& request) {
  return request.mode == Mode::replace && request.partitioning != Partitioning::dynamic;
}

// What stands against MSQ, other than that nobody would be quicker with it; nothing: it can be
// taken.
std::optional<Reason> against_msq(const RouteRequest& request, const ClusterView& view,
                                  const RouteLimits& limits, const std::vector<TaskRoute>& tasks) {
  const auto because = [](Code code, std::string sentence) {
    return Reason{.code = code, .weight = Weight::shapes, .sentence = std::move(sentence)};
  };
  if (!limits.msq)
    return because(Code::msq_off, "MSQ is not taken: `loads.msq` is `never` in the configuration");
  if (!view.has_msq)
    return because(Code::msq_absent, "MSQ is not taken: the cluster does not run queries as tasks");
  std::string why = request.msq_unfit;
  if (!wants_range(request)) why = "it is for replacements by range";
  if (why.empty() && !request.input.rows_counted) why = "the rows are not counted";
  const bool nothing =
      std::ranges::any_of(tasks, [](const TaskRoute& task) { return task.rows.value_or(0) == 0; });
  if (why.empty() && nothing) why = "a task has no rows";
  if (why.empty()) return std::nullopt;
  return because(Code::msq_unfit, "MSQ is not taken: " + why);
}

// Somebody insists: only what can't be is refused.
void check_wanted(Engine wanted, const RouteRequest& request, std::optional<Reason> against_msq,
                  std::vector<Reason>& reasons) {
  reasons.push_back({.code = Code::engine_wanted,
                     .weight = Weight::shapes,
                     .sentence = fmt::format("{} was asked for", to_string(wanted))});
  if (wanted == Engine::msq && against_msq) {
    against_msq->weight = Weight::refuses;
    against_msq->remedy = "parallel";
    reasons.push_back(std::move(*against_msq));
  }
  if (wanted != Engine::single || !wants_range(request)) return;
  reasons.push_back({.code = Code::engine_unavailable,
                     .weight = Weight::refuses,
                     .sentence = "range partitions are made by sub-tasks only",
                     .remedy = "parallel, or hashed partitions"});
}

// Range partitions of much data are what MSQ does in one shuffle.
bool take_msq(const RouteRequest& request, const RouteLimits& limits, std::int64_t rows,
              std::optional<Reason> against, std::vector<Reason>& reasons) {
  if (!wants_range(request) || rows < limits.msq_rows_min) return false;
  Reason reason = against.value_or(
      Reason{.code = Code::msq_shuffles,
             .weight = Weight::shapes,
             .sentence = fmt::format(
                 "{} rows by range: MSQ reads them once and sorts them in one shuffle", rows)});
  reason.numbers = {{"rows", rows}, {"msq_rows_min", limits.msq_rows_min}};
  reasons.push_back(std::move(reason));
  return !against;
}

Engine index_engine(const RouteRequest& request, const RouteLimits& limits, Size size,
                    std::vector<Reason>& reasons) {
  if (wants_range(request)) {
    reasons.push_back({.code = Code::range_partitions,
                       .weight = Weight::shapes,
                       .sentence = "range partitions are made by sub-tasks"});
    return Engine::parallel;
  }
  if (!size.known || size.rows <= limits.single_rows_max) {
    reasons.push_back(
        {.code = size.known ? Code::input_small : Code::size_unknown,
         .weight = Weight::shapes,
         .numbers = {{"rows", size.rows}, {"single_rows_max", limits.single_rows_max}},
         .sentence = size.known
                         ? fmt::format("{} rows at most in a task: one slot is enough", size.rows)
                         : fmt::format("how much it is, is not known: taken for {} rows",
                                       limits.single_rows_max)});
    return Engine::single;
  }
  if (!request.input.splittable || request.input.files < 2) {
    reasons.push_back({.code = Code::input_one_piece,
                       .weight = Weight::shapes,
                       .numbers = {{"files", request.input.files}, {"rows", size.rows}},
                       .sentence = "the input is one piece: sub-tasks could not share it"});
    return Engine::single;
  }
  return Engine::parallel;
}

}  // namespace

std::optional<std::int64_t> rows_of(const Input& input, const RouteLimits& limits) {
  if (input.rows) return input.rows;
  if (input.bytes) return *input.bytes / std::max<std::int64_t>(1, limits.row_bytes);
  return std::nullopt;
}

int slots_of(Engine engine, int sub_tasks) {
  return engine == Engine::single ? 1 : 1 + sub_tasks;
}

std::vector<TaskRoute> split(const RouteRequest& request, const RouteLimits& limits,
                             std::vector<Reason>& reasons) {
  const std::vector<Piece> pieces = pieces_of(request, limits, reasons);
  if (pieces.empty()) return {};
  const std::int64_t rows = rows_of(request.input, limits).value_or(0);
  if (request.input.divisible) {
    auto tasks = divided(pieces, limits);
    say_split(std::ssize(tasks), std::ssize(pieces), rows, limits, reasons);
    return tasks;
  }
  const bool too_large = rows > limits.task_rows_max ||
                         std::ssize(pieces) > limits.task_chunks_max ||
                         std::ranges::any_of(pieces, [](const Piece& p) { return !p.ready; });
  if (too_large && pieces.size() > 1)
    reasons.push_back(
        {.code = Code::split_impossible,
         .weight = Weight::shapes,
         .numbers = {{"rows", rows}, {"chunks", std::ssize(pieces)}},
         .sentence = "which part of the input belongs to which chunk is not known: one task, for "
                     "each of several would read all of it"});
  return {whole(request, pieces, limits)};
}

EngineChoice choose_engine(const RouteRequest& request, const ClusterView& view,
                           const RouteLimits& limits, const std::vector<TaskRoute>& tasks,
                           std::vector<Reason>& reasons) {
  const Size size = largest(tasks, limits);
  EngineChoice choice;
  choice.passes = perfect(request) ? 2 : 1;
  if (request.mode == Mode::append && request.partitioning != Partitioning::dynamic)
    reasons.push_back({.code = Code::append_is_dynamic,
                       .weight = Weight::notes,
                       .sentence = fmt::format("appends make dynamic partitions; {} ones come with "
                                               "compaction",
                                               to_string(request.partitioning))});
  auto against = against_msq(request, view, limits, tasks);
  if (request.engine) {
    choice.engine = *request.engine;
    check_wanted(*request.engine, request, std::move(against), reasons);
  } else if (take_msq(request, limits, size.rows, std::move(against), reasons)) {
    choice.engine = Engine::msq;
  } else {
    choice.engine = index_engine(request, limits, size, reasons);
  }
  if (choice.engine == Engine::msq) choice.passes = 1;
  if (choice.engine == Engine::single) return choice;
  // With one sub-task a hashed or dynamic task is a single one; range partitions work with one.
  choice.sub_tasks_min = wants_range(request) ? 1 : 2;
  const std::int64_t by_rows = (size.rows + limits.sub_task_rows - 1) / limits.sub_task_rows;
  const std::int64_t shares = std::max<std::int64_t>(1, std::ssize(tasks));
  const std::int64_t pieces =
      request.input.splittable ? (request.input.files + shares - 1) / shares : 1;
  choice.sub_tasks_wanted = static_cast<int>(
      std::clamp<std::int64_t>(std::min(by_rows, pieces), choice.sub_tasks_min,
                               std::max(choice.sub_tasks_min, limits.sub_tasks_max)));
  if (choice.passes > 1)
    reasons.push_back({.code = Code::perfect_rollup,
                       .weight = Weight::shapes,
                       .numbers = {{"passes", choice.passes}},
                       .sentence = fmt::format("{} partitions: the input is read {} times",
                                               to_string(request.partitioning), choice.passes)});
  return choice;
}

}  // namespace henge::route
