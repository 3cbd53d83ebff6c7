#include "spec/fingerprint.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>

namespace henge::spec {

std::string fingerprint(const JsonText& json) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(json.text.data()), json.text.size(), digest.data());
  std::string hex;
  for (std::size_t i = 0; i < 8; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

}  // namespace henge::spec
