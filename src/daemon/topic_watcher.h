// What Kafka says of each pipeline's topic, asked for in the background, so that a broker that does
// not answer holds up nobody; and the consumer group that shows Druid's position.
#pragma once

#include <map>
#include <set>
#include <string>

#include "daemon/shell.h"
#include "reconcile/drift.h"

namespace henge::daemon {

class TopicWatcher {
 public:
  explicit TopicWatcher(Shell& shell) : shell_(shell) {}

  // Asks Kafka, now that Druid has said where it stands. Returns at once; nothing while the last
  // question of the same pipeline is not answered.
  void saw(const Pipeline& pipeline, const SupervisorStatus& status);
  // The last answers that are not older than a few rounds.
  [[nodiscard]] std::map<std::string, reconcile::TopicSight> sights() const;
  void forget(const std::string& pipeline);

 private:
  boost::asio::awaitable<void> watch(Pipeline pipeline, offsets::DruidOffsets druid);
  runtime::Async<void> look(const Pipeline& pipeline, const offsets::DruidOffsets& druid);
  runtime::Async<void> mirror(const Pipeline& pipeline, const offsets::DruidOffsets& druid);

  // The record of each partition that was last seen to be where it was read. A scan that goes on in
  // a topic that was made anew brings witnesses of that topic: they don't count before these do.
  struct Known {
    std::int64_t reset = 0;  // of the offsets: what was known before it means nothing
    std::map<std::int32_t, Witness> witnesses;
  };
  static void learn(Known& known, const offsets::Scanned& scanned, const TopicLook& look);

  Shell& shell_;
  std::map<std::string, Known> known_;  // by pipeline
  std::set<std::string> asking_;
  std::map<std::string, reconcile::TopicSight> sights_;
  std::map<std::string, PartitionOffsets> mirrored_;  // by group
};

}  // namespace henge::daemon
