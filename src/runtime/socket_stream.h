// Accepted sockets as streams; for the server alone, others include stream.h.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "runtime/stream.h"

namespace henge::runtime {

std::unique_ptr<Stream> wrap_socket(boost::asio::ip::tcp::socket socket);
std::unique_ptr<Stream> wrap_socket(boost::asio::local::stream_protocol::socket socket);

}  // namespace henge::runtime
