// A consumer group without members, into which a position is committed for others to see.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "kafka/offsets.h"

namespace henge::kafka {

class Group {
 public:
  // Does not wait for the network. Errors: invalid.
  static Result<std::unique_ptr<Group>> open(const std::map<std::string, std::string>& properties,
                                             const std::string& group);
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  ~Group();

  // Blocks. Errors: unavailable, denied, not_found (no such topic), conflict (the group has members
  // that consume).
  Result<void> commit(const std::string& topic, const Offsets& offsets, Millis deadline);
  // What the group has committed; partitions without are missing. Blocks. Errors: unavailable,
  // denied.
  Result<Offsets> committed(const std::string& topic, const std::vector<std::int32_t>& partitions,
                            Millis deadline);

 private:
  struct Handles;
  explicit Group(std::unique_ptr<Handles> handles);

  std::unique_ptr<Handles> handles_;
};

}  // namespace henge::kafka
