// The other end of a connection, as accept() tells.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "bidwell/http/network.h"

namespace bidwell::http {

struct Peer {
  int family = AF_UNIX;
  IpAddress address;  // of AF_INET and AF_INET6
};

}  // namespace bidwell::http
