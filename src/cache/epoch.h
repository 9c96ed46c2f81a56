// When may memory be freed that readers without a lock might still look at? Epoch-based reclamation (K. Fraser,
// "Practical lock-freedom", 2004). A reader says in a cache line of its own in which epoch it began to look, with one
// sequentially consistent store. A writer unlinks, notes the epoch, and frees once no reader is in that epoch or an
// earlier one. The epoch is one shared number that writers raise when they want to free.
//
// That this holds: unlinking, raising and reading the epoch, the readers' announcements and their reads of links are
// all sequentially consistent. A reader whose announcement a writer does not see announces after the writer looked, so
// after the unlinking, and its later reads do not find what was unlinked.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace bidwell::cache {

struct alignas(64) Seat {
  std::atomic<std::uint64_t> epoch{0};  // the reader's; 0: it looks at nothing
  bool taken = false;                   // guarded by Epochs::mutex_
};

class Epochs {
 public:
  explicit Epochs(unsigned readers_max);

  // Throws std::runtime_error when all are taken.
  Seat& take_seat();
  void give_back(Seat& seat) noexcept;

  void pin(Seat& seat) const noexcept {
    seat.epoch.store(epoch_.load(std::memory_order_seq_cst), std::memory_order_seq_cst);
  }
  void unpin(Seat& seat) const noexcept { seat.epoch.store(0, std::memory_order_release); }

  // To be noted after unlinking.
  std::uint64_t now() const noexcept { return epoch_.load(std::memory_order_seq_cst); }
  // Begins a new epoch. What was unlinked in an epoch before the one returned can be freed.
  std::uint64_t advance() noexcept;

 private:
  const unsigned readers_max_;
  const std::unique_ptr<Seat[]> seats_;
  std::mutex mutex_;
  std::atomic<unsigned> seats_used_{0};  // none beyond was ever taken
  alignas(64) std::atomic<std::uint64_t> epoch_{1};
};

}  // namespace bidwell::cache
