#include "open_loop/priority.h"

#include <sched.h>

namespace bidwell::open_loop {

bool set_priority(Priority priority, pid_t thread) noexcept {
  const sched_param parameter{.sched_priority = static_cast<int>(priority)};
  return ::sched_setscheduler(thread, priority == Priority::usual ? SCHED_OTHER : SCHED_FIFO, &parameter) == 0;
}

}  // namespace bidwell::open_loop
