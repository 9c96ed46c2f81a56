// Accepts connections on a thread of its own and gives each to the worker with the fewest.
#pragma once

#include <sys/types.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bidwell/http/options.h"
#include "http/address.h"
#include "http/worker.h"

namespace bidwell::http {

class Listener {
 public:
  // Opens all addresses; throws std::runtime_error that names the one that cannot be. The workers
  // must outlive it.
  Listener(const Options& options, std::vector<Worker*> workers);
  ~Listener() { stop(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void start();
  // Hands over what has connected by now, closes the addresses and removes socket files.
  void stop();

  const std::vector<std::string>& addresses() const noexcept { return addresses_; }

 private:
  using Acceptor =
      boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol, boost::asio::io_context::executor_type>;
  // One address.
  struct Door {
    Acceptor acceptor;
    boost::asio::steady_timer retry;
    int family;
    std::string unix_path;
    dev_t device = 0;  // of the socket file, to remove no other's
    ino_t inode = 0;
  };

  void open(const std::string& text, int backlog);
  void wait(Door& door);
  // False when the system is out of something and accepting must pause.
  bool accept_waiting(Door& door);
  void place(int fd, const Peer& peer);
  void close_doors() noexcept;

  boost::asio::io_context context_{1};
  std::vector<Worker*> workers_;
  std::size_t connections_max_;
  std::vector<std::unique_ptr<Door>> doors_;
  std::vector<std::string> addresses_;
  std::thread thread_;
};

}  // namespace bidwell::http
