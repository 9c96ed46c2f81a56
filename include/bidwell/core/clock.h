// Where the time comes from, so that tests can say what it is. The default is the real time; both calls go through
// the vDSO (some 20 ns, no system call).
#pragma once

#include <chrono>

namespace bidwell {

struct Clock {
  std::chrono::steady_clock::time_point (*steady)() = std::chrono::steady_clock::now;
  std::chrono::system_clock::time_point (*wall)() = std::chrono::system_clock::now;
};

}  // namespace bidwell
