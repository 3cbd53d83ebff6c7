// URLs and addresses to listen at, as far as the configuration needs to understand them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/result.h"

namespace henge::spec {

struct Url {
  std::string scheme;      // http or https
  std::string host;        // without the brackets of an IPv6 address
  std::uint16_t port = 0;  // the scheme's own if the URL names none
  std::string path;        // empty or with a leading /
  bool operator==(const Url&) const = default;
};

// Errors: invalid - not http(s)://host[:port][/path], or with user, query or fragment.
Result<Url> parse_url(std::string_view text);

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
};

// 127.0.0.1:8080, [::1]:0, 0.0.0.0:80. Errors: invalid.
Result<Endpoint> parse_endpoint(std::string_view text);

// Of s3://BUCKET or s3://BUCKET/PREFIX; not checked, and empty where there is none.
std::string_view s3_bucket(std::string_view place);

bool is_loopback(std::string_view host);
// 0.0.0.0 and ::, which listen everywhere and can be reached nowhere.
bool is_unspecified(std::string_view host);

}  // namespace henge::spec
