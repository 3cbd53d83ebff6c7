#include "route/request.h"

#include "model/result.h"

namespace henge::route {

int Capacity::for_loads(int running) const {
  const int others = std::max(0, used + queued - running);
  const int left = std::max(0, total - others);
  return std::max(left - kept_for_stream, std::min(left, 1));
}

const char* to_string(Engine engine) {
  switch (engine) {
    case Engine::single:
      return "single";
    case Engine::parallel:
      return "parallel";
    case Engine::msq:
      return "msq";
  }
  invariant(false, "an engine without a name");
  return "";
}

const char* to_string(Partitioning partitioning) {
  switch (partitioning) {
    case Partitioning::dynamic:
      return "dynamic";
    case Partitioning::hashed:
      return "hashed";
    case Partitioning::range:
      return "range";
  }
  invariant(false, "a partitioning without a name");
  return "";
}

const char* to_string(ChunkStanding standing) {
  switch (standing) {
    case ChunkStanding::open:
      return "open";
    case ChunkStanding::closed:
      return "closed";
    case ChunkStanding::sealed:
      return "sealed";
    case ChunkStanding::dirty:
      return "dirty";
    case ChunkStanding::uncertain:
      return "uncertain";
    case ChunkStanding::unknown:
      return "unknown";
  }
  invariant(false, "a chunk's standing without a name");
  return "";
}

const char* to_string(ChunkWork work) {
  switch (work) {
    case ChunkWork::none:
      return "none";
    case ChunkWork::repair:
      return "repair";
    case ChunkWork::load:
      return "load";
    case ChunkWork::compaction:
      return "compaction";
  }
  invariant(false, "a chunk's work without a name");
  return "";
}

const char* to_string(Health::State state) {
  switch (state) {
    case Health::State::ok:
      return "ok";
    case Health::State::slow:
      return "slow";
    case Health::State::failing:
      return "failing";
    case Health::State::unknown:
      return "unknown";
  }
  invariant(false, "a health without a name");
  return "";
}

}  // namespace henge::route
