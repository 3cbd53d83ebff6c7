// What people do in a world: to Druid by curl, and through henge.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/world_impl.h"
#include "spec/parse.h"

namespace henge::sim {

using std::chrono::minutes;
using std::chrono::seconds;

namespace {
const Audit someone{"someone", "by hand"};
}  // namespace

void World::add_people(Beginnings& all) {
  all[FaultKind::person_suspends] = [](World& w, const Fault& fault, Random& random) {
    const std::string id = supervisor_id(w.any_subject(random).pipeline);
    w.while_it_lasts(
        fault, [&] { w.told(w.druid_.suspend_supervisor(id, someone)); },
        [&w, id] { w.insist([&w, id] { return w.druid_.resume_supervisor(id, someone); }); });
  };
  all[FaultKind::person_terminates] = [](World& w, const Fault& fault, Random& random) {
    const std::string id = supervisor_id(w.any_subject(random).pipeline);
    auto spec = w.druid_.supervisor_spec(id);
    if (!spec || !*spec) return;
    w.while_it_lasts(
        fault, [&] { w.told(w.druid_.terminate_supervisor(id, someone)); },
        [&w, id, spec = **spec] {
          w.insist([&w, id, spec]() -> Result<void> {
            TRY_VOID(w.druid_.post_supervisor(spec, someone));
            return w.druid_.resume_supervisor(id, someone);
          });
        });
  };
  all[FaultKind::person_kills_tasks] = [](World& w, const Fault&, Random& random) {
    w.person_kills_tasks(random);
  };
  all[FaultKind::person_edits_spec] = [](World& w, const Fault&, Random& random) {
    w.person_edits(supervisor_id(w.any_subject(random).pipeline));
  };
  all[FaultKind::person_compacts] = [](World& w, const Fault&, Random& random) {
    w.person_compacts(random);
  };
}

// What a person asks henge for.
void World::add_changes(Beginnings& all) {
  all[FaultKind::person_applies] = [](World& w, const Fault&, Random& random) {
    w.person_applies(false, random);
  };
  all[FaultKind::person_applies_wrongly] = [](World& w, const Fault&, Random& random) {
    w.person_applies(true, random);
  };
  all[FaultKind::person_applies_refused] = [](World& w, const Fault&, Random& random) {
    w.druid_.faults().supervisor_start_fails.next = 1;
    w.person_applies(false, random);
  };
  all[FaultKind::person_freezes] = [](World& w, const Fault& fault, Random& random) {
    const std::string name = w.any_subject(random).pipeline.name;
    w.while_it_lasts(
        fault, [&] { w.person_freezes(name, daemon::Freezing::freeze); },
        [&w, name] { w.unfreeze_by_hand(name); });
  };
  all[FaultKind::person_releases] = [](World& w, const Fault&, Random& random) {
    w.person_releases(w.any_subject(random).pipeline.name);
  };
  all[FaultKind::person_loads] = [](World& w, const Fault&, Random& random) {
    w.person_loads(random);
  };
}

void World::person_freezes(const std::string& name, daemon::Freezing wanted) {
  if (!process_ || process_->stopping()) return;
  if (const auto* state = witness_.find(name); state == nullptr || state->released) return;
  process_->freeze(name, wanted, [this, name](const Result<daemon::FreezeChange>& changed) {
    if (!changed) say(fmt::format("freeze of {}: {}", name, changed.error().message));
  });
}

void World::unfreeze_by_hand(const std::string& name) {
  const auto* state = witness_.find(name);
  if (state == nullptr || !state->frozen || over_) return;
  time_.after(seconds(10), [this, name] { unfreeze_by_hand(name); });
  person_freezes(name, daemon::Freezing::unfreeze);
}

void World::person_releases(const std::string& name) {
  if (!process_ || process_->stopping() || witness_.find(name) == nullptr) return;
  process_->release(name, [this](const Result<daemon::Released>& released) {
    say(released ? "released: " + released->pipeline : "release: " + released.error().message);
  });
}

// What was released is declared again a while later, by whoever lives then.
void World::take_back(const std::string& name) {
  const Subject& subject = scenario_.subjects[witness_.subject_of(name)];
  time_.after(seconds(100), [this, &subject] { declare_by_hand(subject); });
}

// `henge apply`, again and again until it is done: whoever asks may die with it.
void World::declare_by_hand(const Subject& subject) {
  const auto* state = witness_.find(subject.pipeline.name);
  const bool done = state != nullptr && state->managed() && state->posted_version > 0;
  if (done || over_) return;
  time_.after(seconds(20), [this, &subject] { declare_by_hand(subject); });
  if (!process_ || process_->stopping()) return;
  const auto asked = applying_.find(subject.pipeline.name);
  if (asked != applying_.end() && asked->second == result_.lives) return;
  const bool known = state != nullptr && state->version > 0;
  const std::string document = known ? state->document : subject.document;
  auto parsed = daemon::read_declaration("request", document);
  if (!parsed) return;
  applying_[subject.pipeline.name] = result_.lives;
  process_->apply(
      std::move(*parsed), "begin",
      [this, name = subject.pipeline.name](const Result<daemon::Applied>& applied) {
        applying_.erase(name);
        say(applied ? "applied: " + applied->action : "apply: " + applied.error().message);
      });
}

// A compaction of what came lately, which changes no row.
void World::person_compacts(Random& random) {
  const Pipeline& pipeline = any_subject(random).pipeline;
  const Granularity chunk = pipeline.schema.segment_granularity;
  const Millis back = random.between(Millis(0), std::chrono::hours(2));
  const Interval from = bucket(chunk, time_.now() - back - minutes(20));
  const Interval to = bucket(chunk, time_.now() - back);
  const std::string task = fmt::format(
      R"({{"type":"compact","id":"by_hand_{0}","dataSource":"{1}","ioConfig":{{"type":"compact",)"
      R"("inputSpec":{{"type":"interval","interval":"{2}"}}}},)"
      R"("granularitySpec":{{"segmentGranularity":"{3}"}},)"
      R"("metricsSpec":[{{"type":"longSum","name":"count","fieldName":"count"}}],)"
      R"("context":{{"useConcurrentLocks":true}}}})",
      random.next(), pipeline.datasource, to_iso(Interval{from.start, to.end}), to_string(chunk));
  auto sent = druid_.submit_task({task});
  if (!sent) say("the person is told: " + sent.error().message);
}

const Subject& World::any_subject(Random& random) const {
  return scenario_.subjects[random.below(scenario_.subjects.size())];
}

// What a person puts right again, until it is done.
void World::insist(std::function<Result<void>()> work) {
  druid_.advance(time_.now());
  const auto done = work();
  told(done);
  if (!done) time_.after(seconds(10), [this, work = std::move(work)] { insist(work); });
}

void World::told(const Result<void>& done) {
  if (!done) say("the person is told: " + done.error().message);
}

void World::person_kills_tasks(Random& random) {
  auto tasks = druid_.active_tasks("");
  if (!tasks) return;
  for (const auto& task : *tasks) {
    if (!random.chance(0.5)) continue;
    say("a person shuts down " + task.id);
    told(druid_.shutdown_task(task.id));
  }
}

// A longer taskDuration by curl: Druid restarts the tasks.
void World::person_edits(const std::string& id) {
  auto spec = druid_.supervisor_spec(id);
  if (!spec || !*spec) return;
  auto json = nlohmann::json::parse((*spec)->text, nullptr, false);
  const auto at = nlohmann::json::json_pointer("/spec/ioConfig/taskDuration");
  if (!json.is_object() || !json.contains(at)) return;
  json[at] = "PT3M";
  told(druid_.post_supervisor({json.dump()}, {"someone", "by hand"}));
}

void World::person_applies(bool wrongly, Random& random) {
  if (!process_ || process_->stopping()) return;
  const Subject& subject = any_subject(random);
  const std::string name = subject.pipeline.name;
  // What was never counted can be declared in any way.
  if (const auto* state = witness_.find(name); wrongly && (state == nullptr || state->version == 0))
    return;
  const std::string document =
      wrongly ? wrong_document(subject, random.next()) : changed_document(subject, random.next());
  auto parsed = spec::parse_pipelines("request", document);
  if (parsed.pipelines.size() != 1) return;
  auto done = [this, name, wrongly, document](const Result<daemon::Applied>& applied) {
    say(applied ? "applied: " + applied->action : "apply: " + applied.error().message);
    if (!wrongly) return;
    const auto* state = witness_.find(name);
    const bool changed = state != nullptr && state->document == document;
    ask_laws([&](Law& law) { return law.on_wrong_apply(witness_, !applied, changed); });
  };
  process_->apply({std::move(parsed.pipelines.front().pipeline), document}, "why not", done);
}

}  // namespace henge::sim
