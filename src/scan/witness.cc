#include "scan/witness.h"

#include "scan/delta_layout.h"

namespace henge::scan {

Witness witness_of(const Record& record) {
  return {record.offset, instant_of_ms(record.arrival_ms),
          checksum_of(record.value.value_or(std::string_view()))};
}

}  // namespace henge::scan
