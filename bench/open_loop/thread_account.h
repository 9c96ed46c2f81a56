// What the kernel says of one thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>

namespace bidwell::open_loop {

// Since the thread began.
struct ThreadAccount {
  std::chrono::nanoseconds running{};    // on a processor
  std::chrono::nanoseconds waiting{};    // ready to run, without a processor
  std::uint64_t switches_voluntary = 0;  // it had nothing to do, or waited for something
  std::uint64_t switches_involuntary = 0;
  std::uint64_t faults_minor = 0;  // of pages
  std::uint64_t faults_major = 0;  // that came from a disk
};

ThreadAccount operator-(const ThreadAccount& a, const ThreadAccount& b) noexcept;

// The one worker of a bidder. Throws std::runtime_error when there is none.
pid_t find_worker(pid_t bidder);

ThreadAccount read_thread_account(pid_t process, pid_t thread);

}  // namespace bidwell::open_loop
