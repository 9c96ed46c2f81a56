// Where Redis is and how long we have for it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bidwell::redis {

struct Options {
  // One of the two. A host's name is looked up anew for each connection, in a thread of Asio's.
  std::string host;
  std::uint16_t port = 6379;
  std::string unix_path;

  std::string username;  // empty: AUTH with the password alone
  std::string password;  // empty: no AUTH
  int database = 0;

  // A connection, with AUTH and SELECT, must stand within this: several round trips and a SYN that is sent twice.
  std::chrono::milliseconds connect_timeout{1500};
  // Between attempts: doubled from the one to the other, then a random share of it (so that a fleet does not come
  // back as one). It begins anew after a connection that stood for backoff_max.
  std::chrono::milliseconds backoff_min{50};
  std::chrono::milliseconds backoff_max{2000};
  // Commands written or waiting to be, whose replies are due. More are refused at once: a Redis that stalls shall not
  // grow us. 10,000 reads of 64 keys are some 30 MB.
  std::size_t in_flight_max = 10'000;
  // Commands are refused too while this many bytes have not been taken by the socket.
  std::size_t unsent_bytes_max = 64 << 20;
  // A longer reply closes the connection. The longest we ask for is a batch of some hundred profiles.
  std::size_t reply_bytes_max = 64 << 20;
  // A connection whose oldest command has waited for this long is taken for dead and opened anew.
  std::chrono::milliseconds stalled_after{2000};
};

// "redis://[[user]:password@]host[:port][/database]" or "redis+unix://[[user]:password@]/path/to.sock[?database=N]"
// ("unix://..." is the same); percent-encoding in user, password and path. Nothing, and why in `fault` (without the
// password), when it is none of these.
std::optional<Options> parse_url(std::string_view url, std::string& fault);

// What is wrong with where they lead; empty: nothing.
std::string fault_of(const Options& options);

}  // namespace bidwell::redis
