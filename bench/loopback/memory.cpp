// See memory.h.
#include "memory.h"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>
#include <string>

namespace bidwell::loopback {

Memory read_memory(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  Memory memory;
  for (std::string key; file >> key;) {
    std::size_t kilobytes = 0;
    if (key == "VmHWM:" && file >> kilobytes) memory.peak = kilobytes * 1024;
    if (key == "VmRSS:" && file >> kilobytes) memory.resident = kilobytes * 1024;
  }
  if (memory.resident == 0) throw std::runtime_error(fmt::format("process {} is gone", pid));
  return memory;
}

}  // namespace bidwell::loopback
