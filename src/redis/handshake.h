// What is said first on each connection: AUTH, SELECT, CLIENT ID, and a PING, as a Redis that is loading its data takes
// the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bidwell/redis/options.h"
#include "bidwell/redis/reply.h"

namespace bidwell::redis {

class Handshake {
 public:
  // Appends its commands.
  void begin(const Options& options, std::string& out);

  enum class State : std::uint8_t { going, done, refused };
  // Takes the replies one by one.
  State take(const Reply& reply);

  std::int64_t id() const noexcept { return id_; }                  // when done
  const std::string& refusal() const noexcept { return refusal_; }  // Redis' words for it

 private:
  enum class Step : std::uint8_t { auth, select, id, ping };

  std::vector<Step> steps_;
  std::size_t taken_ = 0;
  std::int64_t id_ = 0;
  std::string refusal_;
};

}  // namespace bidwell::redis
