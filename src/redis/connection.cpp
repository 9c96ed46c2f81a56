// One read and one write are outstanding at any time.
#include "redis/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace bidwell::redis {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// What a burst of commands took is given back beyond this.
constexpr std::size_t kOutputKept = 1 << 20;

}  // namespace

Connection::Connection(asio::io_context& context, User& user, std::size_t reply_bytes_max)
    : context_(context), user_(user), resolver_(context), socket_(context), reader_(reply_bytes_max) {}

void Connection::open(const Options& options) {
  if (!options.unix_path.empty()) return connect({asio::local::stream_protocol::endpoint(options.unix_path)});
  error_code no_address;
  const auto address = asio::ip::make_address(options.host, no_address);
  if (no_address) return resolve(options);
  connect({asio::ip::tcp::endpoint(address, options.port)});
}

void Connection::resolve(const Options& options) {
  resolver_.async_resolve(options.host, std::to_string(options.port), asio::ip::resolver_base::numeric_service,
                          [self = shared_from_this()](const error_code& ec, const Resolver::results_type& found) {
                            if (self->closed_) return;
                            if (ec) return self->end(false, "cannot resolve its name: " + ec.message());
                            std::vector<Endpoint> endpoints;
                            for (const auto& entry : found) endpoints.emplace_back(entry.endpoint());
                            self->connect(std::move(endpoints));
                          });
}

void Connection::connect(std::vector<Endpoint> endpoints) {
  asio::async_connect(socket_, endpoints, [self = shared_from_this()](const error_code& ec, const Endpoint&) {
    if (self->closed_) return;
    if (ec) return self->end(false, "cannot connect: " + ec.message());
    error_code not_tcp;
    self->socket_.set_option(asio::ip::tcp::no_delay(true), not_tcp);
    self->begin();
  });
}

void Connection::adopt(Socket socket) {
  socket_ = std::move(socket);
  asio::post(context_, [self = shared_from_this()] {
    if (!self->closed_) self->begin();
  });
}

void Connection::begin() {
  user_.on_open();
  if (!closed_) read();
}

void Connection::read() {
  socket_.async_read_some(asio::buffer(input_), [self = shared_from_this()](const error_code& ec, std::size_t size) {
    self->on_read(ec, size);
  });
}

void Connection::on_read(const error_code& ec, std::size_t size) {
  if (closed_) return;
  if (ec) return end(false, ec == asio::error::eof ? "closed by the other side" : ec.message());
  reader_.feed({input_.data(), size});
  while (const auto reply = reader_.next()) {
    user_.on_reply(*reply);
    if (closed_) return;
  }
  if (!reader_.fault().empty()) return end(true, reader_.fault());
  read();
}

void Connection::flush_soon() {
  if (std::exchange(flush_posted_, true)) return;
  asio::post(context_, [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
  });
}

void Connection::flush() {
  if (closed_ || !writing_.empty() || output_.empty()) return;
  std::swap(output_, writing_);
  asio::async_write(socket_, asio::buffer(writing_),
                    [self = shared_from_this()](const error_code& ec, std::size_t) { self->on_written(ec); });
}

void Connection::on_written(const error_code& ec) {
  if (closed_) return;
  if (ec) return end(false, ec.message());
  writing_.clear();
  if (writing_.capacity() > kOutputKept) std::string().swap(writing_);
  flush();
}

void Connection::close() {
  closed_ = true;
  resolver_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

void Connection::end(bool nonsense, const std::string& why) {
  close();
  user_.on_end(nonsense, why);
}

}  // namespace bidwell::redis
