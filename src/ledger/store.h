// The event store: opaque records in one append-only, checksummed SQLite file. What a record means
// is the business of the layer above. The format is in docs/ledger-format.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ledger/writer_lock.h"
#include "model/time.h"

namespace henge::ledger {

struct NewRecord {
  Instant at{};
  std::string pipeline;
  std::string kind;
  std::string body;  // JSON text
  bool operator==(const NewRecord&) const = default;
};

struct Record {
  std::int64_t sequence = 0;  // 1, 2, 3 ... without gaps
  std::int64_t epoch = 0;     // which opening of the ledger for writing appended it
  Instant at{};
  std::string pipeline;
  std::string kind;
  std::string body;
  std::string hash;  // 64 hexadecimal digits; covers this record and, by the chain, all before it
  bool operator==(const Record&) const = default;
};

enum class Mode {
  write,  // makes the file if there is none, migrates an older one; one at a time
  read,   // any number, also beside a writer; never changes the file
};

struct Fault {
  std::int64_t sequence = 0;  // the first bad record; 0 where the fault is the file's as a whole
  std::string message;
  bool operator==(const Fault&) const = default;
};

struct Verification {
  std::int64_t records = 0;  // good ones, from the first on
  Head last;                 // the last good one
  std::vector<Fault> faults;
};

// Called with each record in order; an error stops the reading and becomes its result.
using Visit = std::function<Result<void>(const Record&)>;

// The port to where events are kept: small, and the same laws for every implementation (store_test
// tries them). Every write is conditional on what the writer has read: on the last sequence, and on
// no other writer having opened the store since. Used by one thread at a time.
class EventStore {
 public:
  virtual ~EventStore() = default;

  // Appends all or nothing, durable when it returns, and gives the new last sequence. An empty list
  // changes nothing. Errors: conflict (the last sequence is another one, or another writer has
  // opened the ledger since), exhausted (no room: nothing was written, try again when there is),
  // unavailable, unknown_outcome (the disk failed: open again to see; appends are refused till
  // then), refused (opened for reading).
  virtual Result<std::int64_t> append(const std::vector<NewRecord>& records,
                                      std::int64_t expected_last_sequence) = 0;

  // Streams the records from sequence `from` (at least 1) on, in order, from one consistent view,
  // and checks the chain on the way. Errors: corrupt (names the record), those of `visit`.
  virtual Result<void> read(std::int64_t from, const Visit& visit) = 0;

  // The last record's sequence and hash, 0 and genesis for an empty ledger.
  virtual Result<Head> last() = 0;

  // Walks everything: the store's own check of itself, references, the chain, the noted end.
  // Damage is a fault in the answer. Errors: only when the check itself could not run.
  virtual Result<Verification> verify() = 0;
};

// One SQLite file. Every message names its path.
class Store final : public EventStore {
 public:
  // The folder must exist. Errors: refused (another writer: its pid and host), invalid (not a
  // ledger, or a newer format: both versions), corrupt (damaged, or its end is missing: says what;
  // nothing was touched), not_found (mode read and no file; no such folder), denied, exhausted.
  static Result<Store> open(const std::string& path, Mode mode);
  // The same, and every record goes to `replay` as in read(1, replay): an opening for writing reads
  // them all anyway. Errors: also those of `replay`; nothing was changed then.
  static Result<Store> open(const std::string& path, Mode mode, const Visit& replay);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store() override;

  Result<std::int64_t> append(const std::vector<NewRecord>& records,
                              std::int64_t expected_last_sequence) override;
  Result<void> read(std::int64_t from, const Visit& visit) override;
  Result<Head> last() override;
  Result<Verification> verify() override;

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace henge::ledger
