// The one way to talk HTTP as a client: kept connections, deadlines, retries of what is safe,
// redirects, gzip, basic auth, TLS. Lives on one thread, that of the coroutines that call it,
// and goes before their event loop.
#pragma once

#include <functional>
#include <memory>
#include <set>

#include "runtime/async.h"
#include "runtime/http_message.h"
#include "runtime/retry.h"
#include "runtime/stream.h"

namespace henge::runtime {

// What a repeat of a request does to the other side.
enum class Repeat {
  harmless,   // reading, or writing that ends in the same state: sent again whenever no full answer
              // came
  ambiguous,  // once it is fully written without an answer nobody knows: unknown_outcome, never
              // sent again by the client
};

struct HttpCall {
  std::string method = "GET";
  std::string url;
  std::string
      unix_path;  // set: the connection goes to this socket, the url gives Host and target only
  Headers headers;
  std::string body;
  Repeat repeat = Repeat::harmless;
  Millis deadline =
      std::chrono::seconds(30);  // of one try: name look-up, connect, TLS, request and whole answer
  RetryPolicy retry;
  std::size_t body_bytes_max = 256UL * 1024 * 1024;  // of the answer, inflated
  // Set: the body of a 2xx answer goes here block by block and not into the response; an error it
  // gives ends the call. After the first block nothing is tried again, for the receiver would see
  // bytes twice.
  std::function<Result<void>(std::string_view)> on_block;
  std::string
      failpoint_sent;  // passed when the request is fully written and its answer not yet read
};

struct HttpResponse {
  int status = 0;
  Headers headers;
  std::string body;
  std::string
      tried;  // "POST http://...: 3 tries in 12.4 s", the head of every message about this answer
};

struct HttpClientOptions {
  std::optional<TlsOptions> tls;  // nothing: https is checked against the system's certificates
  std::optional<BasicAuth> auth;  // sent to trusted hosts only
  std::set<std::string>
      trusted_hosts;  // names or addresses without port; the hosts of the configured addresses
  double calls_per_s_max = 0;  // 0: no limit; every try counts
  double calls_burst = 10;
  int connections_max = 8;  // to one origin at a time
  Millis connect_max = std::chrono::seconds(10);
  Millis idle_max =
      std::chrono::seconds(30);  // a kept connection older than this is not used again
  Random random;                 // for jitter; nothing: seeded by the machine
};

struct HttpClientStats {
  std::int64_t calls = 0;  // tries and redirect hops: requests on the wire
  std::int64_t calls_last_minute = 0;
  std::int64_t retries = 0;
  std::int64_t connections_opened = 0;
  std::int64_t bytes_received = 0;
  std::int64_t limited_ms = 0;  // time callers spent waiting for the call limit
};

class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any complete answer is a response, whatever its status, except that 429, 502, 503 and 504 are
  // tried again first (502 and 504 only where a repeat is harmless). 307 and 308 are followed with
  // method and body; credentials go to trusted hosts only, and never from https to http. Errors:
  // unavailable (surely not done, or harmless), unknown_outcome (ambiguous, written, no full answer
  // - cancelled then too), denied (certificates), invalid (address, TLS files), refused (answer
  // over a limit), cancelled.
  Async<HttpResponse> send(HttpCall call);

  [[nodiscard]] HttpClientStats stats() const;
  // Ends every call under way and refuses new ones: cancelled, or unknown_outcome.
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// What a status that is no success means: 401/403 denied, 404 not_found, 409 conflict, 429/503
// unavailable, other 4xx invalid, 5xx unavailable or, for an ambiguous call, unknown_outcome.
// `detail` is the other side's own text.
Error error_of_status(const HttpResponse& response, Repeat repeat, std::string_view detail);

}  // namespace henge::runtime
