#include "ledger/chain.h"

#include <openssl/evp.h>

namespace henge::ledger {

// Fetched once: an implicit fetch on each digest takes several times the digest itself.
struct Chain::Context {
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* digest = EVP_MD_CTX_new();

  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() {
    EVP_MD_CTX_free(digest);
    EVP_MD_free(algorithm);
  }
};

namespace {

void put_integer(std::string& out, std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  for (int shift = 56; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(bits >> shift)));
  }
}

void put_text(std::string& out, std::string_view text) {
  put_integer(out, static_cast<std::int64_t>(text.size()));
  out.append(text);
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

Chain::Chain() : context_(std::make_unique<Context>()) {
  invariant(context_->algorithm != nullptr && context_->digest != nullptr, "SHA-256 is available");
}
Chain::~Chain() = default;
Chain::Chain(Chain&&) noexcept = default;
Chain& Chain::operator=(Chain&&) noexcept = default;

Hash Chain::link(const Hash& previous, const ChainedFields& fields) {
  buffer_.clear();
  buffer_.append(reinterpret_cast<const char*>(previous.data()), previous.size());
  put_integer(buffer_, fields.sequence);
  put_integer(buffer_, fields.epoch);
  put_integer(buffer_, to_ms(fields.at));
  put_text(buffer_, fields.pipeline);
  put_text(buffer_, fields.kind);
  put_text(buffer_, fields.body);
  Hash hash;
  unsigned int size = 0;
  const bool done = EVP_DigestInit_ex2(context_->digest, context_->algorithm, nullptr) == 1 &&
                    EVP_DigestUpdate(context_->digest, buffer_.data(), buffer_.size()) == 1 &&
                    EVP_DigestFinal_ex(context_->digest, hash.data(), &size) == 1 &&
                    size == hash.size();
  invariant(done, "a SHA-256 digest of bytes in memory cannot fail");
  return hash;
}

std::string to_hex(const Hash& hash) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(hash.size() * 2, '0');
  for (std::size_t i = 0; i < hash.size(); ++i) {
    text[2 * i] = digits[hash[i] >> 4];
    text[2 * i + 1] = digits[hash[i] & 15];
  }
  return text;
}

Result<Hash> parse_hash(std::string_view hex) {
  Hash hash;
  if (hex.size() != hash.size() * 2) {
    return fail(ErrorKind::invalid, fmt::format("a hash has 64 digits, this has {}", hex.size()));
  }
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const int high = digit_of(hex[2 * i]);
    const int low = digit_of(hex[2 * i + 1]);
    if (high < 0 || low < 0) {
      return fail(ErrorKind::invalid, fmt::format("no hexadecimal digits at {}", 2 * i));
    }
    hash[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return hash;
}

}  // namespace henge::ledger
