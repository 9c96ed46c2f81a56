// What a server holds in memory.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace bidwell::loopback {

struct Memory {
  std::size_t resident = 0;  // bytes
  std::size_t peak = 0;      // bytes, the most that was ever resident
};

// Throws std::runtime_error when `pid` is gone.
Memory read_memory(pid_t pid);

}  // namespace bidwell::loopback
