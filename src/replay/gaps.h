// How evenly a thread sends, told from requests that come back in another order than they left in.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "bidwell/replay/client.h"
#include "bidwell/replay/hdr.h"

namespace bidwell::replay {

// Requests are put back into the order in which they were handed over as long as at most kWindow of them overtake one;
// one that comes later still is left out (Hdr::count() tells). Not thread-safe.
class GapMeter {
 public:
  explicit GapMeter(Hdr& errors) : errors_(errors) {}
  // `due` and `given` count from the same time.
  void add(std::chrono::nanoseconds due, std::chrono::nanoseconds given);
  // No more come.
  void flush();

 private:
  static constexpr std::size_t kWindow = 256;
  struct Handed {
    std::chrono::nanoseconds given{}, due{};
  };
  void take(const Handed& handed);

  Hdr& errors_;
  std::array<Handed, kWindow> waiting_{};  // a ring, by `given`
  std::size_t first_ = 0, size_ = 0;
  Handed last_;
  bool any_ = false;
};

}  // namespace bidwell::replay
