// Which processor the servers run on and which the client: apart, so that neither's work is the
// other's wait.
#pragma once

namespace bidwell::loopback {

struct Cores {
  int server = 0;
  int client = 0;

  bool apart() const noexcept { return server != client; }
};

// The first two processors this process may use; the same one twice where there is only one.
Cores pick_cores();

// Binds the calling thread, and what it forks from now on. Throws std::system_error.
void pin_to(int core);

}  // namespace bidwell::loopback
