// What people load through henge in a world, until it is counted.
#include <fmt/format.h>

#include "sim/world_impl.h"

namespace henge::sim {

using std::chrono::seconds;

void World::person_loads(Random& random) {
  const std::size_t subject = random.below(scenario_.subjects.size());
  auto load = draw_load(scenario_, subject, producers_.truth(subject), loads_, time_.now(), random);
  if (!load) return;
  producers_.may_load(subject, load->rows);
  loads_.push_back(std::move(*load));
  ask_for_load(loads_.size() - 1);
}

// `henge load`, again and again: whoever asks may die with it, or be refused for a while.
void World::ask_for_load(std::size_t number) {
  const HandLoad& load = loads_[number];
  if (load.counted || over_) return;
  time_.after(seconds(20), [this, number] { ask_for_load(number); });
  if (!process_ || process_->stopping()) return;
  const auto asked = asking_.find(number);
  if (asked != asking_.end() && asked->second == result_.lives) return;
  asking_[number] = result_.lives;
  process_->load(load.request, [this, number](const Result<daemon::LoadAsked>& answer) {
    asking_.erase(number);
    load_asked(number, answer);
  });
}

void World::load_asked(std::size_t number, const Result<daemon::LoadAsked>& asked) {
  HandLoad& load = loads_[number];
  say(fmt::format("load {} of {}: {}", load.request.key, load.request.pipeline,
                  asked ? asked->load : asked.error().message));
  if (!asked || !load.cancels) return;
  load.cancels = false;
  time_.after(seconds(5 + static_cast<int>(number) % 40), [this, number, name = asked->load] {
    if (!process_ || process_->stopping() || loads_[number].counted) return;
    process_->cancel_load(
        loads_[number].request.pipeline, name, [this, name](const Result<void>& done) {
          say(fmt::format("cancel of {}: {}", name, done ? "asked for" : done.error().message));
        });
  });
}

void World::load_ended(const std::string& pipeline, const ledger::LoadEnded& event) {
  if (event.end != ledger::LoadEnd::counted) return;
  const auto* state = witness_.find(pipeline);
  const auto known =
      state == nullptr ? decltype(state->loads.end()){} : state->loads.find(event.load);
  if (state == nullptr || known == state->loads.end()) return;
  for (HandLoad& load : loads_) {
    if (load.request.key != known->second.intent.key || load.counted) continue;
    load.counted = true;
    producers_.loaded(load.subject, load.rows);
  }
}

}  // namespace henge::sim
