// What a server's processes have used of the processor, and what others have had of it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>

namespace bidwell::loopback {

// Processor time of a process and all its descendants.
struct CpuTime {
  std::chrono::nanoseconds total{};  // exact: the scheduler's own account
  std::uint64_t user_ticks = 0;      // sampled at the tick: a share only, and only over many bursts
  std::uint64_t system_ticks = 0;
};

CpuTime operator-(const CpuTime& a, const CpuTime& b) noexcept;

// Throws std::runtime_error when `pid` is gone.
CpuTime read_cpu_time(pid_t pid);

// A core's account since boot, in steps of the kernel's clock tick.
struct CoreTime {
  std::chrono::nanoseconds busy{};    // for any process or interrupt
  std::chrono::nanoseconds stolen{};  // given to others by the hypervisor while there was work
};

CoreTime operator-(const CoreTime& a, const CoreTime& b) noexcept;

CoreTime read_core_time(int core);

// Of the calling process.
std::chrono::nanoseconds read_own_cpu_time();

}  // namespace bidwell::loopback
