// What each fault does to a world, and how it ends.
#include <fmt/format.h>

#include "sim/world_impl.h"

namespace henge::sim {

using std::chrono::minutes;
using std::chrono::seconds;

namespace {
// Longer than henge goes on sending a task: Druid itself keeps what ended for days.
constexpr Millis task_log_kept = minutes(6);
}  // namespace

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
          &f.stream_fails_publishing, &f.stream_fails_after_publish, &f.supervisor_start_fails})
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
    add_kafka(all);
    add_people(all);
    add_changes(all);
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
  all[FaultKind::segments_unavailable] = [](World& w, const Fault& fault, Random& random) {
    const std::string datasource = w.any_subject(random).pipeline.datasource;
    const Interval lately{w.time_.now() - minutes(30), w.time_.now() + minutes(30)};
    w.while_it_lasts(
        fault, [&] { w.druid_.set_available(datasource, lately, false); },
        [&w, datasource, lately] { w.druid_.set_available(datasource, lately, true); });
  };
  all[FaultKind::delta_reads_fail] = [](World& w, const Fault& fault, Random&) {
    w.while_it_lasts(fault, [&] { ++w.deltas_unreadable_; }, [&w] { --w.deltas_unreadable_; });
  };
  // As soon as a task has reached Druid henge is away, for long enough that it never hears of it.
  all[FaultKind::task_log_cleanup] = [](World& w, const Fault& fault, Random&) {
    w.while_it_lasts(
        fault, [&] { w.away_until_ = w.time_.now() + fault.lasts; },
        [&w] {
          w.away_until_.reset();
          w.clean_up_tasks();
        });
    w.time_.after(fault.lasts * 3 / 4, [&w] { w.clean_up_tasks(); });
  };
}

void World::clean_up_tasks() {
  druid_.advance(time_.now());
  for (const auto& id : druid_.tasks_ended_before(time_.now() - task_log_kept)) {
    say("Druid forgets " + id);
    told(druid_.forget_task(id));
  }
}

void World::add_kafka(Beginnings& all) {
  all[FaultKind::kafka_down] = [](World& w, const Fault& fault, Random&) {
    w.while_it_lasts(
        fault, [&] { w.kafka_.reachable = false; }, [&w] { w.kafka_.reachable = true; });
  };
  all[FaultKind::partition_added] = [](World& w, const Fault&, Random& random) {
    w.producers_.add_partition(random.below(w.scenario_.subjects.size()));
  };
  all[FaultKind::retention] = [](World& w, const Fault&, Random& random) {
    const Subject& subject = w.any_subject(random);
    for (const auto& [partition, offset] : w.read_by_all(subject))
      w.kafka_.delete_before(subject.pipeline.stream.topic, partition, offset);
  };
  all[FaultKind::retention_eats] = [](World& w, const Fault&, Random& random) {
    const std::size_t number = random.below(w.scenario_.subjects.size());
    const Subject& subject = w.scenario_.subjects[number];
    const auto ends = w.kafka_.ends(subject.pipeline.stream.topic);
    if (!ends) return;
    w.producers_.lose(number);
    for (const auto& [partition, end] : *ends)
      w.kafka_.delete_before(subject.pipeline.stream.topic, partition, end);
  };
  all[FaultKind::topic_made_anew] = [](World& w, const Fault&, Random& random) {
    w.producers_.make_anew(random.below(w.scenario_.subjects.size()));
  };
}

// Below this everything is in the ledger, and published.
PartitionOffsets World::read_by_all(const Subject& subject) const {
  PartitionOffsets out;
  const auto* state = witness_.find(subject.pipeline.name);
  if (state == nullptr) return out;
  for (const auto& [partition, offset] : druid_.committed(supervisor_id(subject.pipeline)))
    if (const auto scanned = state->partitions.find(partition); scanned != state->partitions.end())
      out[partition] = std::min(offset, scanned->second.next);
  return out;
}

}  // namespace henge::sim
