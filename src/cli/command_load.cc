// load: asks the serving henge for it, and looks at the ledger until it is over. Needs nobody to
// list, show, or go on waiting while that henge is started anew.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/ledger_access.h"
#include "cli/load_view.h"
#include "cli/progress.h"
#include "cli/text_width.h"
#include "daemon/wiring.h"
#include "runtime/clock.h"
#include "runtime/control.h"
#include "runtime/system.h"

namespace henge::cli {
namespace {

using nlohmann::json;

constexpr Millis look_again = std::chrono::milliseconds(500);
// Sources are read to the end before the answer.
constexpr Millis reading_max = std::chrono::hours(2);

bool is_address(const std::string& source) {
  return source.find("://") != std::string::npos;
}

Result<JsonText> read_format(const std::string& word) {
  if (word.empty()) return JsonText{};
  std::string text = word;
  if (!word.starts_with('{')) {
    std::ifstream in(word);
    if (!in)
      return fail(ErrorKind::not_found,
                  fmt::format("--format {}: neither a JSON object nor a file", word));
    text.assign(std::istreambuf_iterator<char>(in), {});
  }
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object())
    return fail(ErrorKind::invalid, fmt::format("--format {}: it is no JSON object", word));
  return JsonText{parsed.dump()};
}

// Paths as the serving henge sees them too.
Result<LoadRequest> complete(const Load& command) {
  LoadRequest request = command.request;
  TRY(request.format, read_format(command.format));
  if (request.sources == std::vector<std::string>{"-"}) {
    request.inline_rows.assign(std::istreambuf_iterator<char>(std::cin), {});
    if (request.inline_rows.empty()) return fail(ErrorKind::invalid, "stdin holds nothing");
    if (request.inline_rows.size() > load_rows_bytes_max)
      return fail(ErrorKind::invalid,
                  fmt::format("stdin holds {} bytes, and {} at the most can travel in a task: put "
                              "them into a file that Druid's workers see, or serve them over http",
                              request.inline_rows.size(), load_rows_bytes_max));
    request.sources.clear();
  }
  for (std::string& source : request.sources)
    if (!is_address(source)) source = std::filesystem::absolute(source).lexically_normal().string();
  request.by = runtime::who_am_i();
  return request;
}

Result<std::string> or_nobody(const Config& config, Result<std::string> answer) {
  if (!answer && answer.error().kind == ErrorKind::unavailable && !ask_serving(config).up)
    return fail(ErrorKind::unavailable,
                "no henge serves this ledger; loads are done by `henge serve`");
  return answer;
}

Result<std::string> ask(const Config& config, const std::string& path, const std::string& body,
                        Millis deadline) {
  return or_nobody(config, ask_control(config, path, body, deadline));
}

// What the serving henge says of the sources that it reads under that ticket.
Step reading_step(const Config& config, const std::string& ticket) {
  Step step{"bytes read of the sources", 0, std::nullopt};
  const auto answer = ask_control(config, "/v1/load/reading", json{{"ticket", ticket}}.dump(),
                                  std::chrono::seconds(1));
  // It is not reading any more, or not yet: what is asked of Druid takes time, too.
  if (!answer) return {"the load is asked for", 0, std::nullopt};
  const json read = json::parse(*answer);
  step.done = read.value("bytes", std::int64_t{0});
  if (const auto total = read.value("bytes_total", std::int64_t{0}); total > 0) step.total = total;
  return step;
}

// Asks for a load, and tells meanwhile how far its sources are read.
Result<std::string> ask_reading(const Config& config, const std::string& path,
                                const LoadRequest& request, const Console& console) {
  const runtime::SystemClock clock;
  const std::string ticket = fmt::format("{} {}", request.by, to_ms(clock.now()));
  json body = json::parse(daemon::request_json(request));
  body["ticket"] = ticket;
  Progress progress(clock.now(), console.err);
  auto tick = [&] {
    if (progress.due(clock.now()))
      console.complain(progress.update(clock.now(), reading_step(config, ticket)));
  };
  static runtime::HttpClient client{runtime::HttpClientOptions{}};
  Result<runtime::HttpResponse> answer = tl::unexpected<Error>(Error{});
  auto work = [&]() -> runtime::Async<void> {
    answer = co_await runtime::ask_control(client, daemon::socket_path(config), path, body.dump(),
                                           reading_max);
    co_return Result<void>{};
  };
  auto done = daemon::run_to_end(work, tick);
  console.complain(progress.clear());
  if (!done) return tl::unexpected<Error>(std::move(done).error());
  return or_nobody(config, read_control(answer, path));
}

const ledger::LoadState* find_load(const ledger::Journal& journal, const std::string& pipeline,
                                   const std::string& load) {
  const ledger::PipelineState* known = journal.find(pipeline);
  if (known == nullptr) return nullptr;
  auto found = known->loads.find(load);
  return found == known->loads.end() ? nullptr : &found->second;
}

// load-12 and 12 are load-000012.
std::string full_name(const std::string& word) {
  const std::string digits = word.starts_with("load-") ? word.substr(5) : word;
  if (digits.empty() || digits.size() > 9 ||
      digits.find_first_not_of("0123456789") != std::string::npos)
    return word;
  return fmt::format("load-{:06}", std::stoll(digits));
}

struct Waiting {
  std::string pipeline, load;
  std::string stage;
  daemon::LoadProgress progress;
};

runtime::Async<void> until_over(ledger::Journal& journal, Waiting& waiting) {
  for (;;) {
    CO_TRY_VOID(journal.catch_up());
    const ledger::LoadState* load = find_load(journal, waiting.pipeline, waiting.load);
    if (load == nullptr)
      co_return fail(ErrorKind::not_found,
                     fmt::format("'{}' has no load '{}'", waiting.pipeline, waiting.load));
    waiting.stage = ledger::stage_of(*load);
    waiting.progress = daemon::progress_of(*load);
    if (!load->open()) co_return Result<void>{};
    CO_TRY_VOID(co_await runtime::sleep_for(look_again));
  }
}

Step step_of(const Waiting& waiting) {
  const daemon::LoadProgress& p = waiting.progress;
  std::string doing = fmt::format("{} {}, {} of {} chunks counted", waiting.load, waiting.stage,
                                  p.chunks_counted, p.chunks);
  if (p.rows < 0) return {std::move(doing), p.chunks_counted, p.chunks};
  return {doing + ", rows", p.rows_counted, p.rows};
}

// Shows it as the ledger has it. Errors: not_found.
Result<const ledger::LoadState*> show_known(const ledger::Journal& journal, const ShowLoad& named,
                                            const Console& console) {
  const ledger::LoadState* load = find_load(journal, named.pipeline, named.load);
  if (load == nullptr)
    return fail(ErrorKind::not_found,
                fmt::format("'{}' has no load '{}'", named.pipeline, named.load));
  console.print(
      show_load(daemon::load_json(named.pipeline, *load, "", daemon::LoadDetail::whole), console));
  return load;
}

ExitCode code_of(const ledger::LoadState& load) {
  if (load.open()) return ExitCode::changes;
  return *load.end == ledger::LoadEnd::counted ? ExitCode::done : ExitCode::error;
}

// Waits if that is wanted, and shows where it stands.
ExitCode follow(const ShowLoad& named, bool wait, const Config& config, const Console& console) {
  auto journal = open_ledger(config);
  if (!journal) return report(journal.error(), console);
  if (wait) {
    Waiting waiting{named.pipeline, named.load, "", {}};
    const runtime::SystemClock clock;
    Progress progress(clock.now(), console.err);
    auto tick = [&] { console.complain(progress.update(clock.now(), step_of(waiting))); };
    auto work = [&]() -> runtime::Async<void> { return until_over(*journal, waiting); };
    auto done = daemon::run_to_end(work, tick);
    console.complain(progress.clear());
    if (!done) return report(done.error(), console);
  }
  auto load = show_known(*journal, named, console);
  return load ? code_of(**load) : report(load.error(), console);
}

}  // namespace

ExitCode run(const Load& command, const Config& config, const Console& console) {
  auto request = complete(command);
  if (!request) return report(request.error(), console);
  auto answer =
      ask_reading(config, command.dry_run ? "/v1/load/try" : "/v1/load", *request, console);
  if (!answer) return report(answer.error(), console);
  const json asked = json::parse(*answer);
  if (command.dry_run || !console.json())
    console.print(show_asked(*answer, {command.dry_run, command.explain}, console));
  if (command.dry_run) return ExitCode::done;
  return follow({request->pipeline, asked.value("load", "")}, command.wait, config, console);
}

ExitCode run(const ListLoads& command, const Config& config, const Console& console) {
  auto journal = open_ledger(config);
  if (!journal) return report(journal.error(), console);
  if (command.pipeline)
    if (auto known = find_pipeline(journal->state(), *command.pipeline); !known)
      return report(known.error(), console);
  std::vector<ListedLoad> listed;
  std::vector<ListedDocument> documents;
  const Instant now = runtime::SystemClock().now();
  for (const auto& [name, state] : journal->state().pipelines) {
    if (command.pipeline && *command.pipeline != name) continue;
    for (const auto& [id, load] : state.loads)
      if (command.all || load.open()) listed.push_back({name, &load});
    for (auto& document : list_documents(name, state, now))
      documents.push_back(std::move(document));
  }
  console.print(show_loads(listed, documents, console));
  return ExitCode::done;
}

ExitCode run(const ShowLoad& command, const Config& config, const Console& console) {
  const ShowLoad named{command.pipeline, full_name(command.load)};
  const json body{{"pipeline", named.pipeline}, {"load", named.load}};
  // Only the serving henge knows what it waits for.
  auto answer = ask_control(config, "/v1/load/show", body.dump(), std::chrono::seconds(5));
  if (!answer && answer.error().kind == ErrorKind::not_found)
    return report(answer.error(), console);
  if (answer) {
    console.print(show_load(*answer, console));
    return ExitCode::done;
  }
  // Where nobody serves, the ledger tells.
  auto journal = open_ledger(config);
  if (!journal) return report(journal.error(), console);
  auto load = show_known(*journal, named, console);
  return load ? ExitCode::done : report(load.error(), console);
}

ExitCode run(const ActOnLoad& command, const Config& config, const Console& console) {
  const ShowLoad named{command.load.pipeline, full_name(command.load.load)};
  const json body{{"pipeline", named.pipeline},
                  {"load", named.load},
                  {"by", runtime::who_am_i()},
                  {"reason", command.reason}};
  const char* path = command.verb == LoadVerb::cancel ? "/v1/load/cancel" : "/v1/load/retry";
  auto answer = ask(config, path, body.dump(), std::chrono::seconds(30));
  if (!answer) return report(answer.error(), console);
  const ExitCode code = follow(named, command.wait, config, console);
  const bool stopped = command.verb == LoadVerb::cancel && command.wait;
  return stopped && code == ExitCode::error ? ExitCode::done : code;
}

ExitCode run(const WithdrawLoad& command, const Config& config, const Console& console) {
  const json body{{"pipeline", command.pipeline},
                  {"load", command.name},
                  {"by", runtime::who_am_i()},
                  {"reason", command.reason}};
  auto answer = ask(config, "/v1/load/withdraw", body.dump(), std::chrono::seconds(30));
  if (!answer) return report(answer.error(), console);
  console.print(console.json() ? *answer + "\n"
                               : fmt::format("{} is withdrawn; what it began goes on\n",
                                             printable(command.name)));
  return ExitCode::done;
}

}  // namespace henge::cli
