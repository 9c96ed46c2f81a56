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
  // One of the two.
  std::string host;
  std::uint16_t port = 6379;
  std::string unix_path;

  std::string username;  // empty: AUTH with the password alone
  std::string password;  // empty: no AUTH
  int database = 0;

  // A connection, with AUTH and SELECT, must stand within this: several round trips and a SYN that is sent twice.
  std::chrono::milliseconds connect_timeout{1500};
  // Between attempts: doubled from the one to the other, then a random share of it (so that a fleet does not come
  // back as one).
  std::chrono::milliseconds backoff_min{50};
  std::chrono::milliseconds backoff_max{2000};
  // Commands written or waiting to be, whose replies are due. More are refused at once: a Redis that stalls shall not
  // grow us. 10,000 reads of 64 keys are some 30 MB.
  std::size_t in_flight_max = 10'000;
  // A connection whose oldest command has waited for this long is taken for dead and opened anew.
  std::chrono::milliseconds stalled_after{2000};
};

// "redis://[[user]:password@]host[:port][/database]" or "redis+unix://[[user]:password@]/path/to.sock[?database=N]"
// ("unix://..." is the same); percent-encoding in user, password and path. Nothing, and why in `fault`, when it is
// none of these.
std::optional<Options> parse_url(std::string_view url, std::string& fault);

}  // namespace bidwell::redis
