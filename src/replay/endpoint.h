// Where a target is: its addresses, resolved, and non-blocking sockets to them.
#pragma once

#include <sys/socket.h>

#include <vector>

#include "bidwell/replay/client.h"

namespace bidwell::replay {

struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
};

// All addresses of the target, in the resolver's order; at least one. Throws std::runtime_error.
std::vector<Endpoint> resolve(const Target& target);

// A socket that connects in the background, with TCP_NODELAY; or -1 and errno. EAGAIN: a Unix server's queue is full.
int begin_connect(const Endpoint& endpoint) noexcept;

}  // namespace bidwell::replay
