#include "spec/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace henge::spec {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc() && end == text.data() + text.size() && !text.empty();
  return whole ? std::optional(port) : std::nullopt;
}

bool is_host(std::string_view host, bool bracketed) {
  auto fits = [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_' ||
           (bracketed && (c == ':' || c == '%'));
  };
  return !host.empty() && std::ranges::all_of(host, fits);
}

struct Authority {
  std::string host;
  std::optional<std::string> port;
};

// host, host:port, [v6]:port
std::optional<Authority> split(std::string_view text) {
  Authority authority;
  const bool bracketed = text.starts_with('[');
  std::size_t end = bracketed ? text.find(']') : text.find(':');
  if (bracketed && end == std::string_view::npos) return std::nullopt;
  authority.host = text.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end);
  if (!is_host(authority.host, bracketed)) return std::nullopt;
  std::string_view rest =
      end == std::string_view::npos ? std::string_view() : text.substr(bracketed ? end + 1 : end);
  if (rest.empty()) return authority;
  if (rest[0] != ':') return std::nullopt;
  authority.port = std::string(rest.substr(1));
  return authority;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  auto bad = [&] {
    return fail(ErrorKind::invalid,
                fmt::format("'{}' is not a URL such as http://druid:8888", text));
  };
  const std::size_t colon = text.find("://");
  Url url;
  url.scheme = text.substr(0, colon);
  if (colon == std::string_view::npos || (url.scheme != "http" && url.scheme != "https"))
    return bad();
  std::string_view rest = text.substr(colon + 3);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  url.path = rest.substr(slash);
  if (url.path.find_first_of("?# ") != std::string::npos) return bad();
  while (url.path.ends_with('/')) url.path.pop_back();
  auto authority = split(rest.substr(0, slash));
  if (!authority) return bad();
  url.host = authority->host;
  url.port = url.scheme == "https" ? 443 : 80;
  if (!authority->port) return url;
  auto port = parse_port(*authority->port);
  if (!port || *port == 0) return bad();
  url.port = *port;
  return url;
}

std::string_view s3_bucket(std::string_view place) {
  constexpr std::string_view scheme = "s3://";
  if (!place.starts_with(scheme)) return {};
  place.remove_prefix(scheme.size());
  return place.substr(0, place.find('/'));
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  auto authority = split(text);
  auto port = authority && authority->port ? parse_port(*authority->port) : std::nullopt;
  if (!port)
    return fail(ErrorKind::invalid,
                fmt::format("'{}' is not an address and port such as 127.0.0.1:8090", text));
  return Endpoint{authority->host, *port};
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

bool is_unspecified(std::string_view host) {
  return host == "0.0.0.0" || host == "::";
}

}  // namespace henge::spec
