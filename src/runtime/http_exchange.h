// One request and its answer on one connection, and how far it got: what decides between "not done"
// and "nobody knows".
#pragma once

#include "runtime/gzip.h"
#include "runtime/http_client.h"
#include "runtime/http_parser.h"

namespace henge::runtime {

class Exchange {
 public:
  // Both must outlive the exchange.
  Exchange(Stream& stream, const HttpCall& call) : stream_(stream), call_(call) {}

  // Errors: as the stream's; corrupt and unavailable for damaged or cut answers, refused over a
  // limit.
  Async<HttpResponse> run(std::string_view head);

  [[nodiscard]] bool written() const { return written_; }      // the whole request left
  [[nodiscard]] bool answered() const { return answered_; }    // at least one byte came back
  [[nodiscard]] bool delivered() const { return delivered_; }  // the caller's on_block saw bytes
  [[nodiscard]] bool may_keep() const { return may_keep_; }
  [[nodiscard]] std::int64_t bytes_received() const { return bytes_received_; }

 private:
  Async<void> write(std::string_view head);
  Async<HttpResponse> read();
  Async<void> read_more(MessageParser& parser);
  MessageParser parser_for_answer();
  Result<void> accept_body(std::string_view bytes);
  [[nodiscard]] bool wants_blocks(int status) const {
    return call_.on_block && status >= 200 && status < 300;
  }

  Stream& stream_;
  const HttpCall& call_;
  // Bytes from the wire, read into at the end and used from the front.
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;  // of what no parser has used yet
  std::size_t end_ = 0;
  const MessageParser* parser_ = nullptr;  // of the answer under way
  std::string body_;
  std::optional<Inflater> inflater_;
  std::size_t body_bytes_ = 0;
  bool written_ = false;
  bool answered_ = false;
  bool delivered_ = false;
  bool may_keep_ = false;
  std::int64_t bytes_received_ = 0;
};

}  // namespace henge::runtime
