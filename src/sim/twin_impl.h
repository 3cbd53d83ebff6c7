// The parts of Druid's twin, put together. For this folder alone.
#pragma once

#include "sim/druid_twin.h"
#include "sim/twin_streams.h"

namespace henge::sim {

struct DruidTwin::Impl {
  Impl(const KafkaTwin& kafka, TwinSettings settings, Random random, Instant now)
      : cluster(kafka, std::move(settings), std::move(random), now),
        queue(cluster),
        batch(cluster, queue),
        streams(cluster, queue) {
    cluster.catch_up = [this](const std::string& datasource) { streams.catch_up(datasource); };
    queue.on_locks_freed = [this] { batch.locks_freed(); };
    cluster.rules["_default"] = {{"loadForever", std::nullopt, "", true, {{"_default_tier", 1}}}};
  }

  // When the Coordinator last looked at the metadata store.
  [[nodiscard]] Instant snapshot_at() const {
    const Millis period = cluster.settings.times.snapshot_period;
    return cluster.begun + (cluster.now - cluster.begun) / period * period;
  }

  TwinCluster cluster;
  TwinQueue queue;
  TwinBatch batch;
  TwinStreams streams;
};

}  // namespace henge::sim
