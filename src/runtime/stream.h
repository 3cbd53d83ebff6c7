// A byte stream to the other side: TCP, TLS over TCP, or a unix socket. Client and server talk
// through it and see no socket type.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/async.h"

namespace henge::runtime {

struct TlsOptions {
  std::string ca_file;           // PEM; empty: the system's certificates
  std::string certificate_file;  // PEM, with the chain; empty: no client certificate
  std::string key_file;          // PEM
  std::string key_password;
  bool verify = true;  // whether the other side must prove who it is
};

// Errors of reading and writing: unavailable (refused, reset, timed out; the message says which),
// cancelled.
class Stream {
 public:
  virtual ~Stream() = default;
  // At least one byte, at most `size`; 0 when the other side closed in order.
  virtual Async<std::size_t> read_some(char* data, std::size_t size) = 0;
  // All of it.
  virtual Async<void> write(std::string_view bytes) = 0;
  // Every operation that is not over by then fails; monotonic_now() time. Millis::max() for never.
  virtual void expires_at(Millis deadline) = 0;
  // For a stream that lies idle: whether the other side still keeps it and sent nothing.
  virtual bool is_fresh() = 0;
  // The other side sees the end; what it still sends can be read.
  virtual void end_writing() = 0;
  virtual void close() = 0;
};

// Credentials and certificates, loaded once and used for every connection.
class TlsContext {
 public:
  // Errors: invalid, names the file.
  static Result<TlsContext> load(const TlsOptions& options);
  TlsContext(TlsContext&&) noexcept;
  TlsContext& operator=(TlsContext&&) noexcept;
  ~TlsContext();

  struct Impl;
  std::unique_ptr<Impl> impl;

 private:
  explicit TlsContext(std::unique_ptr<Impl> made);
};

struct Endpoint {
  std::string host;  // name or numeric address
  std::uint16_t port = 0;
  std::string unix_path;  // set: a unix socket, host and port mean nothing
};

// `tls` may be null: no TLS. The deadline is over name look-up, connecting and handshake together;
// it stays set on the stream. Errors: unavailable, denied (the certificate is not right),
// cancelled.
Async<std::unique_ptr<Stream>> connect(Endpoint endpoint, TlsContext* tls, Millis deadline);

}  // namespace henge::runtime
