// What several processes of a test share: an origin's behaviour and its calls, and a barrier. In a mapped file.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace bidwell::cache::testing {

struct SharedState {
  std::atomic<std::uint64_t> loads;       // keys that the origin was asked for, each counted each time
  std::atomic<std::uint64_t> finished;    // of them, answered
  std::atomic<std::uint64_t> version;     // what the origin says now
  std::atomic<std::uint32_t> delay_ms;    // of a call
  std::atomic<std::uint32_t> gate_shut;   // while not 0 calls wait
  std::atomic<std::uint32_t> at_barrier;  // threads that wait for `go`
  std::atomic<std::uint32_t> go;
};

class SharedFile {
 public:
  // Makes it where it is not there yet, full of zeros.
  explicit SharedFile(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ::ftruncate(fd, sizeof(SharedState)) != 0) throw std::runtime_error("cannot open " + path);
    state_ = ::mmap(nullptr, sizeof(SharedState), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    if (state_ == MAP_FAILED) throw std::runtime_error("cannot map " + path);
  }
  ~SharedFile() { ::munmap(state_, sizeof(SharedState)); }
  SharedFile(const SharedFile&) = delete;
  SharedFile& operator=(const SharedFile&) = delete;

  SharedState* operator->() const { return static_cast<SharedState*>(state_); }

 private:
  void* state_;
};

}  // namespace bidwell::cache::testing
