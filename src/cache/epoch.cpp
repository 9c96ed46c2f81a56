// Seats for readers, and the search for the oldest epoch that one of them is in.
#include "cache/epoch.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace bidwell::cache {

Epochs::Epochs(unsigned readers_max) : readers_max_(readers_max), seats_(std::make_unique<Seat[]>(readers_max)) {}

Seat& Epochs::take_seat() {
  std::lock_guard lock(mutex_);
  Seat* const end = seats_.get() + readers_max_;
  Seat* const seat = std::find_if(seats_.get(), end, [](const Seat& s) { return !s.taken; });
  if (seat == end) {
    throw std::runtime_error("more than " + std::to_string(readers_max_) + " readers of the cache at once");
  }
  seat->taken = true;
  const auto place = static_cast<unsigned>(seat - seats_.get()) + 1;
  if (place > seats_used_.load()) seats_used_.store(place);
  return *seat;
}

void Epochs::give_back(Seat& seat) noexcept {
  std::lock_guard lock(mutex_);
  seat.taken = false;
}

std::uint64_t Epochs::advance() noexcept {
  std::uint64_t oldest = epoch_.fetch_add(1, std::memory_order_seq_cst) + 1;
  const unsigned used = seats_used_.load(std::memory_order_seq_cst);
  for (unsigned i = 0; i < used; ++i) {
    const std::uint64_t epoch = seats_[i].epoch.load(std::memory_order_seq_cst);
    if (epoch != 0) oldest = std::min(oldest, epoch);
  }
  return oldest;
}

}  // namespace bidwell::cache
