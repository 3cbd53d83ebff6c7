#include "sim/twin_scan.h"

#include <fmt/format.h>

#include <algorithm>

namespace henge::sim {

TwinScan::TwinScan(const KafkaTwin& kafka, Pipeline pipeline, ports::TopicScanStart start,
                   ports::TopicScanEvents events, const TwinScanOptions& options,
                   scan::Classifier classifier, scan::DeltaWriter writer, TwinScans& owner)
    : kafka_(kafka),
      pipeline_(std::move(pipeline)),
      start_(std::move(start)),
      events_(std::move(events)),
      options_(options),
      classifier_(std::move(classifier)),
      writer_(std::move(writer)),
      owner_(owner) {
  owner_.scans_.push_back(this);
}

TwinScan::~TwinScan() {
  std::erase(owner_.scans_, this);
}

void TwinScan::acknowledge() {
  awaiting_ = false;
}

std::optional<Instant> TwinScan::next_poll_at() const {
  if (awaiting_) return std::nullopt;
  return next_;
}

void TwinScan::poll(Instant now) {
  if (awaiting_ || now < next_) return;
  next_ = now + options_.batch_interval;
  auto done = take_partitions(now);
  if (done) done = read(now);
  // What was found before something went wrong is handed out all the same.
  const auto written = cut(now);
  if (done && !written) done = written;
  if (done) {
    recovered();
    return;
  }
  report(done.error(), now);
  next_ = now + options_.retry_interval;
}

// Begins with the partitions that are not scanned yet.
Result<void> TwinScan::take_partitions(Instant now) {
  if (partitions_at_ && now < *partitions_at_ + options_.metadata_interval) return {};
  const std::string& topic = pipeline_.stream.topic;
  TRY(const PartitionOffsets starts, kafka_.starts(topic));
  partitions_at_ = now;
  bool fresh = false;
  for (const auto& [partition, earliest] : starts) {
    if (progress_.has(partition)) continue;
    const auto known = start_.positions.find(partition);
    const auto floor = start_.arrival_floors.find(partition);
    const std::int64_t position = known == start_.positions.end() ? earliest : known->second;
    progress_.add(partition, position,
                  floor == start_.arrival_floors.end() ? Instant{} : floor->second);
    positions_[partition] = position;
    fresh = true;
  }
  if (fresh) events_.on_partitions(static_cast<int>(progress_.size()));
  return {};
}

// Reads what there is, as far as a batch goes, and keeps the first thing that is wrong with the
// log.
Result<void> TwinScan::read(Instant now) {
  if (findings_) return {};
  const std::string& topic = pipeline_.stream.topic;
  TRY(const PartitionOffsets starts, kafka_.starts(topic));
  TRY(const PartitionOffsets ends, kafka_.ends(topic));
  Result<void> first;
  auto note = [&](ErrorKind kind, std::string message) {
    if (first) first = fail(kind, std::move(message));
  };
  progress_.saw_ends(now, ends);
  for (auto& [partition, position] : positions_) {
    const auto end = ends.find(partition);
    if (end == ends.end() || position > end->second) {
      note(ErrorKind::conflict,
           fmt::format("topic '{}', partition {}: henge has read to offset {}, but the partition "
                       "ends at {}; the topic was deleted and made anew, or cut",
                       topic, partition, position, end == ends.end() ? 0 : end->second));
      continue;
    }
    if (const std::int64_t start = starts.at(partition); position < start) {
      progress_.lose(partition, start - position);
      note(
          ErrorKind::conflict,
          fmt::format("topic '{}', partition {}: offsets {} to {} were deleted by retention before "
                      "henge had read them; the scan goes on at {}",
                      topic, partition, position, start - 1, start));
      position = start;
    }
    const std::int64_t room = options_.records_max - classifier_.findings().records;
    position = kafka_.read(topic, partition, position, now, room, [&](const KafkaRecord& from) {
      scan::Record record{partition, from.offset, from.timestamp_ms, std::nullopt};
      if (from.value) record.value = *from.value;
      classifier_.add(record);
    });
  }
  return first;
}

// Makes what was found durable and hands it out. What could not be written is kept for the next
// try.
Result<void> TwinScan::cut(Instant now) {
  if (!findings_) findings_ = classifier_.take();
  progress_.reached(positions_);
  const std::vector<const scan::Findings*> findings{findings_.get()};
  const bool with_floors = !floors_at_ || now >= *floors_at_ + options_.progress_interval;
  auto batch = progress_.batch(findings, positions_, now, with_floors);
  if (!batch) {
    findings_.reset();
    return {};
  }
  if (options_.before_write) {
    if (auto broken = options_.before_write()) return tl::unexpected<Error>(std::move(*broken));
  }
  TRY(batch->extents, writer_.append(findings));
  findings_.reset();
  floors_at_ = now;
  progress_.handed_out(*batch);
  awaiting_ = true;
  events_.on_batch(std::move(*batch));
  return {};
}

// Tells of a trouble when it is new.
void TwinScan::report(const Error& error, Instant) {
  if (trouble_ == error) return;
  trouble_ = error;
  events_.on_trouble(error);
}

void TwinScan::recovered() {
  if (!trouble_) return;
  trouble_.reset();
  events_.on_recovered();
}

ports::OpenTopicScan TwinScans::opener() {
  return [this](const Pipeline& pipeline, ports::TopicScanStart start,
                ports::TopicScanEvents events) -> Result<std::unique_ptr<ports::TopicScan>> {
    TRY(auto classifier, scan::Classifier::compile(pipeline));
    const scan::DeltaFolder folder{start.delta_folder, pipeline.name};
    TRY(auto writer,
        scan::DeltaWriter::open(folder, start.file_ends, options_.delta_file_bytes_max));
    return std::unique_ptr<ports::TopicScan>(
        std::make_unique<TwinScan>(kafka_, pipeline, std::move(start), std::move(events), options_,
                                   std::move(classifier), std::move(writer), *this));
  };
}

void TwinScans::poll(Instant now) {
  // A scan's events may open or close scans.
  const std::vector<TwinScan*> scans = scans_;
  for (TwinScan* one : scans) {
    if (std::ranges::find(scans_, one) != scans_.end()) one->poll(now);
  }
}

std::optional<Instant> TwinScans::next_poll_at() const {
  std::optional<Instant> first;
  for (const TwinScan* one : scans_) {
    const auto at = one->next_poll_at();
    if (at && (!first || *at < *first)) first = at;
  }
  return first;
}

}  // namespace henge::sim
