// The listening side of a connection: subscribes, tells messages from confirmations, and pings, as nothing else would
// tell a silent peer from a dead one.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/redis/client.h"

namespace bidwell::redis {

class Subscription {
 public:
  // A PING is due half of `stalled_after` after the one before, and its answer within all of it.
  Subscription(std::vector<std::string> channels, std::chrono::milliseconds stalled_after)
      : channels_(std::move(channels)), stalled_after_(stalled_after) {}

  // On a new connection: appends SUBSCRIBE, and a first PING.
  void begin(std::string& out, Time now);

  enum class Event : std::uint8_t {
    none,
    confirmed,  // all channels are
    message,    // [1] is the channel, [2] the payload
    nonsense,
  };
  // Takes what came.
  Event take(const Reply& reply);

  // When to call check() next.
  Time next_check() const;
  // Appends a PING if one is due. False: the last one has not been answered in time.
  bool check(std::string& out, Time now);

 private:
  void ping(std::string& out, Time now);

  const std::vector<std::string> channels_;
  const std::chrono::milliseconds stalled_after_;
  std::size_t confirmed_ = 0;
  bool unanswered_ = false;  // the last PING
  Time pinged_;
};

}  // namespace bidwell::redis
