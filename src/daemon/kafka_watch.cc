#include <mutex>

#include "daemon/wiring.h"
#include "kafka/group.h"
#include "kafka/offsets.h"
#include "kafka/range_scan.h"
#include "runtime/clock.h"

namespace henge::daemon {
namespace {

constexpr Millis deadline = std::chrono::seconds(5);
// Settings of a topic change rarely.
constexpr Millis settings_valid = std::chrono::minutes(1);
// Over this time a partition's rate is measured.
constexpr Millis rate_over = std::chrono::minutes(1);

std::optional<std::int64_t> number_of(const std::map<std::string, std::string>& settings,
                                      const char* name) {
  auto known = settings.find(name);
  if (known == settings.end() || known->second.empty()) return std::nullopt;
  const std::int64_t value = std::atoll(known->second.c_str());
  return value < 0 ? std::nullopt : std::optional(value);
}

// The connections of one pipeline. Used by one thread at a time.
class Connections {
 public:
  explicit Connections(std::map<std::string, std::string> properties)
      : properties_(std::move(properties)) {}

  Result<TopicLook> look(const std::string& topic,
                         const std::vector<std::pair<std::int32_t, std::int64_t>>& records) {
    const std::scoped_lock lock(mutex_);
    if (!reader_) {
      TRY(reader_, kafka::TopicReader::connect(properties_));
    }
    TopicLook look;
    look.at = runtime::SystemClock().now();
    look.since = look.at - rate_over;
    TRY(const kafka::TopicInfo info, reader_->topic(topic, deadline));
    using kafka::OffsetEnd;
    TRY(look.starts, reader_->offsets(topic, info.partitions, OffsetEnd::earliest, deadline));
    TRY(look.ends, reader_->offsets(topic, info.partitions, OffsetEnd::latest, deadline));
    TRY(look.at_since, reader_->offsets_at(topic, info.partitions, look.since, deadline));
    TRY(look.records, reader_->records(topic, inside(look, records), deadline));
    TRY_VOID(take_settings(topic, look));
    return look;
  }

  Result<void> commit(const std::string& topic, const std::string& group,
                      const PartitionOffsets& offsets) {
    const std::scoped_lock lock(mutex_);
    if (!group_ || group_name_ != group) {
      TRY(group_, kafka::Group::open(properties_, group));
      group_name_ = group;
    }
    return group_->commit(topic, offsets, deadline);
  }

 private:
  // Where nothing can be is not asked.
  static std::vector<std::pair<std::int32_t, std::int64_t>> inside(
      const TopicLook& look, const std::vector<std::pair<std::int32_t, std::int64_t>>& records) {
    std::vector<std::pair<std::int32_t, std::int64_t>> out;
    for (const auto& [partition, offset] : records) {
      auto start = look.starts.find(partition);
      auto end = look.ends.find(partition);
      if (start != look.starts.end() && end != look.ends.end() && offset >= start->second &&
          offset < end->second)
        out.emplace_back(partition, offset);
    }
    return out;
  }

  // Who may not read the settings is told nothing of retention: it is not known then.
  Result<void> take_settings(const std::string& topic, TopicLook& look) {
    if (look.at - settings_at_ >= settings_valid) {
      auto settings = reader_->topic_config(topic, deadline);
      if (!settings && settings.error().kind != ErrorKind::denied)
        return tl::unexpected<Error>(std::move(settings).error());
      settings_ = settings.value_or(std::map<std::string, std::string>{});
      settings_at_ = look.at;
    }
    auto cleanup = settings_.find("cleanup.policy");
    if (cleanup != settings_.end() && cleanup->second.find("delete") == std::string::npos)
      return {};
    if (auto ms = number_of(settings_, "retention.ms")) look.retention = Millis(*ms);
    look.retention_bytes = number_of(settings_, "retention.bytes");
    return {};
  }

  std::map<std::string, std::string> properties_;
  std::mutex mutex_;
  std::unique_ptr<kafka::TopicReader> reader_;
  std::unique_ptr<kafka::Group> group_;
  std::string group_name_;
  std::map<std::string, std::string> settings_;
  Instant settings_at_{};
};

class Watch {
 public:
  Watch(const Config& config, spec::SecretSources secrets)
      : config_(config), secrets_(std::move(secrets)) {}

  // New ones when the pipeline's consumer is another one than before.
  Result<std::shared_ptr<Connections>> of(const Pipeline& pipeline) {
    Known& known = known_[pipeline.name];
    if (known.connections && known.consumer == pipeline.stream.consumer_properties)
      return known.connections;
    TRY(auto properties, kafka_properties(config_, pipeline, secrets_));
    known.connections = std::make_shared<Connections>(std::move(properties));
    known.consumer = pipeline.stream.consumer_properties;
    return known.connections;
  }

 private:
  struct Known {
    std::map<std::string, Property> consumer;
    std::shared_ptr<Connections> connections;
  };
  Config config_;
  spec::SecretSources secrets_;
  std::map<std::string, Known> known_;
};

}  // namespace

TopicWatch kafka_watch(const Config& config, spec::SecretSources secrets,
                       runtime::BlockingPool& pool) {
  auto watch = std::make_shared<Watch>(config, secrets);
  TopicWatch out;
  out.look =
      [watch, &pool](
          Pipeline pipeline,
          std::vector<std::pair<std::int32_t, std::int64_t>> records) -> runtime::Async<TopicLook> {
    CO_TRY(auto connections, watch->of(pipeline));
    auto work = [connections, topic = pipeline.stream.topic, records = std::move(records)] {
      return connections->look(topic, records);
    };
    co_return co_await runtime::blocking(pool, std::move(work));
  };
  out.commit = [watch, &pool](Pipeline pipeline, std::string group,
                              PartitionOffsets offsets) -> runtime::Async<void> {
    CO_TRY(auto connections, watch->of(pipeline));
    auto work = [connections, topic = pipeline.stream.topic, group = std::move(group),
                 offsets = std::move(offsets)] {
      return connections->commit(topic, group, offsets);
    };
    co_return co_await runtime::blocking(pool, std::move(work));
  };
  out.scan = [config, secrets, &pool](
                 Pipeline pipeline,
                 ports::StretchesWanted wanted) -> runtime::Async<scan::StretchesFound> {
    kafka::RangeScanOptions options;
    CO_TRY(options.reading.properties, kafka_properties(config, pipeline, secrets));
    options.folder = {wanted.delta_folder, pipeline.name};
    options.file_ends = wanted.file_ends;
    auto work = [&] { return kafka::scan_stretches(pipeline, wanted.stretches, options); };
    co_return co_await runtime::blocking(pool, std::move(work));
  };
  return out;
}

}  // namespace henge::daemon
