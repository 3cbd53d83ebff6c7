// Who writes a ledger: an advisory lock on a file beside it, held by the operating system, so that
// it is free the moment its holder dies. The file also says how far the ledger was written, which
// tells a ledger that lost its end (a removed -wal file, an old copy put back) from a whole one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ledger/chain.h"
#include "model/result.h"

namespace henge::ledger {

// The last record that was committed.
struct Head {
  std::int64_t sequence = 0;
  Hash hash = genesis;
  bool operator==(const Head&) const = default;
};

struct Writer {
  std::int64_t pid = 0;
  std::string host;
  bool operator==(const Writer&) const = default;
};

Writer this_process();

class WriterLock {
 public:
  // Errors: refused (somebody holds it: names pid and host), denied, not_found (no such folder),
  // exhausted.
  static Result<WriterLock> acquire(const std::string& path);
  WriterLock(WriterLock&& other) noexcept;
  WriterLock& operator=(WriterLock&& other) noexcept;
  ~WriterLock();

  // Called after each commit. Not synced: after a power cut the file may be behind the ledger,
  // which is allowed; it is never ahead of it. Errors: exhausted, unknown_outcome.
  Result<void> note(const Head& head);

 private:
  WriterLock(int descriptor, Writer writer) : descriptor_(descriptor), writer_(std::move(writer)) {}
  int descriptor_;
  Writer writer_;
};

// What the lock file says; nothing where it is missing, empty or unreadable as such.
std::optional<Head> noted_head(const std::string& path);
std::optional<Writer> noted_writer(const std::string& path);

}  // namespace henge::ledger
