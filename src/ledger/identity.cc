#include "ledger/identity.h"

namespace henge::ledger {

Result<std::string> identity(EventStore& store) {
  std::string first;
  const auto take_one = [&first](const Record& record) -> Result<void> {
    first = record.hash;
    return fail(ErrorKind::cancelled, "the first is enough");
  };
  auto read = store.read(1, take_one);
  if (!read && first.empty()) return tl::unexpected<Error>(std::move(read).error());
  return first;
}

}  // namespace henge::ledger
