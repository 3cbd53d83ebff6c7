#include "runtime/http_client.h"

#include <charconv>

#include "runtime/http_connections.h"
#include "runtime/http_exchange.h"
#include "runtime/rate_limit.h"

namespace henge::runtime {

namespace {

constexpr int redirects_max = 5;

bool is_redirect(int status) {
  return status == 307 || status == 308;
}

bool is_worth_retry(int status, Repeat repeat) {
  if (status == 429 || status == 503) return true;
  return repeat == Repeat::harmless && (status == 502 || status == 504);
}

Millis retry_after(const Headers& headers) {
  const auto text = find_header(headers, "Retry-After");
  if (!text) return Millis(0);
  int seconds = 0;
  std::from_chars(text->data(), text->data() + text->size(),
                  seconds);  // the date form counts as not said
  return std::chrono::seconds(std::clamp(seconds, 0, 3600));
}

}  // namespace

struct HttpClient::Impl {
  explicit Impl(HttpClientOptions given)
      : options(std::move(given)),
        connections(options.connections_max, options.idle_max),
        bucket(options.calls_per_s_max, options.calls_burst) {
    if (!options.random) options.random = system_random();
  }

  Async<HttpResponse> send(const HttpCall& call);
  Async<HttpResponse> try_once(const HttpCall& call, bool& delivered);
  Async<HttpResponse> exchange(const HttpCall& call, const Url& url, Millis deadline,
                               bool& delivered);
  Async<Connection> open(const HttpCall& call, const Url& url, Millis deadline);
  Async<void> take_turn();
  Result<TlsContext*> tls();
  std::string request_head(const HttpCall& call, const Url& url) const;
  [[nodiscard]] bool may_authorize(const Url& url) const;

  HttpClientOptions options;
  Connections connections;
  TokenBucket bucket;
  RateMeter meter;
  HttpClientStats counted;
  std::optional<TlsContext> tls_context;
};

HttpClient::HttpClient(HttpClientOptions options)
    : impl_(std::make_shared<Impl>(std::move(options))) {}
HttpClient::~HttpClient() {
  stop();
}
void HttpClient::stop() {
  impl_->connections.stop();
}

HttpClientStats HttpClient::stats() const {
  HttpClientStats stats = impl_->counted;
  stats.calls = impl_->meter.total();
  stats.calls_last_minute = impl_->meter.last_minute(monotonic_now());
  return stats;
}

Async<HttpResponse> HttpClient::send(HttpCall call) {
  auto impl = impl_;
  auto result = co_await impl->send(call);
  co_return result;
}

Async<HttpResponse> HttpClient::Impl::send(const HttpCall& call) {
  const std::string what =
      call.method + " " + (call.unix_path.empty() ? "" : call.unix_path + " ") + call.url;
  const Millis start = monotonic_now();
  bool delivered = false;
  for (int tries = 1;; ++tries) {
    auto result = co_await try_once(call, delivered);
    const Millis elapsed = monotonic_now() - start;
    const std::string tried = what + ": " + tries_text(tries, elapsed);
    const bool again = result ? is_worth_retry(result->status, call.repeat)
                              : result.error().kind == ErrorKind::unavailable;
    std::optional<Millis> delay;
    if (again && !delivered) {
      const Millis at_least = result ? retry_after(result->headers) : Millis(0);
      delay = next_try(call.retry, tries, elapsed, at_least, options.random());
    }
    if (!delay) {
      if (result) result->tried = tried;
      if (!result) co_return tl::unexpected<Error>(std::move(result).error().within(tried));
      co_return result;
    }
    ++counted.retries;
    auto slept = co_await sleep_for(*delay);
    if (!slept) co_return tl::unexpected<Error>(std::move(slept).error().within(tried));
  }
}

Async<HttpResponse> HttpClient::Impl::try_once(const HttpCall& call, bool& delivered) {
  CO_TRY(Url url, parse_url(call.url));
  const bool from_tls = url.scheme == "https";
  for (int hops = 0;; ++hops) {
    CO_TRY_VOID(co_await take_turn());
    const Millis deadline = monotonic_now() + call.deadline;
    CO_TRY(HttpResponse response, co_await exchange(call, url, deadline, delivered));
    const auto location = find_header(response.headers, "Location");
    if (!is_redirect(response.status) || !location) co_return response;
    if (hops == redirects_max)
      co_return fail(ErrorKind::unavailable,
                     "more than 5 redirects, the last to " + std::string(*location));
    CO_TRY(url, resolve_location(url, *location));
    if (from_tls && url.scheme != "https") {
      co_return fail(ErrorKind::refused, "redirect from https to " + to_origin(url) + " refused");
    }
  }
}

Async<void> HttpClient::Impl::take_turn() {
  const Millis wait = bucket.take(monotonic_now());
  if (wait > Millis(0)) {
    counted.limited_ms += wait.count();
    CO_TRY_VOID(co_await sleep_for(wait));
  }
  meter.add(monotonic_now());
  co_return Result<void>();
}

Result<TlsContext*> HttpClient::Impl::tls() {
  if (!tls_context) {
    TRY(auto loaded, TlsContext::load(options.tls.value_or(TlsOptions{})));
    tls_context.emplace(std::move(loaded));
  }
  return &*tls_context;
}

bool HttpClient::Impl::may_authorize(const Url& url) const {
  return options.auth && options.trusted_hosts.contains(url.host);
}

std::string HttpClient::Impl::request_head(const HttpCall& call, const Url& url) const {
  const std::string origin = to_origin(url);
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", call.method, url.target,
                                 origin.substr(origin.find("//") + 2));
  head += "User-Agent: henge/" HENGE_VERSION "\r\nAccept-Encoding: gzip\r\n";
  if (may_authorize(url)) head += "Authorization: " + to_header(*options.auth) + "\r\n";
  for (const auto& [name, value] : call.headers) head += name + ": " + value + "\r\n";
  if (!call.body.empty() || (call.method != "GET" && call.method != "HEAD")) {
    head += fmt::format("Content-Length: {}\r\n", call.body.size());
  }
  return head + "\r\n";
}

Async<Connection> HttpClient::Impl::open(const HttpCall& call, const Url& url, Millis deadline) {
  const std::string key = call.unix_path.empty() ? to_origin(url) : "unix:" + call.unix_path;
  // An ambiguous call gets a connection of its own: on a kept one, a close that crosses the request
  // would look like a lost answer.
  const bool may_reuse = call.repeat == Repeat::harmless;
  CO_TRY(Connection connection,
         co_await connections.take(key, may_reuse, deadline - monotonic_now()));
  if (connection.stream) {
    connection.stream->expires_at(deadline);
    co_return connection;
  }
  TlsContext* secure = nullptr;
  if (url.scheme == "https" && call.unix_path.empty()) {
    CO_TRY(secure, tls());
  }
  Endpoint endpoint;
  endpoint.host = url.host;
  endpoint.port = url.port;
  endpoint.unix_path = call.unix_path;
  const Millis connect_by = std::min(deadline, monotonic_now() + options.connect_max);
  CO_TRY(connection.stream, co_await connect(std::move(endpoint), secure, connect_by));
  ++counted.connections_opened;
  connection.stream->expires_at(deadline);
  connections.opened(connection);
  co_return connection;
}

Async<HttpResponse> HttpClient::Impl::exchange(const HttpCall& call, const Url& url,
                                               Millis deadline, bool& delivered) {
  const std::string head = request_head(call, url);
  for (;;) {
    CO_TRY(Connection connection, co_await open(call, url, deadline));
    const bool reused = connection.reused;
    Exchange exchange(*connection.stream, call);
    auto response = co_await exchange.run(head);
    delivered = delivered || exchange.delivered();
    counted.bytes_received += exchange.bytes_received();
    if (response) {
      connections.give_back(std::move(connection), exchange.may_keep());
      co_return response;
    }
    const bool stopped = connections.stopped();
    connections.give_back(std::move(connection), false);
    Error error = std::move(response).error();
    if (stopped) error = Error{ErrorKind::cancelled, "stopped"};
    // The other side had closed the kept connection meanwhile: nothing of an answer came, a fresh
    // one is tried at once.
    const bool stale = reused && !exchange.answered() && error.kind == ErrorKind::unavailable &&
                       monotonic_now() < deadline;
    if (stale) continue;
    // `denied` is an alert of the TLS handshake: the request was never looked at.
    const bool lost =
        call.repeat == Repeat::ambiguous && exchange.written() && error.kind != ErrorKind::denied;
    if (lost)
      error = Error{ErrorKind::unknown_outcome, "sent, but no full answer: " + error.message};
    co_return tl::unexpected<Error>(std::move(error));
  }
}

Error error_of_status(const HttpResponse& response, Repeat repeat, std::string_view detail) {
  const int status = response.status;
  ErrorKind kind = ErrorKind::unavailable;
  if (status == 401 || status == 403) {
    kind = ErrorKind::denied;
  } else if (status == 404) {
    kind = ErrorKind::not_found;
  } else if (status == 409) {
    kind = ErrorKind::conflict;
  } else if (status == 429 || status == 503) {
    kind = ErrorKind::unavailable;
  } else if (status < 500) {
    kind = ErrorKind::invalid;
  } else if (repeat == Repeat::ambiguous) {
    kind = ErrorKind::unknown_outcome;
  }
  std::string message = fmt::format("{}: {} {}", response.tried, status, reason_of(status));
  if (!detail.empty()) message += fmt::format(": {}", detail);
  return {kind, std::move(message)};
}

}  // namespace henge::runtime
