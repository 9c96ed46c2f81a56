// One connection of the load client: opened again when it is lost, requests out, answers in. It never waits.
#pragma once

#include <algorithm>
#include <array>
#include <boost/circular_buffer.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/replay/client.h"
#include "replay/answer_reader.h"
#include "replay/endpoint.h"

namespace bidwell::replay {

// What the connections of a client share.
struct ClientShared {
  const ClientOptions options;
  AnswerSink& sink;
  int epoll = -1;
  ClientCounters counters;
  std::size_t in_flight = 0, connected = 0;
  SteadyTime check_at{};             // no deadline of a connection is before it
  std::vector<std::uint32_t> free;   // numbers of connections that are closed for good
  std::array<char, 64 << 10> input;  // for one read

  void check_before(SteadyTime time) noexcept { check_at = std::min(check_at, time); }
};

class Connection {
 public:
  Connection(ClientShared& shared, std::uint32_t number);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Opens it, anew where it was closed for good. `endpoints` must outlive it.
  void open(const std::vector<Endpoint>& endpoints);
  // Ends when nothing waits any more.
  void close();
  bool send(std::string_view bytes, std::uint64_t tag);
  std::size_t waiting() const noexcept { return waiting_.size(); }

  // What epoll said; events of an earlier socket are not taken.
  void take_events(std::uint32_t events, std::uint32_t generation);
  // Does what is due; its next deadline.
  SteadyTime check(SteadyTime now);
  // Gives up what waits.
  void abandon(SteadyTime now);

 private:
  enum class State : std::uint8_t { closed, pausing, connecting, open };
  struct Waiting {
    std::uint64_t tag;
    SteadyTime sent;    // or, until then, when it was given
    std::uint64_t end;  // its last byte's place among all of this socket
    bool to_head;
  };

  void connect(SteadyTime now);
  void connect_failed(SteadyTime now);
  void connected(SteadyTime now);
  void pause(SteadyTime now);
  void drop_socket() noexcept;
  void lose(SteadyTime now, Outcome first, Outcome others);
  void tell_all(SteadyTime now, std::size_t sent, Outcome first, Outcome others);
  void end();

  bool watch(std::uint32_t events, int operation) noexcept;
  void flush(SteadyTime now);
  std::size_t write(std::string_view bytes) noexcept;
  void read(bool until_end);
  void take(std::string_view bytes, SteadyTime now);
  bool take_answer(std::string_view& bytes, SteadyTime now);
  void take_end(SteadyTime now);
  void answer(std::string_view bytes, SteadyTime now);

  ClientShared& shared_;
  const std::uint32_t number_;
  const std::vector<Endpoint>* endpoints_ = nullptr;

  State state_ = State::closed;
  int fd_ = -1;
  std::uint32_t generation_ = 0;  // of the socket
  bool closing_ = false;
  bool taking_ = false;        // within take(): the sink is not to pull the connection from under it
  bool has_answered_ = false;  // this socket
  std::size_t endpoint_ = 0;   // where to connect
  std::size_t tried_ = 0;      // endpoints, in this attempt
  std::chrono::milliseconds pause_{0};
  SteadyTime wake_at_{};     // pausing: when to connect
  SteadyTime connect_by_{};  // connecting

  boost::circular_buffer<Waiting> waiting_;
  std::size_t unsent_ = 0;                  // of waiting_, at its end: not wholly given to the kernel
  std::uint64_t queued_ = 0, written_ = 0;  // bytes of this socket
  std::string output_;                      // from output_at_ on: what the socket did not take yet
  std::size_t output_at_ = 0;
  std::string input_;  // the beginning of an answer
  AnswerReader reader_;
};

}  // namespace bidwell::replay
