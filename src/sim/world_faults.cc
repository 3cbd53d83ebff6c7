// What each fault does to a world, and how it ends.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/world_impl.h"
#include "spec/parse.h"

namespace henge::sim {

using std::chrono::minutes;
using std::chrono::seconds;

void World::schedule_faults() {
  if (options_.only_faults)
    result_.faults = *options_.only_faults;
  else if (options_.faults) {
    FaultOptions wanted = usual_faults(scenario_.produce_for);
    if (options_.harsh) wanted.kinds_share = 1;
    result_.faults = draw_faults(random_.fork("faults"), wanted);
  }
  // A mishap that no task has met by then never happens.
  time_.at(scenario_.start + scenario_.produce_for, [this] {
    TwinFaults& f = druid_.faults();
    for (Mishap* m :
         {&f.batch_fails_before_publish, &f.batch_fails_after_publish, &f.stream_fails_reading,
          &f.stream_fails_publishing, &f.stream_fails_after_publish})
      m->next = 0;
  });
  for (std::size_t i = 0; i < result_.faults.size(); ++i)
    time_.at(scenario_.start + result_.faults[i].at, [this, i] { begin(result_.faults[i]); });
}

void World::while_it_lasts(const Fault& fault, std::function<void()> on,
                           std::function<void()> off) {
  on();
  time_.after(fault.lasts, [this, kind = fault.kind, off = std::move(off)] {
    say(fmt::format("fault is over: {}", to_string(kind)));
    druid_.advance(time_.now());
    off();
  });
}

void World::begin(const Fault& fault) {
  static const Beginnings beginnings = [] {
    Beginnings all;
    add_henge(all);
    add_network(all);
    add_druid(all);
    add_outages(all);
    add_people(all);
    return all;
  }();
  say("fault: " + to_text(fault));
  Random random(fault.seed);
  druid_.advance(time_.now());
  beginnings.at(fault.kind)(*this, fault, random);
}

void World::add_henge(Beginnings& all) {
  all[FaultKind::crash] = [](World& w, const Fault&, Random& random) {
    w.steps_left_ = random.between(0, 60);
  };
  all[FaultKind::crash_at_failpoint] = [](World& w, const Fault&, Random& random) {
    w.passages_left_ = random.between(1, 12);
  };
  all[FaultKind::stop] = [](World& w, const Fault&, Random&) { w.stop(); };
  all[FaultKind::clock_jump] = [](World& w, const Fault& fault, Random& random) {
    const auto far = Millis(static_cast<std::int64_t>(fault.strength * 240'000));
    const Millis by = random.chance(0.5) ? far : -far;
    w.while_it_lasts(fault, [&] { w.clock_.jump(by); }, [&w, by] { w.clock_.jump(-by); });
  };
  all[FaultKind::disk_full] = [](World& w, const Fault& fault, Random&) {
    w.while_it_lasts(fault, [&] { ++w.disk_full_; }, [&w] { --w.disk_full_; });
  };
  all[FaultKind::disk_fails] = [](World& w, const Fault&, Random&) { ++w.disk_fails_; };
}

void World::add_network(Beginnings& all) {
  auto share = [&all](FaultKind kind, double Conditions::* which) {
    all[kind] = [which](World& w, const Fault& fault, Random&) {
      double& now = w.network_.conditions.*which;
      w.while_it_lasts(fault, [&] { now = std::max(now, fault.strength); }, [&now] { now = 0; });
    };
  };
  share(FaultKind::lost_requests, &Conditions::lost_request);
  share(FaultKind::lost_answers, &Conditions::lost_answer);
  share(FaultKind::late_requests, &Conditions::late_request);
  share(FaultKind::doubled_requests, &Conditions::doubled_request);
  share(FaultKind::slow_answers, &Conditions::slow_answer);
  share(FaultKind::server_errors, &Conditions::server_error);
  share(FaultKind::partial_lists, &Conditions::partial_list);
}

// Tasks that fail, at a moment of Druid's own choice.
void World::add_druid(Beginnings& all) {
  auto mishap = [&all](FaultKind kind, Mishap TwinFaults::* which) {
    all[kind] = [which](World& w, const Fault&, Random&) { (w.druid_.faults().*which).next = 1; };
  };
  mishap(FaultKind::batch_fails_before_publish, &TwinFaults::batch_fails_before_publish);
  mishap(FaultKind::batch_fails_after_publish, &TwinFaults::batch_fails_after_publish);
  mishap(FaultKind::stream_fails_reading, &TwinFaults::stream_fails_reading);
  mishap(FaultKind::stream_fails_publishing, &TwinFaults::stream_fails_publishing);
  mishap(FaultKind::stream_fails_after_publish, &TwinFaults::stream_fails_after_publish);
  all[FaultKind::overlord_failover] = [](World& w, const Fault& fault, Random&) {
    w.druid_.fail_over_overlord(fault.lasts);
  };
  all[FaultKind::coordinator_down] = [](World& w, const Fault& fault, Random&) {
    w.druid_.take_down(ports::Service::coordinator, w.time_.now() + fault.lasts);
  };
  all[FaultKind::broker_down] = [](World& w, const Fault& fault, Random&) {
    w.druid_.take_down(ports::Service::broker, w.time_.now() + fault.lasts);
  };
}

// What stands still for a while.
void World::add_outages(Beginnings& all) {
  auto off_for = [&all](FaultKind kind, std::function<bool&(World&)> which) {
    all[kind] = [which = std::move(which)](World& w, const Fault& fault, Random&) {
      w.while_it_lasts(fault, [&] { which(w) = false; }, [&w, which] { which(w) = true; });
    };
  };
  off_for(FaultKind::historicals_hang,
          [](World& w) -> bool& { return w.druid_.faults().historicals_load; });
  off_for(FaultKind::workers_hang,
          [](World& w) -> bool& { return w.druid_.faults().workers_take_tasks; });
  off_for(FaultKind::kafka_down, [](World& w) -> bool& { return w.kafka_.reachable; });
  all[FaultKind::segments_unavailable] = [](World& w, const Fault& fault, Random& random) {
    const std::string datasource = w.any_subject(random).pipeline.datasource;
    const Interval lately{w.time_.now() - minutes(30), w.time_.now() + minutes(30)};
    w.while_it_lasts(
        fault, [&] { w.druid_.set_available(datasource, lately, false); },
        [&w, datasource, lately] { w.druid_.set_available(datasource, lately, true); });
  };
  all[FaultKind::partition_added] = [](World& w, const Fault&, Random& random) {
    w.producers_.add_partition(random.below(w.scenario_.subjects.size()));
  };
}

void World::add_people(Beginnings& all) {
  const Audit someone{"someone", "by hand"};
  all[FaultKind::person_suspends] = [someone](World& w, const Fault& fault, Random& random) {
    const std::string id = supervisor_id(w.any_subject(random).pipeline);
    w.while_it_lasts(
        fault, [&] { w.told(w.druid_.suspend_supervisor(id, someone)); },
        [&w, id, someone] {
          w.insist([&w, id, someone] { return w.druid_.resume_supervisor(id, someone); });
        });
  };
  all[FaultKind::person_terminates] = [someone](World& w, const Fault& fault, Random& random) {
    const std::string id = supervisor_id(w.any_subject(random).pipeline);
    auto spec = w.druid_.supervisor_spec(id);
    if (!spec || !*spec) return;
    w.while_it_lasts(
        fault, [&] { w.told(w.druid_.terminate_supervisor(id, someone)); },
        [&w, id, spec = **spec, someone] {
          w.insist([&w, id, spec, someone]() -> Result<void> {
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
  all[FaultKind::person_applies] = [](World& w, const Fault&, Random& random) {
    w.person_applies(false, random);
  };
  all[FaultKind::person_applies_wrongly] = [](World& w, const Fault&, Random& random) {
    w.person_applies(true, random);
  };
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
