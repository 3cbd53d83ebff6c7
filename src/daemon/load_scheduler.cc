#include "daemon/load_scheduler.h"

#include <fmt/format.h>

#include <filesystem>

#include "daemon/freeze.h"
#include "daemon/load_documents.h"
#include "daemon/load_request.h"
#include "daemon/load_sources.h"
#include "runtime/failpoint.h"
#include "runtime/log.h"

namespace henge::daemon {

namespace {

namespace fs = std::filesystem;

// When a path was last changed; nothing where there is none.
Result<std::optional<Instant>> changed_at(const std::string& path) {
  std::error_code error;
  const auto time = fs::last_write_time(path, error);
  if (!error)
    return std::optional(std::chrono::floor<Millis>(std::chrono::file_clock::to_sys(time)));
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory)
    return std::optional<Instant>();
  return fail(ErrorKind::denied, fmt::format("{}: {}", path, error.message()));
}

Result<reconcile::PathsSeen> look_for(const std::string& path,
                                      const std::vector<Interval>& intervals) {
  reconcile::PathsSeen seen;
  for (const Interval& interval : intervals) {
    TRY(const auto paths, expand_chunks(path, {interval.start}));
    TRY(const auto changed, changed_at(paths.front()));
    if (changed) seen[interval.start] = *changed;
  }
  return seen;
}

// Nobody said no: the next look may find it otherwise.
bool may_pass(ErrorKind kind) {
  return kind == ErrorKind::unavailable || kind == ErrorKind::unknown_outcome ||
         kind == ErrorKind::exhausted || kind == ErrorKind::cancelled;
}

}  // namespace

const ledger::LoadDocumentState* LoadScheduler::find(const std::string& pipeline,
                                                     const std::string& name) const {
  const ledger::PipelineState* known = shell_.journal.find(pipeline);
  if (known == nullptr || !known->managed() || known->resetting()) return nullptr;
  if (ledger::freeze_of(shell_.journal.state(), *known) != nullptr) return nullptr;
  const auto declared = known->load_documents.find(name);
  return declared == known->load_documents.end() ? nullptr : &declared->second;
}

void LoadScheduler::look(const std::string& pipeline, int partitions) {
  const ledger::PipelineState* known = shell_.journal.find(pipeline);
  if (known == nullptr || known->load_documents.empty() || !busy_.insert(pipeline).second) return;
  shell_.tasks.spawn(pipeline + " load documents", look_at(pipeline, partitions));
}

boost::asio::awaitable<void> LoadScheduler::look_at(std::string pipeline, int partitions) {
  std::vector<std::string> names;
  for (const auto& [name, declared] : shell_.journal.find(pipeline)->load_documents)
    names.push_back(name);
  for (const std::string& name : names) {
    auto done = co_await look_at_document(pipeline, name, partitions);
    if (done) continue;
    if (done.error().kind == ErrorKind::corrupt) throw std::runtime_error(done.error().message);
    if (done.error().kind == ErrorKind::cancelled) break;
    shell_.troubles.set(load_document_trouble(pipeline, name), done.error(), shell_.clock.now());
  }
  busy_.erase(pipeline);
}

Result<LoadDocument> LoadScheduler::document_of(const std::string& name, const std::string& text) {
  auto known = read_.find(name);
  if (known == read_.end() || known->second.text != text) {
    TRY(LoadDeclaration read, read_load_declaration(name, text));
    known = read_.insert_or_assign(name, Read{text, std::move(read.load)}).first;
  }
  return known->second.load;
}

runtime::Async<void> LoadScheduler::look_at_document(std::string pipeline, std::string name,
                                                     int partitions) {
  const auto* declared = find(pipeline, name);
  if (declared == nullptr) co_return Result<void>{};
  CO_TRY(const LoadDocument document, document_of(name, declared->document));
  CO_TRY(const Pipeline into, pipeline_of(*shell_.journal.find(pipeline), pipeline));
  // As the guard of a load has it, where a supervisor has not told yet.
  partitions =
      std::max(partitions, static_cast<int>(shell_.journal.find(pipeline)->partitions.size()));
  const auto wanted = reconcile::intervals_to_look_for(
      into, *shell_.journal.find(pipeline), *declared, document, limits_, shell_.clock.now());
  reconcile::PathsSeen paths;
  if (!wanted.empty()) {
    CO_TRY(paths, co_await runtime::blocking(
                      shell_.pool, [&] { return look_for(document.schedule.path, wanted); }));
  }
  // After the await: a person may have said otherwise.
  declared = find(pipeline, name);
  if (declared == nullptr) co_return Result<void>{};
  const auto plan =
      reconcile::plan_schedule(into, partitions, *shell_.journal.find(pipeline), *declared,
                               document, paths, limits_, shell_.clock.now());
  const std::string text = declared->document;
  for (const LoadRequest& request : plan.due) {
    // Sources are read meanwhile: a person may have declared it anew.
    declared = find(pipeline, name);
    if (declared == nullptr || declared->document != text) co_return Result<void>{};
    CO_TRY_VOID(co_await ask(name, request));
  }
  declared = find(pipeline, name);
  if (declared == nullptr) co_return Result<void>{};
  const std::string what = load_document_trouble(pipeline, name);
  const Instant now = shell_.clock.now();
  if (const auto* refused = reconcile::last_refusal(*declared, document, now))
    shell_.troubles.set(what, Error{ErrorKind::refused, refused->error}, now);
  else
    shell_.troubles.clear(what, now);
  co_return Result<void>{};
}

runtime::Async<void> LoadScheduler::ask(std::string name, LoadRequest request) {
  const std::string pipeline = request.pipeline, key = request.key;
  const auto after = after_.find(key);
  if (after != after_.end() && shell_.clock.now() < after->second) co_return Result<void>{};
  after_.erase(key);
  // What was withdrawn or declared anew while another one was asked for.
  if (find(pipeline, name) == nullptr) co_return Result<void>{};
  runtime::failpoint("schedule.due");
  auto asked = co_await ask_load(shell_, std::move(request), LoadTrial::record);
  if (asked) {
    runtime::log(runtime::LogLevel::info, "load of a document accepted",
                 {{"pipeline", pipeline}, {"key", key}, {"load", asked->load}});
    co_return Result<void>{};
  }
  const Error& error = asked.error();
  if (may_pass(error.kind)) {
    after_[key] = shell_.clock.now() + limits_.retry_min;
    co_return tl::unexpected<Error>(error);
  }
  if (find(pipeline, name) == nullptr) co_return Result<void>{};
  co_return record(shell_, pipeline,
                   {ledger::LoadRefused{name, key, to_string(error.kind), error.message}});
}

}  // namespace henge::daemon
