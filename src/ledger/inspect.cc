#include "ledger/inspect.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/migrations.h"

namespace henge::ledger {

namespace {

void read_row(const Statement& row, Record& out) {
  out.sequence = row.integer(0);
  out.epoch = row.integer(1);
  out.at = instant_of_ms(row.integer(2));
  out.pipeline.assign(row.text(3));
  out.kind.assign(row.text(4));
  out.body.assign(row.text(5));
}

ChainedFields fields_of(const Record& record) {
  return {.sequence = record.sequence,
          .epoch = record.epoch,
          .at = record.at,
          .pipeline = record.pipeline,
          .kind = record.kind,
          .body = record.body};
}

Result<Hash> hash_in(const Statement& row, int column) {
  const std::span<const std::uint8_t> blob = row.blob(column);
  Hash hash;
  if (blob.size() != hash.size()) return fail(ErrorKind::corrupt, "its hash has a wrong length");
  std::ranges::copy(blob, hash.begin());
  return hash;
}

// The lock file is written after each commit, so the ledger can be ahead of it, never behind.
std::optional<Fault> missing_end(Database& database, const std::optional<Head>& noted,
                                 const Head& last) {
  if (!noted || noted->sequence == 0) return std::nullopt;
  if (noted->sequence > last.sequence) {
    return Fault{
        .sequence = last.sequence + 1,
        .message = fmt::format(
            "the ledger ends at record {}, but record {} had been written: its end is lost "
            "(a missing -wal file, or an old copy put back)",
            last.sequence, noted->sequence)};
  }
  const Result<std::string> stored = database.text_of(
      fmt::format("SELECT lower(hex(hash)) FROM record WHERE sequence = {}", noted->sequence));
  if (stored && *stored == to_hex(noted->hash)) return std::nullopt;
  return Fault{.sequence = noted->sequence,
               .message = fmt::format("record {} is not the one that was written under this number",
                                      noted->sequence)};
}

// Nothing where all references hold.
Result<std::optional<Fault>> dangling_reference(Database& database) {
  TRY(Statement row, database.prepare("PRAGMA foreign_key_check"));
  TRY(const bool found, row.step());
  if (!found) return std::nullopt;
  const std::int64_t sequence = row.text(0) == "record" ? row.integer(1) : 0;
  return Fault{.sequence = sequence,
               .message = fmt::format("row {} of table {} refers to a {} that is not there",
                                      row.integer(1), row.text(0), row.text(2))};
}

}  // namespace

Result<Head> last_in(Database& database) {
  TRY(Statement row,
      database.prepare("SELECT sequence, hash FROM record ORDER BY sequence DESC LIMIT 1"));
  TRY(const bool found, row.step());
  if (!found) return Head{};
  TRY(const Hash hash, hash_in(row, 1));
  return Head{.sequence = row.integer(0), .hash = hash};
}

Result<void> walk(Database& database, Chain& chain, Head& head, const Visit& visit) {
  TRY(Statement row, database.prepare("SELECT sequence, epoch, at_ms, pipeline, kind, body, hash "
                                      "FROM record WHERE sequence > ? ORDER BY sequence"));
  row.bind(1, head.sequence);
  Record record;  // one for all: its texts keep their room
  while (true) {
    Result<bool> more = row.step();
    if (!more) {
      return tl::unexpected<Error>(
          std::move(more).error().within(fmt::format("read the record after {}", head.sequence)));
    }
    if (!*more) return {};
    read_row(row, record);
    if (record.sequence != head.sequence + 1) {
      return fail(ErrorKind::corrupt, fmt::format("record {} is missing", head.sequence + 1));
    }
    const Hash hash = chain.link(head.hash, fields_of(record));
    const Result<Hash> stored = hash_in(row, 6);
    if (!stored || *stored != hash) {
      return fail(ErrorKind::corrupt,
                  fmt::format("record {} is not what was written: its checksum does not match",
                              record.sequence));
    }
    record.hash = to_hex(hash);
    TRY_VOID(visit(record));
    head = {.sequence = record.sequence, .hash = hash};
  }
}

Result<Head> head_at(Database& database, std::int64_t sequence) {
  if (sequence <= 0) return Head{};
  TRY(Statement row, database.prepare("SELECT hash FROM record WHERE sequence = ?"));
  row.bind(1, sequence);
  TRY(const bool found, row.step());
  if (!found) {
    TRY(const Head last, last_in(database));
    return fail(sequence > last.sequence ? ErrorKind::not_found : ErrorKind::corrupt,
                fmt::format("record {} is missing", sequence));
  }
  TRY(const Hash hash, hash_in(row, 0));
  return Head{.sequence = sequence, .hash = hash};
}

Result<int> probe(Database& database, const std::optional<Head>& noted, Depth depth,
                  const Visit& visit) {
  TRY(const int version, version_of(database));
  if (version == 0) {
    if (noted && noted->sequence > 0) {
      return fail(
          ErrorKind::corrupt,
          fmt::format("the file is empty, but {} records had been written", noted->sequence));
    }
    return 0;
  }
  TRY(const Head last, last_in(database));
  if (const auto fault = missing_end(database, noted, last)) {
    return fail(ErrorKind::corrupt, fault->message);
  }
  TRY(const auto dangling, dangling_reference(database));
  if (dangling) return fail(ErrorKind::corrupt, dangling->message);
  Head before;
  if (depth == Depth::last_link) {
    TRY(before, head_at(database, last.sequence - 1));
  }
  Chain chain;
  TRY_VOID(walk(database, chain, before, visit));
  return version;
}

namespace {

// SQLite's own words about pages and cells, one fault a line.
Result<void> check_file(Database& database, std::vector<Fault>& faults) {
  TRY(Statement row, database.prepare("PRAGMA integrity_check(10)"));
  while (true) {
    TRY(const bool more, row.step());
    if (!more) return {};
    if (row.text(0) == "ok") continue;
    faults.push_back({.sequence = 0, .message = std::string(row.text(0))});
  }
}

// Damage found by the check is its answer; what kept it from running is an error.
Result<void> collect(Result<void> checked, std::int64_t sequence, std::vector<Fault>& faults) {
  if (checked) return {};
  if (checked.error().kind != ErrorKind::corrupt) return checked;
  faults.push_back({.sequence = sequence, .message = checked.error().message});
  return {};
}

}  // namespace

Result<Verification> inspect(Database& database, Chain& chain, const std::optional<Head>& noted) {
  Verification found;
  const Visit count = [&found](const Record&) {
    ++found.records;
    return Result<void>();
  };
  Result<void> walked = walk(database, chain, found.last, count);
  TRY_VOID(collect(std::move(walked), found.last.sequence + 1, found.faults));
  if (found.faults.empty()) {
    if (auto fault = missing_end(database, noted, found.last)) found.faults.push_back(*fault);
  }
  const Result<std::optional<Fault>> dangling = dangling_reference(database);
  if (dangling && *dangling) found.faults.push_back(**dangling);
  if (!dangling) {
    TRY_VOID(collect(tl::unexpected<Error>(dangling.error()), 0, found.faults));
  }
  TRY_VOID(collect(check_file(database, found.faults), 0, found.faults));
  return found;
}

}  // namespace henge::ledger
