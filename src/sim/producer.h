// Producers, and what they have produced: the truth that everything is measured by.
#pragma once

#include <deque>
#include <map>
#include <unordered_map>

#include "sim/kafka_twin.h"
#include "sim/row_identity.h"
#include "sim/scenario.h"
#include "sim/virtual_time.h"

namespace henge::sim {

// Of a row that came by a load.
inline constexpr std::int32_t no_partition = -1;

struct Produced {
  RowId id = 0;
  std::int64_t number = 0;  // no two rows of a pipeline and of one kind have the same
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  Instant event{};
  Instant arrival{};
  Door door = Door::on_time;
};

// The row as it stands in a record or in a file.
std::string row_text(const Pipeline& pipeline, const Produced& row);

// All rows of one pipeline that Druid has to hold in the end.
struct Truth {
  std::map<Instant, std::vector<Produced>> by_chunk;
  std::unordered_map<RowId, Produced> by_id;  // looked up only
  std::int64_t rows = 0;
  std::int64_t late = 0;
  // Records were lost on Kafka's side: not all of it can be settled any more.
  bool spoilt = false;
};

class Producers {
 public:
  Producers(VirtualTime& time, KafkaTwin& kafka, const Scenario& scenario, const Random& random);

  // Makes the topics and lets the records come, until the scenario's end of them.
  void start();
  // A partition more, from the next append on.
  void add_partition(std::size_t subject);
  // Records are deleted that not everybody has read.
  void lose(std::size_t subject) { truths_[subject].spoilt = true; }
  // The topic begins again; readers stand where they stood.
  void make_anew(std::size_t subject);
  // Rows of a load: Druid may hold them once somebody asks for it, and must when it is counted.
  void may_load(std::size_t subject, const std::vector<Produced>& rows);
  void loaded(std::size_t subject, const std::vector<Produced>& rows);
  [[nodiscard]] const Truth& truth(std::size_t subject) const { return truths_[subject]; }
  [[nodiscard]] std::int64_t records() const { return records_; }

 private:
  struct Source {
    std::size_t subject = 0;
    std::int32_t partition = 0;
    Random random;
    Instant idle_until{};
  };

  void add_source(std::size_t subject, std::int32_t partition);
  void schedule(std::size_t source);
  void produce(Source& source);
  void append(Source& source);
  [[nodiscard]] Instant arrival_of(Source& source) const;
  void append_row(Source& source, Instant event, Instant arrival);
  void replay(Source& source);

  VirtualTime& time_;
  KafkaTwin& kafka_;
  const Scenario& scenario_;
  Random random_;
  std::deque<Source> sources_;
  std::vector<int> partitions_;  // of each subject
  std::vector<Truth> truths_;
  std::int64_t records_ = 0;
};

}  // namespace henge::sim
