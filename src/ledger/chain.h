// The checksum chain of the ledger: each record's hash covers the hash before it, so that no record
// can be changed, dropped or moved without every later hash telling.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "model/time.h"

namespace henge::ledger {

using Hash = std::array<std::uint8_t, 32>;

// What stands before the first record.
inline constexpr Hash genesis{};

// The part of a record that its hash covers. Views: valid only during the call.
struct ChainedFields {
  std::int64_t sequence = 0;
  std::int64_t epoch = 0;
  Instant at{};
  std::string_view pipeline;
  std::string_view kind;
  std::string_view body;
};

// Computes SHA-256 links. Keeps its OpenSSL context, because making one costs more than the hash.
class Chain {
 public:
  Chain();
  ~Chain();
  Chain(Chain&&) noexcept;
  Chain& operator=(Chain&&) noexcept;

  // Integers as 8 bytes big-endian, texts with their length before them: see docs/ledger-format.md.
  Hash link(const Hash& previous, const ChainedFields& fields);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
  std::string buffer_;
};

// 64 lower-case digits.
std::string to_hex(const Hash& hash);
// Errors: invalid.
Result<Hash> parse_hash(std::string_view hex);

}  // namespace henge::ledger
