#include "sim/process.h"

#include "daemon/repair_payload.h"

namespace henge::sim {

namespace asio = boost::asio;

namespace {
constexpr const char* delivery_key = "a key of thirty-two bytes, always";
constexpr std::uint64_t jitter_seed = 1;
}  // namespace

Process::Process(Machine& machine) : machine_(machine), scans_(machine.kafka, machine.scans) {
  io_.emplace(1);
  waits_.emplace(machine_.time);
  druid_.emplace(machine_.druid, machine_.network, machine_.time, *waits_, machine_.watch);
  if (machine_.over_druid) over_druid_ = machine_.over_druid(*druid_);
  tasks_.emplace(io_->get_executor());
}

// Whoever waits is forgotten first, then the loop goes, and with it every coroutine where it
// stands: what they refer to has to be there still. Timers of the task group belong to the loop, so
// the group lets go of them before.
Process::~Process() {
  tasks_->abandon();
  tasks_.reset();
  waits_.reset();
  io_.reset();
}

Result<void> Process::start() {
  std::unique_ptr<ledger::EventStore> store =
      std::make_unique<MemoryStore>(machine_.disk, ledger::Mode::write);
  if (machine_.store) store = machine_.store(std::move(store));
  TRY(auto journal, ledger::Journal::open(std::move(store)));
  journal_.emplace(std::move(journal));
  auto sleep = [this](Millis duration) { return waits_->sleep(duration); };
  auto open = scans_.opener();
  if (machine_.open_scan) open = machine_.open_scan(std::move(open));
  ports::Druid& druid = over_druid_ ? *over_druid_ : static_cast<ports::Druid&>(*druid_);
  shell_.emplace(daemon::Shell{{druid, machine_.clock, *journal_, troubles_, {}},
                               io_->get_executor(),
                               sleep,
                               std::move(open),
                               pool_,
                               *tasks_,
                               machine_.settings,
                               delivery_key});
  shell_->overlord = std::make_shared<runtime::Gate>(
      runtime::GatePolicy{}, [this] { return machine_.time.now().time_since_epoch(); });
  // The same for every life of the process: what it draws depends on what it does alone.
  shell_->chance = [random = Random(jitter_seed)]() mutable {
    return static_cast<double>(random.next() >> 11U) * 0x1.0p-53;
  };
  engine_.emplace(*shell_);
  tasks_->on_failure([this](const std::string& name, const std::exception_ptr& thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      broken_ = name + ": " + e.what();
    } catch (...) {
      broken_ = name + ": an exception of another kind";
    }
  });
  engine_->start();
  tasks_->spawn("rounds", engine_->run());
  return {};
}

bool Process::step() {
  io_->restart();
  return io_->poll_one() > 0;
}

bool Process::poll_scans() {
  const auto at = next_poll_at();
  if (!at || *at > machine_.time.now()) return false;
  scans_.poll(machine_.clock.now());
  return true;
}

std::optional<Instant> Process::next_poll_at() const {
  auto at = scans_.next_poll_at();
  if (at) *at -= machine_.clock.off();
  return at;
}

void Process::stop() {
  stopping_ = true;
  tasks_->cancel();
}

void Process::apply(daemon::Declaration declaration, std::string reason,
                    std::function<void(Result<daemon::Applied>)> done) {
  auto work = [](daemon::Engine& engine, daemon::Declaration declared, std::string why,
                 std::function<void(Result<daemon::Applied>)> tell) -> asio::awaitable<void> {
    auto applied = co_await engine.apply(std::move(declared), {std::move(why), "someone"});
    tell(std::move(applied));
  };
  tasks_->spawn("apply",
                work(*engine_, std::move(declaration), std::move(reason), std::move(done)));
}

void Process::freeze(std::string pipeline, daemon::Freezing wanted,
                     std::function<void(Result<daemon::FreezeChange>)> done) {
  auto work = [](daemon::Doors& doors, std::string name, daemon::Freezing how,
                 std::function<void(Result<daemon::FreezeChange>)> tell) -> asio::awaitable<void> {
    tell(daemon::set_freeze(doors, name, how, "hands off", "someone"));
    co_return;
  };
  tasks_->spawn("freeze", work(*shell_, std::move(pipeline), wanted, std::move(done)));
}

void Process::release(std::string pipeline, std::function<void(Result<daemon::Released>)> done) {
  auto work = [](daemon::Engine& engine, std::string name,
                 std::function<void(Result<daemon::Released>)> tell) -> asio::awaitable<void> {
    daemon::Change change{"not now", "someone"};
    auto released = co_await engine.release(name, daemon::SupervisorFate::keep, std::move(change));
    tell(std::move(released));
  };
  tasks_->spawn("release", work(*engine_, std::move(pipeline), std::move(done)));
}

void Process::load(LoadRequest request, std::function<void(Result<daemon::LoadAsked>)> done) {
  auto work = [](daemon::Shell& shell, LoadRequest asked,
                 std::function<void(Result<daemon::LoadAsked>)> tell) -> asio::awaitable<void> {
    auto answer = co_await daemon::ask_load(shell, std::move(asked), daemon::LoadTrial::record);
    tell(std::move(answer));
  };
  tasks_->spawn("load", work(*shell_, std::move(request), std::move(done)));
}

void Process::cancel_load(std::string pipeline, std::string load,
                          std::function<void(Result<void>)> done) {
  auto work = [](daemon::Shell& shell, std::string name, std::string one,
                 std::function<void(Result<void>)> tell) -> asio::awaitable<void> {
    tell(daemon::cancel_load(shell, name, one, "someone", "not now"));
    co_return;
  };
  tasks_->spawn("cancel", work(*shell_, std::move(pipeline), std::move(load), std::move(done)));
}

Result<std::string> Process::serve_rows(const std::string& url) {
  for (const auto& [name, state] : journal_->state().pipelines) {
    for (const auto& [id, repair] : state.repairs) {
      const auto& intent = repair.intent;
      if (intent.delivery != ledger::Delivery::http ||
          url != intent.base_url + daemon::delta_path(name, intent, delivery_key))
        continue;
      if (machine_.clock.now() >= intent.expires_at) return fail(ErrorKind::refused, "410");
      TRY(const Pipeline pipeline, daemon::pipeline_of(state, name));
      std::string rows;
      for (const auto& extent : intent.extents) {
        TRY(const std::string lines,
            daemon::extent_lines(pipeline, extent, daemon::delta_folder(machine_.settings, name)));
        rows += lines;
      }
      return rows;
    }
  }
  return fail(ErrorKind::not_found, "404");
}

}  // namespace henge::sim
