// The world's loop: all that can be done at a moment is done, then time jumps to the next one.
#include "sim/world.h"

#include <fmt/format.h>
#include <unistd.h>

#include "ledger/describe.h"
#include "runtime/failpoint.h"
#include "runtime/log.h"
#include "runtime/system.h"
#include "sim/world_impl.h"
#include "spec/fingerprint.h"
#include "spec/render_supervisor.h"

namespace henge::sim {
namespace {

// One folder for each world, in memory where there is such a place.
std::string make_folder() {
  const std::filesystem::path memory = "/dev/shm";
  std::error_code error;
  const bool there = std::filesystem::is_directory(memory, error);
  const auto base = there ? memory : std::filesystem::temp_directory_path();
  std::string folder = (base / "henge-sim-XXXXXX").string();
  invariant(mkdtemp(folder.data()) != nullptr, "a folder can be made for a simulated disk");
  return folder;
}

Scenario scenario_of(const SimOptions& options) {
  Scenario s = draw_scenario(Random(options.seed), options.length);
  if (options.pipelines_max && s.subjects.size() > *options.pipelines_max)
    s.subjects.resize(*options.pipelines_max);
  if (options.produce_for) s.produce_for = std::min(s.produce_for, *options.produce_for);
  return s;
}

// Some wide looks more.
constexpr Millis life_after_rest = std::chrono::minutes(2);

std::string text_of(const Call& call) {
  return fmt::format("druid.{}({})", call.name, call.about);
}

}  // namespace

World::World(const SimOptions& options)
    : options_(options),
      random_(options.seed),
      scenario_(scenario_of(options)),
      folder_(make_folder()),
      time_(scenario_.start),
      clock_(time_),
      druid_(kafka_, TwinSettings{}, random_.fork("druid"), scenario_.start),
      network_(random_),
      producers_(time_, kafka_, scenario_, random_),
      disk_(std::make_shared<MemoryDisk>()),
      mutant_(options.mutant),
      machine_{time_, clock_, druid_, kafka_, network_, watch_, disk_, {}, {}, {}, {}, {}},
      witness_{time_,     druid_,
               scenario_, producers_,
               ledger_,   [this] { return process_ ? &process_->journal() : nullptr; },
               folder_,   [this] { return process_ ? &process_->troubles() : nullptr; },
               loads_},
      laws_(all_laws()),
      life_(random_.fork("life")),
      names_(random_.fork("names")) {
  runtime::log_setup(runtime::LogLevel::off, runtime::LogFormat::text);
  result_.seed = options.seed;
  machine_.settings.state_folder = folder_;
  machine_.settings.round_interval = scenario_.round_interval;
  machine_.settings.patience.retry_max = std::chrono::minutes(1);
  machine_.settings.patience.send_for = std::chrono::minutes(4);
  machine_.settings.patience.forgotten_after = std::chrono::minutes(6);
  machine_.settings.repairs.inline_bytes_max = scenario_.inline_bytes_max;
  machine_.settings.repairs.base_url = "http://henge";
  machine_.scans.batch_interval = scenario_.batch_interval;
  machine_.scans.progress_interval = scenario_.batch_interval;
  machine_.scans.before_write = [this]() -> std::optional<Error> {
    if (disk_full_ == 0) return std::nullopt;
    return Error{ErrorKind::exhausted, "no room left on the disk"};
  };
  druid_.settings().fetch = [this](const std::string& url) -> Result<std::string> {
    if (!process_ || process_->stopping() || deltas_unreadable_ > 0)
      return fail(ErrorKind::unavailable, "no henge");
    return process_->serve_rows(url);
  };
  watch_calls();
  watch_ledger();
  mutant_.put_into(machine_);
  runtime::on_failpoint([this](std::string_view name) { passing(name); });
  runtime::on_random_hex([this](int digits) {
    std::string text = fmt::format("{:016x}", names_.next());
    text.resize(static_cast<std::size_t>(digits));
    return text;
  });
}

World::~World() {
  process_.reset();
  runtime::on_failpoint({});
  runtime::on_random_hex({});
  std::error_code ignored;  // a folder that stays is only litter
  std::filesystem::remove_all(folder_, ignored);
}

void World::say(std::string line) {
  if (!options_.trace) return;
  const auto ms = since_start().count();
  result_.trace.push_back(fmt::format("{:02}:{:02}:{:02}.{:03} {}", ms / 3'600'000,
                                      ms / 60'000 % 60, ms / 1000 % 60, ms % 1000, line));
}

void World::found(std::string_view law, Finding finding) {
  if (!finding || result_.violation) return;
  say(fmt::format("VIOLATION of \"{}\": {}", law, *finding));
  result_.violation = Violation{std::string(law), std::move(*finding), since_start()};
  over_ = true;
}

void World::ask_laws(const std::function<Finding(Law&)>& check) {
  if (result_.violation) return;
  for (const auto& law : laws_) found(law->name(), check(*law));
}

void World::watch_calls() {
  watch_.sent = [this](const Call& call) {
    ++result_.calls;
    if (call.effect) say("send " + text_of(call));
    ask_laws([&](Law& law) { return law.on_sent(witness_, call); });
  };
  watch_.arrived = [this](const Call& call) {
    if (call.effect) say("arrived " + text_of(call));
    ask_laws([&](Law& law) { return law.on_arrival(witness_, call); });
    if (away_until_ && call.name == "submit_task" && process_) {
      kill("for long");
      reboot_after(*away_until_ - time_.now());
      away_until_.reset();
    }
  };
  watch_.failed = [this](const Call& call, const Error& error) {
    if (options_.trace)
      say(fmt::format("{} failed: {}: {}", text_of(call), to_string(error.kind), error.message));
  };
}

void World::watch_ledger() {
  disk_->fate = [this](const auto&) {
    if (disk_full_ > 0) return DiskFate::full;
    if (disk_fails_ == 0) return DiskFate::good;
    --disk_fails_;
    disk_broke_ = true;
    const bool kept = life_.chance(0.5);
    say(kept ? "the disk fails, what was written is there" : "the disk fails");
    return kept ? DiskFate::kept : DiskFate::lost;
  };
  disk_->on_record = [this](const ledger::Record& record) {
    auto body = ledger::from_json(record.kind, record.body);
    if (!body) return found("replay", body.error().message);
    const ledger::Event event{record.at, record.pipeline, std::move(*body)};
    if (auto done = ledger::apply(ledger_, event); !done)
      return found("replay", done.error().message);
    ++result_.events;
    if (std::holds_alternative<ledger::ChunkSealed>(event.body)) ++result_.seals;
    if (std::holds_alternative<ledger::RepairConfirmed>(event.body)) ++result_.repairs;
    if (const auto* ended = std::get_if<ledger::LoadEnded>(&event.body))
      load_ended(event.pipeline, *ended);
    if (std::holds_alternative<ledger::PipelineReleased>(event.body)) take_back(event.pipeline);
    if (options_.trace)
      say(fmt::format("ledger {} {}: {}", record.sequence, record.pipeline,
                      ledger::describe(event.body)));
    ask_laws([&](Law& law) { return law.on_event(witness_, event); });
  };
}

// Half of the declarations are there from the beginning, as after a `henge apply` that died at
// once; the others are made by somebody soon after.
void World::declare() {
  MemoryStore store(disk_, ledger::Mode::write);
  Random random = random_.fork("incarnations");
  for (const Subject& subject : scenario_.subjects) {
    if (random.chance(0.5)) {
      time_.after(random.between(Millis(1), Millis(30'000)),
                  [this, &subject] { declare_by_hand(subject); });
      continue;
    }
    const auto supervisor = spec::render_supervisor(subject.pipeline);
    invariant(supervisor.has_value(), "a scenario's supervisor can be rendered");
    ledger::PipelineDeclared declared;
    declared.version = 1;
    declared.document = subject.document;
    declared.fingerprint = spec::fingerprint(*supervisor);
    declared.incarnation = fmt::format("{:08x}", random.next() & 0xffffffffU);
    const ledger::Body body = declared;
    const auto done = store.append(
        {{time_.now(), subject.pipeline.name, ledger::kind_of(body), ledger::to_json(body)}},
        disk_->head.sequence);
    invariant(done.has_value(), "an empty ledger takes the first declarations");
  }
}

// The first moment at which something happens by itself.
Instant World::next_moment() {
  Instant next = time_.next();
  if (process_)
    if (const auto at = process_->next_poll_at()) next = std::min(next, *at);
  if (const auto at = druid_.next_event_at()) next = std::min(next, *at);
  return std::max(next, time_.now());
}

bool World::step_one() {
  if (process_ && !killed_ && process_->step()) return true;
  if (time_.step()) return true;
  return process_ && !killed_ && process_->poll_scans();
}

void World::after_step() {
  ++result_.steps;
  tend();
  ask_laws([&](Law& law) { return law.on_step(witness_); });
}

void World::step_all() {
  while (!over_ && step_one()) after_step();
}

void World::move_on() {
  const Instant next = next_moment();
  const Instant end = rested_ ? *rested_ + life_after_rest : scenario_.start + scenario_.length;
  if (next > end) {
    over_ = true;
    time_.move_to(end);
    return;
  }
  time_.move_to(next);
  const auto at = druid_.next_event_at();
  if (at && *at <= next) {
    druid_.advance(next);
    after_step();
  }
}

void World::every_minute() {
  ask_laws([&](Law& law) { return law.on_minute(witness_); });
  time_.after(std::chrono::minutes(1), [this] { every_minute(); });
}

// When all is settled, henge is started once more: from the ledger alone it has to come to the
// same.
void World::live_on() {
  rested_ = time_.now();
  kill("to begin once more");
  over_ = false;
  boot();
  live();
  check_end();
}

void World::live() {
  while (!over_) {
    step_all();
    if (!over_) move_on();
  }
}

void World::check_end() {
  if (result_.violation) return;
  druid_.advance(time_.now());
  ask_laws([&](Law& law) { return law.at_end(witness_); });
}

void World::finish() {
  result_.records = producers_.records();
  result_.digest = fmt::format("{}-{}-{}-{}", ledger::to_hex(disk_->head.hash).substr(0, 16),
                               result_.steps, result_.calls, result_.records);
}

SimResult World::run() {
  declare();
  producers_.start();
  schedule_faults();
  every_minute();
  boot();
  live();
  check_end();
  if (!result_.violation) live_on();
  finish();
  return std::move(result_);
}

SimResult simulate(const SimOptions& options) {
  World world(options);
  return world.run();
}

}  // namespace henge::sim
