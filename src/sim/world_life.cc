// How henge lives and dies in a world.
#include <fmt/format.h>

#include "sim/world_impl.h"

namespace henge::sim {

using std::chrono::minutes;
using std::chrono::seconds;

void World::boot() {
  if (process_ || over_) return;
  ++result_.lives;
  killed_ = false;
  disk_broke_ = false;
  steps_left_.reset();
  process_ = std::make_unique<Process>(machine_);
  try {
    auto started = process_->start();
    if (!started) {
      found("refuse loudly", "henge does not start: " + started.error().message);
      process_.reset();
      return;
    }
  } catch (const Killed&) {
    killed_ = true;
  }
  say("henge starts");
}

// At once, without a word: nothing of it runs any more.
void World::kill(std::string why) {
  say("henge is killed " + why);
  process_.reset();
  killed_ = false;
  steps_left_.reset();
  passages_left_.reset();
}

void World::reboot_after(Millis wait) {
  time_.after(wait, [this] { boot(); });
}

void World::stop() {
  if (!process_ || process_->stopping()) return;
  say("henge is told to stop");
  process_->stop();
  // By then it has to have stopped by itself.
  time_.after(seconds(60), [this, told = process_.get(), life = result_.lives] {
    if (process_.get() == told && life == result_.lives)
      found("refuse loudly", "henge does not stop when it is told to");
  });
}

void World::passing(std::string_view failpoint) {
  if (killed_) return;
  if (!passages_left_ || --*passages_left_ > 0) return;
  say(fmt::format("at failpoint {}", failpoint));
  passages_left_.reset();
  killed_ = true;
  throw Killed{};
}

// After each step: is henge to die here, has it ended, has it broken?
void World::tend() {
  if (!process_) return;
  const bool at_await = steps_left_ && --*steps_left_ <= 0;
  if (killed_ || at_await) {
    kill(killed_ ? "at a failpoint" : "at an await");
    return reboot_after(life_.about(seconds(20)));
  }
  if (process_->broken()) {
    const std::string why = *process_->broken();
    // A disk that failed is the one reason to start again.
    if (!disk_broke_) found("refuse loudly", "henge broke: " + why);
    kill("by itself: " + why);
    return reboot_after(seconds(5));
  }
  if (process_->stopping() && process_->ended()) {
    say("henge has stopped");
    process_.reset();
    return reboot_after(life_.about(seconds(10)));
  }
}

}  // namespace henge::sim
