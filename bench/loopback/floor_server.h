// The floor: what this machine's kernel allows a single-threaded HTTP server at all. Every other
// server is given as a share of it.
#pragma once

#include <string_view>

namespace bidwell::loopback {

// Serves `answer` (head and body) to every complete request on `listener`, for ever; keep-alive,
// request bodies by Content-Length. Meant for a child process.
[[noreturn]] void run_floor_server(int listener, std::string_view answer);

}  // namespace bidwell::loopback
