// Where a column's value is found in a JSON row: at the root, or along a path that a flattenSpec
// names.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/json_path.h"
#include "model/pipeline.h"
#include "model/result.h"
#include "scan/field.h"
#include "scan/json_text.h"

namespace henge::scan {

// The columns that are asked for, as far as possible by one pass over the row.
class JsonColumns {
 public:
  // Errors: invalid - a flattenSpec that henge does not evaluate exactly, for one of these columns.
  static Result<JsonColumns> compile(const InputFormat& format,
                                     const std::vector<std::string>& columns);

  // Keys of the root object that JsonReader has to keep.
  [[nodiscard]] const std::vector<std::string>& keys() const { return keys_; }
  // The value of a column of the row in `row`, whose root values are in `slots`. It is one of those
  // or is put into `found`: reading a value that was just written costs more than anything else
  // here where it is copied.
  [[nodiscard]] const JsonValue& value(std::size_t column, std::span<const JsonValue> slots,
                                       std::string_view row, JsonValue& found) const {
    const Source& source = sources_[column];
    if (source.is_plain) return slots[source.key];
    return found = follow_path(source, slots, row);
  }

 private:
  struct Source {
    bool is_plain = true;  // a member of the root object, with no way to go from there
    std::size_t key = 0;   // of the root object's member
    std::vector<PathStep> rest;
    bool starts_with_index = false;  // of a root array
  };

  [[nodiscard]] static JsonValue follow_path(const Source& source, std::span<const JsonValue> slots,
                                             std::string_view row);
  std::size_t key_of(const std::string& name);

  std::vector<std::string> keys_;
  std::vector<Source> sources_;
};

// The field that Druid's flattener makes of a value.
Field to_field(const JsonValue& value);

}  // namespace henge::scan
