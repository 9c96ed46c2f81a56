// One connection, from the name's resolution to its end: bytes out, replies in. It is not reused; each of its
// asynchronous operations keeps it alive and looks first whether it has been closed meanwhile.
#pragma once

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <vector>

#include "bidwell/redis/options.h"
#include "redis/reply_reader.h"

namespace bidwell::redis {

// TCP and Unix-domain alike.
using Socket =
    boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, boost::asio::io_context::executor_type>;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // Is told what happens, from the loop, until the connection is closed.
  class User {
   public:
    virtual void on_open() = 0;
    virtual void on_reply(const Reply& reply) = 0;
    // It has closed itself. `nonsense`: because of what was received.
    virtual void on_end(bool nonsense, const std::string& why) = 0;

   protected:
    ~User() = default;
  };

  Connection(boost::asio::io_context& context, User& user, std::size_t reply_bytes_max);

  // Either: connects as the options say, or takes a socket that is connected.
  void open(const Options& options);
  void adopt(Socket socket);

  // To append to, and then to flush at the end of this turn of the loop.
  std::string& output() noexcept { return output_; }
  void flush_soon();
  std::size_t unsent() const noexcept { return output_.size() + writing_.size(); }

  // The user is told nothing any more.
  void close();

 private:
  using Endpoint = boost::asio::generic::stream_protocol::endpoint;
  using Resolver = boost::asio::ip::basic_resolver<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

  void resolve(const Options& options);
  void connect(std::vector<Endpoint> endpoints);
  void begin();
  void read();
  void on_read(const boost::system::error_code& ec, std::size_t size);
  void flush();
  void on_written(const boost::system::error_code& ec);
  void end(bool nonsense, const std::string& why);

  boost::asio::io_context& context_;
  User& user_;
  Resolver resolver_;
  Socket socket_;
  bool closed_ = false;
  bool flush_posted_ = false;
  std::string output_;   // not yet given to the socket
  std::string writing_;  // being written, while not empty
  ReplyReader reader_;
  std::array<char, 64 << 10> input_;
};

}  // namespace bidwell::redis
