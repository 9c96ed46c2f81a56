// Who goes first on a busy machine.
#pragma once

#include <sys/types.h>

namespace bidwell::open_loop {

enum class Priority : int { usual = 0, real_time = 1, above = 2 };

// Of a thread (0: this one), and of what it starts from now on. False: not allowed.
bool set_priority(Priority priority, pid_t thread = 0) noexcept;

// While it lives, this thread has this priority, where that is allowed; then the usual one. Not for the end of
// processes: waitpid() in real time can spin in the kernel for ever, for a /proc entry that somebody else holds who
// never gets the core.
class AtPriority {
 public:
  explicit AtPriority(Priority priority) noexcept : allowed_(set_priority(priority)) {}
  ~AtPriority() { set_priority(Priority::usual); }
  AtPriority(const AtPriority&) = delete;
  AtPriority& operator=(const AtPriority&) = delete;

  bool allowed() const noexcept { return allowed_; }

 private:
  const bool allowed_;
};

}  // namespace bidwell::open_loop
