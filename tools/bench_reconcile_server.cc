// A large Druid over loopback for `./dev bench reconcile`: answers like the real one's, of the same
// sizes, made before the first request and sent from memory, so that what is measured is the
// client. Usage: henge-bench-reconcile-server PIPELINES TASKS SEGMENTS RECORDED. Prints its port,
// serves until its stdin ends. POST /bench/change/N adds a segment to pipeline N, GET /bench/calls
// is the number of Druid's requests so far. RECORDED is a folder with recorded answers: of its one
// supervisor all that henge does not set is taken.
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench_reconcile_pipeline.h"
#include "spec/parse.h"
#include "spec/render_supervisor.h"

namespace {

using namespace henge;

using nlohmann::json;

// What a client may find in Druid's Jetty: chunks of this size.
constexpr std::size_t chunk_bytes = 32UL * 1024;

struct Sizes {
  int pipelines = 0;
  int tasks = 0;
  int segments = 0;
};

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// Segments of one datasource, joined by commas, and what they add up to.
struct Datasource {
  std::string listed;
  std::int64_t published = 0;
  std::int64_t size_bytes = 0;
  std::int64_t rows = 0;
  std::int64_t version_digits = 0;

  void add(const std::string& name, int number);
};

void Datasource::add(const std::string& name, int number) {
  const int partition = number % bench::partitions_per_chunk;
  const Interval chunk = bench::chunk_of(number);
  const std::string interval = to_iso(chunk);
  const std::string flat = replaced(interval, "/", "_");
  const std::string version = bench::version_of(chunk);
  const std::int64_t bytes = 48'000'000 + number * 131 % 9'000'000;
  const std::int64_t count = 700'000 + number * 17 % 90'000;
  if (!listed.empty()) listed += ',';
  listed += fmt::format(
      R"({{"overshadowed":false,"replicationFactor":2,"numRows":{rows},"realtime":false,)"
      R"("dataSource":"{name}","interval":"{interval}","version":"{version}",)"
      R"("loadSpec":{{"type":"s3_zip","bucket":"company-druid-deep-storage",)"
      R"("key":"druid/segments/{name}/{flat}/{version}/{partition}/index.zip","S3Schema":"s3n"}},)"
      R"("dimensions":"country,city,device,browser,language,page,referrer,campaign,user",)"
      R"("metrics":"count,bytes_sum,latency_ms_sum","shardSpec":{{"type":"numbered",)"
      R"("partitionNum":{partition},"partitions":0}},"binaryVersion":9,"size":{bytes},)"
      R"("identifier":"{name}_{flat}_{version}{suffix}"}})",
      fmt::arg("rows", count), fmt::arg("name", name), fmt::arg("interval", interval),
      fmt::arg("version", version), fmt::arg("flat", flat), fmt::arg("partition", partition),
      fmt::arg("bytes", bytes),
      fmt::arg("suffix", partition == 0 ? std::string() : fmt::format("_{}", partition)));
  ++published;
  size_bytes += bytes;
  rows += count;
  std::string digits;
  for (const char c : version) {
    if (c >= '0' && c <= '9') digits += c;
  }
  version_digits = std::max<std::int64_t>(version_digits, std::atoll(digits.c_str()));
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Of two values for one thing, `over` counts.
void lay_over(json& under, const json& over) {
  if (!under.is_object() || !over.is_object()) {
    under = over;
    return;
  }
  for (const auto& [key, value] : over.items()) lay_over(under[key], value);
}

class World {
 public:
  World(Sizes sizes, const std::string& recorded);

  void change(int pipeline);
  // The body in pieces: the lists of the datasources that are asked for. Not to be sent while they
  // change.
  [[nodiscard]] std::vector<std::string_view> segments(std::string_view query) const;
  [[nodiscard]] std::string digests() const;

  std::string supervisors;
  std::string status;
  std::string tasks;
  std::string locks;
  std::string rules;
  std::string compaction;

 private:
  void make_supervisors(const std::string& recorded);
  void make_tasks();
  void make_settings();

  Sizes sizes_;
  mutable std::mutex mutex_;
  std::map<std::string, Datasource, std::less<>> datasources_;
};

World::World(Sizes sizes, const std::string& recorded) : sizes_(sizes) {
  for (int pipeline = 0; pipeline < sizes.pipelines; ++pipeline) {
    const std::string name = bench::name_of(pipeline);
    Datasource& made = datasources_[name];
    const int count = bench::segments_of(pipeline, sizes.pipelines, sizes.segments);
    for (int number = 0; number < count; ++number) made.add(name, number);
  }
  make_supervisors(read_file(recorded + "/supervisors.json"));
  status = read_file(recorded + "/supervisor_status_running.json");
  make_tasks();
  make_settings();
}

// What henge posted, with Druid's defaults beside it, printed as Druid prints it: its parts twice.
json supervisor_of(int pipeline, const json& recorded) {
  const auto file = spec::parse_pipelines("bench", bench::document_of(pipeline));
  const auto posted = spec::render_supervisor(file.pipelines.at(0).pipeline);
  json out = recorded;
  out["id"] = bench::name_of(pipeline);
  json& live = out["spec"];
  lay_over(live, json::parse(posted->text));
  for (const auto& [part, value] : live["spec"].items()) live[part] = value;
  return out;
}

void World::make_supervisors(const std::string& recorded) {
  const json one = json::parse(recorded).at(0);
  supervisors = "[";
  for (int pipeline = 0; pipeline < sizes_.pipelines; ++pipeline) {
    if (pipeline > 0) supervisors += ',';
    supervisors += supervisor_of(pipeline, one).dump();
  }
  supervisors += ']';
}

void World::make_tasks() {
  tasks = "[";
  std::map<std::string, std::string> by_datasource;
  for (int task = 0; task < sizes_.tasks; ++task) {
    const std::string name = bench::name_of(task % sizes_.pipelines);
    const std::string id = fmt::format("index_kafka_{}_086e11b3a{:06x}_dafjjmld", name, task);
    tasks += fmt::format(
        R"({}{{"id":"{}","groupId":"index_kafka_{}","type":"index_kafka",)"
        R"("createdTime":"2026-11-23T03:57:36.669Z",)"
        R"("queueInsertionTime":"1970-01-01T00:00:00.000Z",)"
        R"("statusCode":"RUNNING","status":"RUNNING","runnerStatusCode":"RUNNING","duration":-1,)"
        R"("location":{{"host":"worker-{}","port":8100,"tlsPort":-1}},"dataSource":"{}",)"
        R"("errorMsg":null}})",
        task == 0 ? "" : ",", id, name, task % 200, name);
    std::string& own = by_datasource[name];
    own += fmt::format(
        R"({}{{"granularity":"timeChunk","type":"APPEND","groupId":"index_kafka_{}",)"
        R"("dataSource":"{}","interval":"{}","version":"1970-01-01T00:00:00.000Z","priority":75,)"
        R"("revoked":false}})",
        own.empty() ? "" : ",", name, name, to_iso(bench::chunk_of(0)));
  }
  tasks += ']';
  locks = R"({"datasourceToLocks":{)";
  for (const auto& [name, own] : by_datasource) {
    locks += fmt::format(R"({}"{}":[{}])", locks.ends_with('{') ? "" : ",", name, own);
  }
  locks += "}}";
}

void World::make_settings() {
  rules = R"({"_default":[{"tieredReplicants":{"_default_tier":2},"useDefaultTierForNull":true,)"
          R"("type":"loadForever"}])";
  compaction = R"({"compactionConfigs":[)";
  for (int pipeline = 0; pipeline < sizes_.pipelines; ++pipeline) {
    rules += fmt::format(
        R"(,"{}":[{{"period":"P1Y","includeFuture":true,"tieredReplicants":{{"_default_tier":2}},)"
        R"("useDefaultTierForNull":true,"type":"loadByPeriod"}},{{"type":"dropForever"}}])",
        bench::name_of(pipeline));
    compaction += fmt::format(
        R"({}{{"type":"inline","dataSource":"{}","taskPriority":25,)"
        R"("inputSegmentSizeBytes":100000000000000,"maxRowsPerSegment":null,)"
        R"("skipOffsetFromLatest":"P30D","tuningConfig":null,"granularitySpec":null,)"
        R"("dimensionsSpec":null,"metricsSpec":null,"transformSpec":null,"projections":null,)"
        R"("ioConfig":null,"engine":null,"taskContext":null}})",
        pipeline == 0 ? "" : ",", bench::name_of(pipeline));
  }
  rules += '}';
  compaction += R"(],"compactionTaskSlotRatio":0.1,"maxCompactionTaskSlots":2147483647,)"
                R"("compactionPolicy":{"type":"newestSegmentFirst","priorityDatasource":null},)"
                R"("useSupervisors":false,"engine":"native"})";
}

void World::change(int pipeline) {
  const std::lock_guard lock(mutex_);
  const std::string name = bench::name_of(pipeline % sizes_.pipelines);
  Datasource& changed = datasources_[name];
  changed.add(name, static_cast<int>(changed.published));
}

std::vector<std::string_view> World::segments(std::string_view query) const {
  constexpr std::string_view key = "datasources=";
  const std::lock_guard lock(mutex_);
  std::vector<std::string_view> pieces = {"["};
  for (std::size_t at = 0; (at = query.find(key, at)) != std::string_view::npos;) {
    at += key.size();
    const auto found =
        datasources_.find(query.substr(at, std::min(query.find('&', at), query.size()) - at));
    if (found == datasources_.end()) continue;
    if (pieces.size() > 1) pieces.emplace_back(",");
    pieces.emplace_back(found->second.listed);
  }
  pieces.emplace_back("]");
  return pieces;
}

std::string World::digests() const {
  const std::lock_guard lock(mutex_);
  std::string out = "[";
  for (const auto& [name, own] : datasources_) {
    out += fmt::format(
        R"({}{{"datasource":"{}","published":{},"overshadowed":0,"unavailable":0,"realtime":5,)"
        R"("size_bytes":{},"row_count":{},"version_digits":{}}})",
        out == "[" ? "" : ",", name, own.published, own.size_bytes, own.rows, own.version_digits);
  }
  return out + "]";
}

bool send_all(int socket, std::vector<iovec>& parts) {
  std::size_t first = 0;
  while (first < parts.size()) {
    const auto count = std::min<std::size_t>(parts.size() - first, 64);
    ssize_t sent = ::writev(socket, parts.data() + first, static_cast<int>(count));
    if (sent < 0) return false;
    while (first < parts.size() && static_cast<std::size_t>(sent) >= parts[first].iov_len) {
      sent -= static_cast<ssize_t>(parts[first++].iov_len);
    }
    if (sent > 0) {
      parts[first].iov_base = static_cast<char*>(parts[first].iov_base) + sent;
      parts[first].iov_len -= static_cast<std::size_t>(sent);
    }
  }
  parts.clear();
  return true;
}

// In chunks, as Druid sends what it does not know the length of, several of them a call.
bool send_chunked(int socket, const std::vector<std::string_view>& pieces) {
  constexpr std::size_t chunks_per_send = 8;
  static const std::string full = fmt::format("{:x}\r\n", chunk_bytes);
  std::string head =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  std::size_t left = 0;
  for (const std::string_view piece : pieces) left += piece.size();
  std::vector<iovec> parts;
  const auto add = [&parts](std::string_view text) {
    parts.push_back({const_cast<char*>(text.data()), text.size()});
  };
  add(head);
  std::string last;
  std::size_t chunks = 0;
  std::size_t room = 0;
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      if (room == 0) {
        room = std::min(left, chunk_bytes);
        if (room < chunk_bytes) last = fmt::format("{:x}\r\n", room);
        add(room == chunk_bytes ? full : last);
      }
      const std::string_view some = piece.substr(0, room);
      add(some);
      piece.remove_prefix(some.size());
      room -= some.size();
      left -= some.size();
      if (room > 0) continue;
      add("\r\n");
      if (++chunks % chunks_per_send == 0 && !send_all(socket, parts)) return false;
    }
  }
  add("0\r\n\r\n");
  return send_all(socket, parts);
}

struct Request {
  std::string target;
  bool ended = false;
};

// One request with its body, which is not looked at.
Request read_request(int socket, std::string& buffer) {
  const auto more = [&] {
    char block[16'384];
    const ssize_t got = ::recv(socket, block, sizeof(block), 0);
    if (got > 0) buffer.append(block, static_cast<std::size_t>(got));
    return got > 0;
  };
  std::size_t head = 0;
  while ((head = buffer.find("\r\n\r\n")) == std::string::npos) {
    if (!more()) return {.target = {}, .ended = true};
  }
  Request request;
  const std::size_t space = buffer.find(' ');
  request.target = buffer.substr(space + 1, buffer.find(' ', space + 1) - space - 1);
  constexpr std::string_view key = "content-length:";
  const auto at = std::search(
      buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(head), key.begin(), key.end(),
      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
  std::size_t body = 0;
  const auto offset = static_cast<std::size_t>(at - buffer.begin());
  if (offset < head)
    body = static_cast<std::size_t>(std::atoll(buffer.c_str() + offset + key.size()));
  while (buffer.size() < head + 4 + body) {
    if (!more()) return {.target = {}, .ended = true};
  }
  buffer.erase(0, head + 4 + body);
  return request;
}

std::string_view body_of(const World& world, std::string_view target) {
  struct Answer {
    std::string_view path;
    std::string_view body;
  };
  if (target.ends_with("/status") && target.starts_with("/druid/indexer/v1/supervisor/")) {
    return world.status;
  }
  const std::array<Answer, 8> answers = {
      {{"/druid/indexer/v1/supervisor?full", world.supervisors},
       {"/druid/indexer/v1/tasks?state=running", world.tasks},
       {"/druid/indexer/v1/tasks?", "[]"},
       {"/druid/indexer/v1/activeLocks", world.locks},
       {"/druid/indexer/v1/leader", "http://overlord:8090"},
       {"/druid/coordinator/v1/rules", world.rules},
       {"/druid/coordinator/v1/config/compaction", world.compaction},
       {"/status", R"({"version":"33.0.0"})"}}};
  for (const Answer& answer : answers) {
    if (target.starts_with(answer.path)) return answer.body;
  }
  return {};
}

void serve(World& world, int socket) {
  constexpr std::string_view change = "/bench/change/";
  static std::atomic<std::int64_t> calls = 0;
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  std::string buffer;
  for (bool open = true; open;) {
    const Request request = read_request(socket, buffer);
    if (request.ended) break;
    if (!request.target.starts_with("/bench/")) ++calls;
    if (request.target == "/bench/calls") {
      open = send_chunked(socket, {std::to_string(calls)});
    } else if (request.target.starts_with(change)) {
      world.change(std::atoi(request.target.c_str() + change.size()));
      open = send_chunked(socket, {"{}"});
    } else if (request.target.find("/metadata/segments?") != std::string::npos) {
      open = send_chunked(socket, world.segments(request.target));
    } else if (request.target.starts_with("/druid/v2/sql")) {
      const std::string digests = world.digests();
      open = send_chunked(socket, {digests});
    } else if (const auto body = body_of(world, request.target); !body.empty()) {
      open = send_chunked(socket, {body});
    } else {
      constexpr std::string_view unknown =
          "HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nunknown";
      std::vector<iovec> parts = {{const_cast<char*>(unknown.data()), unknown.size()}};
      open = send_all(socket, parts);
    }
  }
  ::close(socket);
}

int listen_on_loopback(std::uint16_t& port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (listener < 0 || ::bind(listener, any, size) != 0 || ::listen(listener, 64) != 0 ||
      ::getsockname(listener, any, &size) != 0) {
    return -1;
  }
  port = ntohs(address.sin_port);
  return listener;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: {} PIPELINES TASKS SEGMENTS RECORDED\n", argv[0]);
    return 1;
  }
  // Requests under way end with the process.
  auto* const world =
      new World({std::atoi(argv[1]), std::atoi(argv[2]), std::atoi(argv[3])}, argv[4]);
  std::uint16_t port = 0;
  const int listener = listen_on_loopback(port);
  if (listener < 0) {
    fmt::print(stderr, "can't listen on loopback\n");
    return 1;
  }
  fmt::print("{}\n", port);
  std::fflush(stdout);
  std::thread([&] {
    for (int socket = 0; (socket = ::accept(listener, nullptr, nullptr)) >= 0;) {
      std::thread([world, socket] { serve(*world, socket); }).detach();
    }
  }).detach();
  char ignored[64];
  while (::read(STDIN_FILENO, ignored, sizeof(ignored)) > 0) {
  }
  std::_Exit(0);
}
