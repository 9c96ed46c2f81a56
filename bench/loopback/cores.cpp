// See cores.h.
#include "cores.h"

#include <sched.h>

#include <cerrno>
#include <system_error>
#include <vector>

namespace bidwell::loopback {

Cores pick_cores() {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
    throw std::system_error(errno, std::generic_category(), "sched_getaffinity");
  }
  std::vector<int> cores;
  for (int core = 0; core < CPU_SETSIZE && cores.size() < 2; ++core) {
    if (CPU_ISSET(core, &allowed)) cores.push_back(core);
  }
  return {.server = cores.front(), .client = cores.back()};
}

void pin_to(int core) {
  cpu_set_t wanted;
  CPU_ZERO(&wanted);
  CPU_SET(core, &wanted);
  if (::sched_setaffinity(0, sizeof(wanted), &wanted) != 0) {
    throw std::system_error(errno, std::generic_category(), "sched_setaffinity");
  }
}

}  // namespace bidwell::loopback
