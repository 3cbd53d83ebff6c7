// The henge side of `./dev bench loads`: the real engine, ledger and client with as many loads
// outstanding at once as it is told, until all of them are counted in Druid.
#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "bench_process.h"
#include "daemon/engine.h"
#include "daemon/load_sources.h"
#include "daemon/supervisor_change.h"
#include "druid/client.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "spec/render_supervisor.h"

namespace {

using namespace henge;
using bench::must;
using bench::must_be;
using bench::processor_seconds;

constexpr int rows_per_load = 3;

std::string name_of(int pipeline) {
  return fmt::format("loads_{:04}", pipeline);
}

std::string document_of(int pipeline) {
  return fmt::format(R"(apiVersion: henge/v1
kind: Pipeline
metadata: {{name: {0}}}
spec:
  datasource: {0}
  schema:
    timestamp: {{column: ts, format: iso}}
    dimensions: [id]
    segmentGranularity: HOUR
  stream:
    topic: {0}
    consumerProperties: {{bootstrap.servers: "kafka:9092"}}
    inputFormat: {{type: json}}
  lateness: PT1H
)",
                     name_of(pipeline));
}

class QuietScan final : public ports::TopicScan {
 public:
  void acknowledge() override {}
};

struct Peaks {
  std::int64_t outstanding = 0;  // accepted by henge and not yet counted
  std::int64_t in_druid = 0;     // of those, tasks that Druid has and that are not over
  int limit = 0;                 // of submits at once
};

class Bench {
 public:
  Bench(const std::string& url, int loads, int pipelines, const std::string& folder);
  ~Bench();
  void run();

 private:
  template <typename T>
  T ask(runtime::Async<T> call);
  void declare(int pipeline);
  void accept_load(const Pipeline& pipeline, int number);
  void look();
  [[nodiscard]] bool over() const { return counted_ == loads_; }
  boost::asio::awaitable<void> until_over();
  void tell(double seconds, double processor_begin);

  int loads_;
  int pipelines_;
  boost::asio::io_context io_{1};
  runtime::SystemClock clock_;
  ledger::Journal journal_;
  std::unique_ptr<druid::DruidClient> client_;
  daemon::Troubles troubles_;
  daemon::Settings settings_;
  runtime::BlockingPool pool_{1};
  runtime::TaskGroup tasks_{io_.get_executor()};
  std::optional<daemon::Shell> shell_;
  std::optional<daemon::Engine> engine_;
  Peaks peaks_;
  std::int64_t counted_ = 0;
};

Bench::Bench(const std::string& url, int loads, int pipelines, const std::string& folder)
    : loads_(loads),
      pipelines_(pipelines),
      journal_(must(ledger::Journal::open(folder + "/ledger.db", ledger::Mode::write))) {
  druid::DruidOptions options;
  options.router_url = url;
  options.calls_per_s_max = 0;  // what the Overlord bears is found out
  client_ = must(druid::DruidClient::make(std::move(options)));
  settings_.state_folder = folder;
  settings_.route.budget.slots_max = loads;
  settings_.route.budget.datasource_max = loads / pipelines;
  auto open =
      [](const Pipeline&, const ports::TopicScanStart&,
         const ports::TopicScanEvents& events) -> Result<std::unique_ptr<ports::TopicScan>> {
    events.on_partitions(1);
    return std::make_unique<QuietScan>();
  };
  shell_.emplace(daemon::Shell{{*client_, clock_, journal_, troubles_, {}},
                               io_.get_executor(),
                               runtime::sleep_for,
                               open,
                               pool_,
                               tasks_,
                               settings_,
                               "key"});
  shell_->overlord = std::make_shared<runtime::Gate>(runtime::GatePolicy{}, runtime::monotonic_now,
                                                     runtime::system_random());
  for (int pipeline = 0; pipeline < pipelines; ++pipeline) declare(pipeline);
  engine_.emplace(*shell_);
}

Bench::~Bench() {
  tasks_.cancel();
  client_->stop();
  boost::asio::co_spawn(
      io_, [this]() -> boost::asio::awaitable<void> { co_await tasks_.join(); },
      [](const std::exception_ptr&) {});
  io_.restart();
  io_.run();
}

template <typename T>
T Bench::ask(runtime::Async<T> call) {
  std::optional<Result<T>> answer;
  boost::asio::co_spawn(
      io_, std::move(call),
      [&answer](const std::exception_ptr&, Result<T> value) { answer.emplace(std::move(value)); });
  io_.restart();
  io_.run();
  if constexpr (std::is_void_v<T>)
    must_be(*answer);
  else
    return must(std::move(*answer));
}

// A supervisor that streams nothing yet, its topic read to the end, and the pipeline's loads.
void Bench::declare(int pipeline) {
  const std::string name = name_of(pipeline);
  ledger::PipelineDeclared declared;
  declared.version = 1;
  declared.document = document_of(pipeline);
  declared.fingerprint = "0123456789abcdef";
  declared.incarnation = "abcdef01";
  ledger::ScanAdvanced scanned;
  scan::PartitionProgress progress;
  progress.arrival_max = progress.arrival_floor = clock_.now();
  scanned.batch.partitions.push_back(progress);
  must_be(journal_.append(name,
                          {declared, ledger::SupervisorPosted{1, "created"},
                           ledger::SupervisorProven{1}, std::move(scanned)},
                          clock_.now()));
  const Pipeline made = must(daemon::pipeline_of(*journal_.find(name), name));
  ask(client_->post_supervisor(must(spec::render_supervisor(made)), {}));
  for (int number = 1; number <= loads_ / pipelines_; ++number) accept_load(made, number);
}

// As `henge load` leaves it in the ledger: one chunk of history, rows in the task itself.
void Bench::accept_load(const Pipeline& pipeline, int number) {
  const Instant end = bucket(Granularity::day, clock_.now()).start - std::chrono::hours(48);
  const Instant chunk = end - std::chrono::hours(number);
  ledger::LoadRequested event;
  event.number = number;
  event.load = fmt::format("load-{:06}", number);
  event.request.pipeline = pipeline.name;
  event.request.interval = {chunk, chunk + std::chrono::hours(1)};
  for (int row = 0; row < rows_per_load; ++row) {
    event.request.inline_rows +=
        fmt::format("{{\"ts\":\"{}\",\"id\":\"{}-{}\"}}\n",
                    to_iso(chunk + std::chrono::minutes(row)), number, row);
  }
  event.content = must(daemon::read_inline(pipeline, event.request, {chunk}));
  event.fingerprint = event.key = daemon::load_fingerprint(event.request, event.content);
  event.parts = {daemon::make_part(event.content, {chunk})};
  const std::string load = event.load;
  must_be(journal_.append(
      pipeline.name,
      {std::move(event), ledger::LoadRouted{load, "concurrent_append", "", {"as it is history"}}},
      clock_.now()));
}

void Bench::look() {
  std::int64_t outstanding = 0, in_druid = 0;
  counted_ = 0;
  for (const auto& [name, state] : journal_.state().pipelines) {
    for (const auto& [id, load] : state.loads) {
      if (load.end == ledger::LoadEnd::counted) ++counted_;
      if (load.end && load.end != ledger::LoadEnd::counted)
        bench::fail(fmt::format("{} of {} ended as {}", id, name, to_string(*load.end)));
      if (!load.open()) continue;
      ++outstanding;
      if (load.parts.front().phase == ledger::PartPhase::accepted) ++in_druid;
    }
  }
  peaks_.outstanding = std::max(peaks_.outstanding, outstanding);
  peaks_.in_druid = std::max(peaks_.in_druid, in_druid);
  peaks_.limit = std::max(peaks_.limit, shell_->overlord->limit());
}

boost::asio::awaitable<void> Bench::until_over() {
  while (!over()) {
    auto slept = co_await runtime::sleep_for(Millis(500));
    if (!slept) co_return;
    look();
  }
  tasks_.cancel();
}

void Bench::run() {
  const double processor = processor_seconds();
  const Millis begun = runtime::monotonic_now();
  look();
  engine_->start();
  tasks_.spawn("rounds", engine_->run());
  tasks_.spawn("look", until_over());
  boost::asio::co_spawn(
      io_, [this]() -> boost::asio::awaitable<void> { co_await tasks_.join(); },
      [](const std::exception_ptr& thrown) {
        if (thrown) std::rethrow_exception(thrown);
      });
  io_.restart();
  io_.run();
  if (!over()) bench::fail("it stopped before all loads were counted");
  for (const auto& [what, trouble] : troubles_.all()) bench::fail(what + ": " + trouble.message);
  tell(static_cast<double>((runtime::monotonic_now() - begun).count()) / 1000, processor);
}

void Bench::tell(double seconds, double processor_begin) {
  fmt::print(
      R"({{"outstanding":{},"in_druid":{},"submits_at_once":{},"counted":{},"seconds":{:.1f},)"
      R"("cpu_s":{:.2f},"cpu_accepting_s":{:.2f},"rss_mb":{:.1f},"calls_by_client":{}}})"
      "\n",
      peaks_.outstanding, peaks_.in_druid, peaks_.limit, counted_, seconds, processor_seconds(),
      processor_begin, bench::resident_peak_mb(), client_->stats().calls);
}

}  // namespace

int main(int argc, char** argv) {
  runtime::log_setup(runtime::LogLevel::error, runtime::LogFormat::text);
  const std::vector<std::string> words(argv + 1, argv + argc);
  const int loads = words.size() == 4 ? std::atoi(words[1].c_str()) : 0;
  const int pipelines = words.size() == 4 ? std::atoi(words[2].c_str()) : 0;
  if (loads < 1 || pipelines < 1 || loads % pipelines != 0) {
    fmt::print(stderr, "usage: {} URL LOADS PIPELINES FOLDER, as many loads for each\n", argv[0]);
    return 1;
  }
  Bench(words[0], loads, pipelines, words[3]).run();
  return 0;
}
