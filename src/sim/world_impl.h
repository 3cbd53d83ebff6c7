// The inside of a world; for world*.cc alone.
#pragma once

#include <filesystem>
#include <memory>

#include "sim/law.h"
#include "sim/mutants.h"
#include "sim/process.h"
#include "sim/world.h"

namespace henge::sim {

// Thrown at a failpoint to leave the code where it stands.
struct Killed {};

class World {
 public:
  explicit World(const SimOptions& options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  SimResult run();

 private:
  // world.cc
  void watch_calls();
  void watch_ledger();
  void declare();
  void step_all();
  bool step_one();
  void move_on();
  [[nodiscard]] Instant next_moment();
  void after_step();
  void every_minute();
  void finish();
  void live();
  void live_on();
  void check_end();
  void found(std::string_view law, Finding finding);
  void ask_laws(const std::function<Finding(Law&)>& check);
  void say(std::string line);
  [[nodiscard]] Millis since_start() const { return time_.now() - scenario_.start; }

  // world_life.cc
  void boot();
  void kill(std::string why);
  void stop();
  void tend();
  void reboot_after(Millis wait);
  void passing(std::string_view failpoint);

  // world_faults.cc
  void schedule_faults();
  void begin(const Fault& fault);
  using Begin = std::function<void(World&, const Fault&, Random&)>;
  using Beginnings = std::map<FaultKind, Begin>;
  static void add_henge(Beginnings& all);
  static void add_network(Beginnings& all);
  static void add_druid(Beginnings& all);
  static void add_outages(Beginnings& all);
  static void add_kafka(Beginnings& all);
  static void add_people(Beginnings& all);
  static void add_changes(Beginnings& all);
  void while_it_lasts(const Fault& fault, std::function<void()> on, std::function<void()> off);
  void clean_up_tasks();
  [[nodiscard]] PartitionOffsets read_by_all(const Subject& subject) const;

  // world_people.cc
  void person_applies(bool wrongly, Random& random);
  void person_compacts(Random& random);
  void person_freezes(const std::string& name, daemon::Freezing wanted);
  void unfreeze_by_hand(const std::string& name);
  void person_releases(const std::string& name);
  void person_loads(Random& random);
  void ask_for_load(std::size_t number);
  void load_asked(std::size_t number, const Result<daemon::LoadAsked>& asked);
  void load_ended(const std::string& pipeline, const ledger::LoadEnded& event);
  void declare_by_hand(const Subject& subject);
  void take_back(const std::string& name);
  void person_edits(const std::string& id);
  void person_kills_tasks(Random& random);
  [[nodiscard]] const Subject& any_subject(Random& random) const;
  void told(const Result<void>& done);
  void insist(std::function<Result<void>()> work);

  SimOptions options_;
  Random random_;
  Scenario scenario_;
  std::string folder_;
  VirtualTime time_;
  SimClock clock_;
  KafkaTwin kafka_;
  DruidTwin druid_;
  Network network_;
  Producers producers_;
  CallWatch watch_;
  std::shared_ptr<MemoryDisk> disk_;
  ledger::State ledger_;  // the fold of what is durable
  Mutant mutant_;
  Machine machine_;
  HandLoads loads_;
  Witness witness_;
  std::vector<std::unique_ptr<Law>> laws_;
  SimResult result_;

  std::unique_ptr<Process> process_;
  Random life_;
  bool killed_ = false;                     // at a failpoint, while its code still runs
  std::optional<std::int64_t> steps_left_;  // until it is killed at an await
  std::optional<std::int64_t> passages_left_;
  int disk_full_ = 0;  // how many faults fill it now
  int disk_fails_ = 0;
  bool disk_broke_ = false;  // in this life
  int deltas_unreadable_ = 0;
  std::optional<Instant> away_until_;             // from the next task on that reaches Druid
  std::map<std::string, std::int64_t> applying_;  // in which life somebody waits for an apply
  std::map<std::size_t, std::int64_t> asking_;    // in which life somebody waits for a load
  Random names_;                                  // chance of what must not repeat
  std::optional<Instant> rested_;                 // when it was started once more, at the end
  bool over_ = false;
};

}  // namespace henge::sim
