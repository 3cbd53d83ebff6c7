#include "sim/mutants.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "sim/druid_over.h"

namespace henge::sim {
namespace {

constexpr std::array<MutantKind, 17> kinds{{
    {"new_id_on_retry", "a task that is sent again after a lost answer gets a new id"},
    {"submit_before_intent", "an intent is durable only with the event after it"},
    {"count_once", "the second reading of a count is the first one again"},
    {"trust_failed", "a task that FAILED is taken to have published nothing"},
    {"empty_replace", "a repair replaces instead of appending, with no rows"},
    {"forget_resume", "a supervisor is suspended after a change and not resumed"},
    {"deaf_to_resume", "a supervisor that is to be resumed stays as it is"},
    {"kill_strangers", "tasks that are not henge's are shut down"},
    {"ask_too_often", "every question about supervisors is asked twenty times"},
    {"skip_late_row", "one extent of late rows is lost on the way to the ledger"},
    {"double_late_row", "one extent of late rows is handed over twice"},
    {"miscount", "one on-time row is not counted"},
    {"lose_batch", "a batch is acknowledged and never recorded"},
    {"blind_to_edits", "the first list of supervisors is taken for all the later ones"},
    {"send_when_frozen", "the last task is sent again whenever tasks are asked for"},
    {"replace_appends", "a load that is to replace what is there appends"},
    {"send_for_ever", "a task that Druid does not know is sent again however old it is"},
}};

using Json = nlohmann::json;
using Rows = std::vector<SegmentRows>;

Json parse(const JsonText& text) {
  return Json::parse(text.text, nullptr, false);
}

}  // namespace

// What wrappers remember over the lives of henge.
struct Mutant::Memory {
  std::set<std::string> unheard;         // tasks whose POST had no answer
  std::map<std::string, Rows> readings;  // last counts of each datasource
  std::map<std::string, std::vector<Segment>> segments;
  std::map<std::string, Rows> readings_before;  // as they were when a task was sent
  std::map<std::string, std::vector<Segment>> segments_before;
  std::map<std::string, int> lie;  // how many more answers of a datasource are old ones
  std::set<std::string> failed;
  std::map<std::string, SupervisorListing> listings;  // as first seen
  JsonText last_task;
  std::int64_t asked = 0;
  std::int64_t extents = 0;
  std::int64_t batches = 0;
};

namespace {

using Memory = Mutant::Memory;

class NewIdOnRetry final : public DruidOver {
 public:
  NewIdOnRetry(ports::Druid& inner, Memory& memory) : DruidOver(inner), memory_(memory) {}

  ports::Async<Submitted> submit_task(JsonText payload) override {
    Json task = parse(payload);
    const std::string id = task.value("id", "");
    if (memory_.unheard.contains(id)) task["id"] = id + "_again";
    auto answer = co_await inner_.submit_task({task.dump()});
    if (!answer && answer.error().kind == ErrorKind::unknown_outcome) memory_.unheard.insert(id);
    co_return answer;
  }

 private:
  Memory& memory_;
};

class CountOnce final : public DruidOver {
 public:
  CountOnce(ports::Druid& inner, Memory& memory) : DruidOver(inner), memory_(memory) {}

  ports::Async<std::vector<Segment>> used_segments(std::string ds,
                                                   std::vector<Interval> intervals) override {
    if (memory_.asked % 2 == 1) co_return memory_.segments[ds];
    auto answer = co_await inner_.used_segments(ds, std::move(intervals));
    if (answer) memory_.segments[ds] = *answer;
    co_return answer;
  }
  ports::Async<Rows> rows_by_segment(std::string ds, std::string metric, Granularity chunk,
                                     std::vector<Interval> intervals) override {
    if (memory_.asked++ % 2 == 1) co_return memory_.readings[ds];
    auto answer = co_await inner_.rows_by_segment(ds, metric, chunk, std::move(intervals));
    if (answer) memory_.readings[ds] = *answer;
    co_return answer;
  }

 private:
  Memory& memory_;
};

// After a FAILED, the counts are those from before the task was sent.
class TrustFailed final : public DruidOver {
 public:
  TrustFailed(ports::Druid& inner, Memory& memory) : DruidOver(inner), memory_(memory) {}

  ports::Async<Submitted> submit_task(JsonText payload) override {
    memory_.readings_before = memory_.readings;
    memory_.segments_before = memory_.segments;
    return inner_.submit_task(std::move(payload));
  }
  ports::Async<std::map<std::string, TaskStatus>> task_statuses(
      std::vector<std::string> ids) override {
    auto answer = co_await inner_.task_statuses(std::move(ids));
    if (!answer) co_return answer;
    for (const auto& [id, status] : *answer)
      if (status.state == TaskState::failed && memory_.failed.insert(id).second)
        for (const auto& [ds, rows] : memory_.readings_before) memory_.lie[ds] = 6;
    co_return answer;
  }
  ports::Async<std::vector<Segment>> used_segments(std::string ds,
                                                   std::vector<Interval> intervals) override {
    if (memory_.lie[ds] > 0) co_return memory_.segments_before[ds];
    auto answer = co_await inner_.used_segments(ds, std::move(intervals));
    if (answer) memory_.segments[ds] = *answer;
    co_return answer;
  }
  ports::Async<Rows> rows_by_segment(std::string ds, std::string metric, Granularity chunk,
                                     std::vector<Interval> intervals) override {
    if (memory_.lie[ds] > 0) {
      --memory_.lie[ds];
      co_return memory_.readings_before[ds];
    }
    auto answer = co_await inner_.rows_by_segment(ds, metric, chunk, std::move(intervals));
    if (answer) memory_.readings[ds] = *answer;
    co_return answer;
  }

 private:
  Memory& memory_;
};

class EmptyReplace final : public DruidOver {
 public:
  using DruidOver::DruidOver;
  ports::Async<Submitted> submit_task(JsonText payload) override {
    Json task = parse(payload);
    Json& io = task["spec"]["ioConfig"];
    io["appendToExisting"] = false;
    io["inputSource"] = {{"type", "inline"}, {"data", "no row\n"}};
    io["inputFormat"] = {{"type", "csv"}, {"columns", {"nothing"}}, {"skipHeaderRows", 1}};
    return inner_.submit_task({task.dump()});
  }
};

class ReplaceAppends final : public DruidOver {
 public:
  using DruidOver::DruidOver;
  ports::Async<Submitted> submit_task(JsonText payload) override {
    Json task = parse(payload);
    task["spec"]["ioConfig"]["appendToExisting"] = true;
    task["spec"]["ioConfig"]["dropExisting"] = false;
    return inner_.submit_task({task.dump()});
  }
};

class ForgetResume final : public DruidOver {
 public:
  using DruidOver::DruidOver;
  ports::Async<void> post_supervisor(JsonText spec, Audit audit) override {
    const auto at = Json::json_pointer("/spec/dataSchema/dataSource");
    const Json parsed = parse(spec);
    CO_TRY_VOID(co_await inner_.post_supervisor(std::move(spec), audit));
    if (parsed.contains(at))
      co_return co_await inner_.suspend_supervisor(parsed.at(at).get<std::string>(), audit);
    co_return Result<void>{};
  }
};

class DeafToResume final : public DruidOver {
 public:
  using DruidOver::DruidOver;
  ports::Async<void> resume_supervisor(std::string, Audit) override { co_return Result<void>{}; }
};

class KillStrangers final : public DruidOver {
 public:
  using DruidOver::DruidOver;
  ports::Async<SupervisorStatus> supervisor_status(std::string id) override {
    auto status = co_await inner_.supervisor_status(std::move(id));
    if (status && !status->active.empty())
      static_cast<void>(co_await inner_.shutdown_task(status->active.front().id));
    co_return status;
  }
};

class AskTooOften final : public DruidOver {
 public:
  using DruidOver::DruidOver;
  ports::Async<SupervisorStatus> supervisor_status(std::string id) override {
    for (int i = 1; i < 20; ++i) static_cast<void>(co_await inner_.supervisor_status(id));
    co_return co_await inner_.supervisor_status(id);
  }
};

class BlindToEdits final : public DruidOver {
 public:
  BlindToEdits(ports::Druid& inner, Memory& memory) : DruidOver(inner), memory_(memory) {}
  ports::Async<std::vector<SupervisorListing>> supervisors() override {
    auto answer = co_await inner_.supervisors();
    if (answer)
      for (SupervisorListing& one : *answer)
        one = memory_.listings.try_emplace(one.id, one).first->second;
    co_return answer;
  }

 private:
  Memory& memory_;
};

class SendWhenFrozen final : public DruidOver {
 public:
  SendWhenFrozen(ports::Druid& inner, Memory& memory) : DruidOver(inner), memory_(memory) {}
  ports::Async<Submitted> submit_task(JsonText payload) override {
    memory_.last_task = payload;
    return inner_.submit_task(std::move(payload));
  }
  ports::Async<std::vector<TaskStatus>> active_tasks(std::string datasource) override {
    if (!memory_.last_task.empty())
      static_cast<void>(co_await inner_.submit_task(JsonText(memory_.last_task)));
    co_return co_await inner_.active_tasks(std::move(datasource));
  }

 private:
  Memory& memory_;
};

// Keeps intents back until the next append comes along.
class LazyStore final : public ledger::EventStore {
 public:
  explicit LazyStore(std::unique_ptr<ledger::EventStore> inner) : inner_(std::move(inner)) {}

  Result<std::int64_t> append(const std::vector<ledger::NewRecord>& records,
                              std::int64_t last) override {
    std::vector<ledger::NewRecord> all = kept_;
    all.insert(all.end(), records.begin(), records.end());
    const auto before = last - static_cast<std::int64_t>(kept_.size());
    if (kept_.empty() && !records.empty() && records.front().kind == "repair_intended") {
      kept_ = records;
      return last + static_cast<std::int64_t>(records.size());
    }
    TRY(const std::int64_t now, inner_->append(all, before));
    kept_.clear();
    return now;
  }
  Result<void> read(std::int64_t from, const ledger::Visit& visit) override {
    return inner_->read(from, visit);
  }
  Result<ledger::Head> last() override { return inner_->last(); }
  Result<ledger::Verification> verify() override { return inner_->verify(); }

 private:
  std::unique_ptr<ledger::EventStore> inner_;
  std::vector<ledger::NewRecord> kept_;
};

// Between a scan and henge: what it does to a batch on its way.
using Tamper = std::function<void(scan::ScanBatch&, Memory&)>;

void skip_late_row(scan::ScanBatch& batch, Memory& memory) {
  const auto late = std::ranges::find(batch.extents, scan::DeltaKind::late, &scan::Extent::kind);
  if (late != batch.extents.end() && ++memory.extents == 3) batch.extents.erase(late);
}

void double_late_row(scan::ScanBatch& batch, Memory& memory) {
  const auto late = std::ranges::find(batch.extents, scan::DeltaKind::late, &scan::Extent::kind);
  if (late == batch.extents.end() || ++memory.extents != 3) return;
  batch.extents.push_back(scan::Extent(*late));
}

ports::OpenTopicScan tampered(ports::OpenTopicScan open, Memory& memory, Tamper tamper) {
  return [open = std::move(open), &memory, tamper = std::move(tamper)](
             const Pipeline& pipeline, ports::TopicScanStart start, ports::TopicScanEvents events) {
    auto hand_on = std::move(events.on_batch);
    events.on_batch = [&memory, tamper, hand_on = std::move(hand_on)](scan::ScanBatch batch) {
      tamper(batch, memory);
      hand_on(std::move(batch));
    };
    return open(pipeline, std::move(start), std::move(events));
  };
}

void miscount(scan::ScanBatch& batch, Memory& memory) {
  for (auto& [chunk, partitions] : batch.chunks)
    for (auto& [partition, counts] : partitions)
      if (counts.on_time > 0 && ++memory.extents == 5) --counts.on_time;
}

// The twentieth batch is acknowledged at once, and henge never hears of it.
ports::OpenTopicScan losing(ports::OpenTopicScan open, Memory& memory) {
  return [open = std::move(open), &memory](const Pipeline& pipeline, ports::TopicScanStart start,
                                           ports::TopicScanEvents events) {
    auto scan = std::make_shared<ports::TopicScan*>(nullptr);
    auto hand_on = std::move(events.on_batch);
    events.on_batch = [&memory, scan, hand_on = std::move(hand_on)](scan::ScanBatch batch) {
      const bool lost = *scan != nullptr && ++memory.batches == 20;
      if (lost) return (*scan)->acknowledge();
      hand_on(std::move(batch));
    };
    auto opened = open(pipeline, std::move(start), std::move(events));
    if (opened) *scan = opened->get();
    return opened;
  };
}

template <typename Over>
std::unique_ptr<ports::Druid> over(ports::Druid& inner, Memory& memory) {
  if constexpr (std::is_constructible_v<Over, ports::Druid&, Memory&>)
    return std::make_unique<Over>(inner, memory);
  else
    return std::make_unique<Over>(inner);
}

using OverDruid = std::unique_ptr<ports::Druid> (*)(ports::Druid&, Memory&);
const std::map<std::string_view, OverDruid> druids{
    {"new_id_on_retry", over<NewIdOnRetry>},    {"count_once", over<CountOnce>},
    {"trust_failed", over<TrustFailed>},        {"empty_replace", over<EmptyReplace>},
    {"replace_appends", over<ReplaceAppends>},  {"forget_resume", over<ForgetResume>},
    {"deaf_to_resume", over<DeafToResume>},     {"kill_strangers", over<KillStrangers>},
    {"ask_too_often", over<AskTooOften>},       {"blind_to_edits", over<BlindToEdits>},
    {"send_when_frozen", over<SendWhenFrozen>},
};

using OverScan = ports::OpenTopicScan (*)(ports::OpenTopicScan, Memory&);
const std::map<std::string_view, OverScan> scans{
    {"skip_late_row",
     [](ports::OpenTopicScan o, Memory& m) { return tampered(std::move(o), m, skip_late_row); }},
    {"double_late_row",
     [](ports::OpenTopicScan o, Memory& m) { return tampered(std::move(o), m, double_late_row); }},
    {"miscount",
     [](ports::OpenTopicScan o, Memory& m) { return tampered(std::move(o), m, miscount); }},
    {"lose_batch", [](ports::OpenTopicScan o, Memory& m) { return losing(std::move(o), m); }},
};

}  // namespace

Mutant::Mutant(std::string name) : name_(std::move(name)), memory_(std::make_unique<Memory>()) {
  const bool known =
      name_.empty() || std::ranges::find(kinds, name_, &MutantKind::name) != kinds.end();
  invariant(known, "there is a mutant of that name");
}
Mutant::~Mutant() = default;

std::span<const MutantKind> all_mutants() {
  return kinds;
}

void Mutant::put_into(Machine& machine) {
  Memory& memory = *memory_;
  if (const auto druid = druids.find(name_); druid != druids.end())
    machine.over_druid = [make = druid->second, &memory](ports::Druid& d) {
      return make(d, memory);
    };
  if (const auto scan = scans.find(name_); scan != scans.end())
    machine.open_scan = [make = scan->second, &memory](ports::OpenTopicScan open) {
      return make(std::move(open), memory);
    };
  if (name_ == "send_for_ever")
    machine.settings.patience.send_for = machine.settings.patience.forgotten_after =
        std::chrono::days(1000);
  if (name_ == "submit_before_intent")
    machine.store = [](std::unique_ptr<ledger::EventStore> inner) {
      return std::unique_ptr<ledger::EventStore>(std::make_unique<LazyStore>(std::move(inner)));
    };
}

}  // namespace henge::sim
