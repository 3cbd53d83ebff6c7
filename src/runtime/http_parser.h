// HTTP/1.1 messages out of bytes that arrive in pieces; knows no sockets. Client and server both
// read through it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "runtime/http_message.h"

namespace henge::runtime {

struct MessageLimits {
  std::size_t header_bytes_max = 64UL * 1024;
  std::uint64_t body_bytes_max = 1024UL * 1024;  // as it is on the wire
};

class MessageParser {
 public:
  enum class Kind { request, response, response_without_body };

  MessageParser(Kind kind, MessageLimits limits);
  ~MessageParser();
  MessageParser(MessageParser&&) noexcept;
  MessageParser& operator=(MessageParser&&) noexcept;

  // Reads what it can and says how many bytes it used; the rest is to come again, with more behind
  // it. Errors: invalid (no HTTP), refused (over a limit).
  Result<std::size_t> put(std::string_view bytes);
  // The other side closed. Errors: unavailable when the message is not complete.
  Result<void> put_end();

  [[nodiscard]] bool started() const;  // at least one byte was used
  [[nodiscard]] bool header_done() const;
  [[nodiscard]] bool body_too_large() const;  // which limit put() refused for
  [[nodiscard]] bool done() const;
  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] const std::string& method() const;
  [[nodiscard]] const std::string& target() const;
  [[nodiscard]] int status() const;
  [[nodiscard]] const Headers& headers() const;
  Headers take_headers();
  // Body bytes since the last call, transfer coding removed.
  std::string take_body();
  // Body bytes go here as they are met, in the order of the wire, and not to take_body(). The
  // header is complete then. An error it gives is what put() gives.
  using Sink = std::function<Result<void>(std::string_view)>;
  void body_to(Sink sink);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace henge::runtime
