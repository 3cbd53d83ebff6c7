// What no observation can be faster than, for `./dev bench reconcile`: the same bytes received from
// the same server into nothing, and parsed from memory by simdjson, of each segment the fields that
// an observation needs.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <simdjson.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "bench_process.h"

namespace bench {

using Monotonic = std::chrono::steady_clock;

inline double seconds_since(Monotonic::time_point begun) {
  return std::chrono::duration<double>(Monotonic::now() - begun).count();
}

inline int connect_to(const std::string& url) {
  const int port = std::atoi(url.c_str() + url.rfind(':') + 1);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    fail("can't connect to " + url);
  }
  return socket;
}

// The requests of one whole observation, in order.
inline std::vector<std::string> requests(int pipelines) {
  const auto get = [](const std::string& target) {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  const auto post = [](const std::string& target) {
    return "POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
  };
  std::vector<std::string> out = {get("/druid/indexer/v1/leader"),
                                  get("/druid/indexer/v1/supervisor?full"),
                                  get("/druid/indexer/v1/tasks?state=waiting"),
                                  get("/druid/indexer/v1/tasks?state=pending"),
                                  get("/druid/indexer/v1/tasks?state=running"),
                                  post("/druid/indexer/v1/activeLocks"),
                                  get("/druid/coordinator/v1/rules"),
                                  get("/druid/coordinator/v1/config/compaction"),
                                  post("/druid/v2/sql"),
                                  get("/druid/indexer/v1/leader")};
  constexpr int statuses = 15;
  for (int n = 0; n < std::min(statuses, pipelines); ++n) {
    out.push_back(get(fmt::format("/druid/indexer/v1/supervisor/pipeline_{:04}/status", n)));
  }
  constexpr int names_per_call = 225;
  for (int first = 0; first < pipelines; first += names_per_call) {
    std::string target = "/druid/coordinator/v1/metadata/segments?includeOvershadowedStatus";
    for (int n = first; n < std::min(first + names_per_call, pipelines); ++n) {
      target += fmt::format("&datasources=pipeline_{:04}", n);
    }
    out.push_back(get(target));
  }
  return out;
}

inline void send(int socket, const std::string& request) {
  if (::send(socket, request.data(), request.size(), 0) != static_cast<ssize_t>(request.size())) {
    fail("the server does not take a request");
  }
}

// Bytes of one chunked answer, thrown away. Its end is five known bytes.
inline std::int64_t receive_into_nothing(int socket) {
  static std::vector<char> scratch(256UL * 1024);
  std::int64_t received = 0;
  std::string tail;
  for (;;) {
    const ssize_t got = ::recv(socket, scratch.data(), scratch.size(), 0);
    if (got <= 0) fail("the server closed");
    received += got;
    const auto size = static_cast<std::size_t>(got);
    tail.append(scratch.data() + (size > 7 ? size - 7 : 0), std::min<std::size_t>(size, 7));
    if (tail.ends_with("\r\n0\r\n\r\n")) return received;
    if (tail.size() > 7) tail.erase(0, tail.size() - 7);
  }
}

// The body of one chunked answer.
inline std::string receive_body(int socket) {
  std::string bytes;
  std::vector<char> scratch(256UL * 1024);
  while (!bytes.ends_with("\r\n0\r\n\r\n")) {
    const ssize_t got = ::recv(socket, scratch.data(), scratch.size(), 0);
    if (got <= 0) fail("the server closed");
    bytes.append(scratch.data(), static_cast<std::size_t>(got));
  }
  std::string body;
  std::size_t at = bytes.find("\r\n\r\n") + 4;
  for (;;) {
    const auto size = std::strtoull(bytes.c_str() + at, nullptr, 16);
    at = bytes.find("\r\n", at) + 2;
    if (size == 0) break;
    body.append(bytes, at, size);
    at += size + 2;
  }
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  return body;
}

// The fields of each segment, and a sum of them so that they are read.
inline std::int64_t parse_segments(simdjson::ondemand::parser& parser, const std::string& body) {
  std::int64_t sum = 0;
  simdjson::ondemand::document list = parser.iterate(body.data(), body.size(), body.capacity());
  for (simdjson::ondemand::object segment : list.get_array()) {
    sum += segment["overshadowed"].get_bool() ? 1 : 0;
    sum += segment["replicationFactor"].get_int64();
    sum += segment["numRows"].get_int64();
    sum += segment["realtime"].get_bool() ? 1 : 0;
    for (const char* name : {"dataSource", "interval", "version", "dimensions", "metrics"}) {
      sum += static_cast<std::int64_t>(std::string_view(segment[name]).size());
    }
    sum += segment["shardSpec"]["partitionNum"].get_int64();
    sum += segment["size"].get_int64();
  }
  return sum;
}

// Everything else: each value is looked at. The leader is no JSON.
inline std::int64_t parse_all(simdjson::dom::parser& parser, const std::string& body) {
  if (body.starts_with("http:")) return 1;
  simdjson::dom::element document;
  if (parser.parse(body.data(), body.size(), false).get(document)) fail("no JSON");
  return document.is_array() ? static_cast<std::int64_t>(simdjson::dom::array(document).size()) : 1;
}

inline int limit(const std::string& url, int pipelines) {
  const std::vector<std::string> all = requests(pipelines);
  const int socket = connect_to(url);
  auto begun = Monotonic::now();
  std::int64_t bytes = 0;
  for (const std::string& request : all) {
    send(socket, request);
    bytes += receive_into_nothing(socket);
  }
  const double receive = seconds_since(begun);
  double parse = 0;
  std::int64_t sum = 0;
  simdjson::ondemand::parser ondemand;
  simdjson::dom::parser dom;
  for (const std::string& request : all) {
    send(socket, request);
    const std::string body = receive_body(socket);
    const bool segments = request.find("/metadata/segments") != std::string::npos;
    begun = Monotonic::now();
    sum += segments ? parse_segments(ondemand, body) : parse_all(dom, body);
    parse += seconds_since(begun);
  }
  ::close(socket);
  fmt::print(R"({{"seconds":{:.4f},"receive_s":{:.4f},"parse_s":{:.4f},"bytes":{},"sum":{}}})"
             "\n",
             receive + parse, receive, parse, bytes, sum);
  return 0;
}

}  // namespace bench
