// What HTTP carries, as plain values; and the texts around it: addresses, header look-up, basic
// credentials.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/result.h"

namespace henge::runtime {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The first header of that name, in any case.
std::optional<std::string_view> find_header(const Headers& headers, std::string_view name);

struct Url {
  std::string scheme = "http";  // http or https
  std::string host;             // without the brackets of an IPv6 address
  std::uint16_t port = 80;
  std::string target = "/";  // path and query, as they go on the wire
  bool operator==(const Url&) const = default;
};

// Absolute http and https addresses; credentials inside an address are refused. Errors: invalid.
Result<Url> parse_url(std::string_view text);
// What the Location header of an answer from `base` points to. Errors: invalid.
Result<Url> resolve_location(const Url& base, std::string_view location);
// scheme://host:port
std::string to_origin(const Url& url);
std::string to_text(const Url& url);

// One path segment or query value: everything but unreserved characters becomes %XX.
std::string percent_encode(std::string_view text);

struct BasicAuth {
  std::string user;
  std::string password;
};
// The value of an Authorization header.
std::string to_header(const BasicAuth& auth);

// "Service Unavailable"; empty for numbers without a name.
std::string_view reason_of(int status);

}  // namespace henge::runtime
