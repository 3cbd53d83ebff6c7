// Segments are listed by the million, each much like the one before: one as Druid writes it is read
// without an index of its text, several times as fast.
#pragma once

#include <string>
#include <string_view>

#include "model/segment_table.h"

namespace henge::druid {

class SegmentRowReader {
 public:
  // Reads the object at the front of `bytes`: how long it is, and what it says into `out`, valid
  // until the next call. 0 where it is cut off or a single byte is not as expected - fields in
  // another order, one that is missing or null, white space, an escaped character: the general
  // reader then decides. What is not asked for is skipped and not judged.
  std::size_t read(std::string_view bytes, ListedSegment& out);
  // Another segment comes between the last one and the next: nothing is then like the last.
  void forget();

 private:
  // What the segment before had, in plain characters, and the stretches of its text that say so: a
  // stretch of the same bytes says the same.
  struct Last {
    std::string state_bytes;
    std::int16_t replication = -1;
    bool overshadowed = false;

    std::string identity_bytes;
    std::string datasource;
    std::string interval;
    std::string version;
    bool realtime = false;

    std::string columns_bytes;
    std::string dimensions;
    std::string metrics;
    std::string shard;
  };

  bool read_row(ListedSegment& out);
  bool read_state();     // up to the number of rows
  bool read_identity();  // behind it, up to the load specification
  bool read_columns();   // behind that, up to the number of the partition
  bool read_number_of_partition(SegmentRow& row);
  bool take_interval();

  // Each takes what it names from the front of `rest_`; false: it is not there.
  bool take(std::string_view literal) {
    if (!rest_.starts_with(literal)) return false;
    rest_.remove_prefix(literal.size());
    return true;
  }
  bool take_same(const std::string& stretch) { return !stretch.empty() && take(stretch); }
  // The same by `read`, of which the bytes are kept as `stretch`.
  template <typename F>
  bool take_other(std::string& stretch, F read) {
    const std::string_view before = rest_;
    stretch.clear();
    if (!read()) return false;
    stretch.assign(before.substr(0, before.size() - rest_.size()));
    return true;
  }
  bool take_flag(bool& out);
  bool take_number(std::int64_t& out);
  bool take_number_or_null(std::int64_t& out);
  bool take_text(std::string& last);
  bool take_new_text(std::string& last);
  // Goes on to the value of this member of the object, over those before it.
  bool find(std::string_view member);
  bool skip_text();
  bool skip_value();
  // An object without others in it and without escapes.
  bool skip_flat();
  // Over the end of the braces that are open, or of the brackets at the front.
  bool skip_out_of(int depth);

  std::string_view rest_;
  Last last_;
  Interval interval_{};
};

}  // namespace henge::druid
