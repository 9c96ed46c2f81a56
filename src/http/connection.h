// One client's connection, from its first byte to its last, on its worker's thread. Exactly one
// asynchronous operation is outstanding at any time, and its completion is the only place where the
// connection goes; but while its request is parked there is none, the worker's parking lot knows the
// connection, and it may go at any time. A parked connection reads nothing: what its client sends
// meanwhile waits in the kernel, which is the back-pressure.
#pragma once

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <vector>

#include "http/peer.h"
#include "http/request_reader.h"

namespace bidwell::http {

class Worker;

// TCP and Unix-domain alike; the plain executor spares a virtual call per operation.
using Socket =
    boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, boost::asio::io_context::executor_type>;

class Connection final
    : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>,
      private Parking {
 public:
  using Clock = std::chrono::steady_clock;

  // `socket` is open and non-blocking.
  Connection(Worker& worker, Socket socket, const Peer& peer);
  ~Connection();

  void start() noexcept;
  // Has the parked request handled again.
  void resume(Clock::time_point now) noexcept;
  // Ends what has taken too long.
  void check_deadline(Clock::time_point now) noexcept;
  // Closes if no byte of a request has come.
  void close_if_idle() noexcept;
  // Gives up on what is in progress. False when there was nothing but the client's own close to
  // wait for.
  bool abort() noexcept;

 private:
  enum class Phase : std::uint8_t {
    idle,     // no byte of a request is here
    request,  // some are
    parked,   // the handler has put it aside; the only phase without an operation outstanding
    write,    // the client does not take the answer as fast as it was made
    linger,   // said all: throwing away what comes until the client closes, lest a reset overtake
              // our answer
    closed,   // waiting for the outstanding operation to return
  };

  void read() noexcept;
  void on_read(const boost::system::error_code& ec, std::size_t size) noexcept;
  void serve(Clock::time_point now, bool answered) noexcept;

  bool answer(bool broken) noexcept;
  void respond(Response& response) noexcept;
  bool respond_refusal(Response& response) noexcept;
  void respond_to_expectation() noexcept;
  Request make_request() const noexcept;
  std::string_view client() const noexcept;

  std::uint64_t park(Clock::time_point deadline) noexcept override;
  void stay() noexcept override;
  void put_aside(Clock::time_point now) noexcept;

  bool flush(Clock::time_point now) noexcept;
  void write_pending() noexcept;
  void on_written(const boost::system::error_code& ec, std::size_t size) noexcept;

  void end(Clock::time_point now) noexcept;
  void linger(Clock::time_point now) noexcept;
  void give_up_request(Clock::time_point now) noexcept;
  void cancel() noexcept;
  void destroy() noexcept;

  Worker& worker_;
  std::array<char, kNetworkTextSize> peer_;  // its address
  std::uint8_t peer_size_ = 0;               // none on a Unix socket
  bool peer_trusted_;                        // to say who asks
  Clock::time_point since_;                  // of the phase
  Clock::time_point read_at_;                // of the last read
  Phase phase_ = Phase::idle;
  bool closing_ = false;      // nothing more is answered
  bool unread_ = false;       // when closing: the client may still be sending
  bool continued_ = false;    // the interim answer to this request is out
  bool resumed_ = false;      // this request was parked before
  std::uint64_t ticket_ = 0;  // of this request while it is parked, or about to be
  Socket socket_;
  std::vector<char> pending_;  // of an answer that was not taken at once
  std::size_t pending_sent_ = 0;
  std::uint64_t linger_left_ = 0;
  RequestReader reader_;
};

using ConnectionList = boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>>;

}  // namespace bidwell::http
