// Notices from the moment they are decided on until nobody needs them any more: delays, losses on purpose, retries and
// repeats. It tells when what is to be sent; sending is the caller's.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "market/book.h"
#include "market/random.h"

namespace bidwell::market {

struct NoticePolicy {
  double repeat_share = 0, lost_share = 0;
  unsigned attempts = 10;
  std::chrono::milliseconds retry_pause{1000};
  std::chrono::milliseconds repeat_pause{500};  // mean
};

struct Notice {
  std::string path;
  std::uint32_t bid = 0;     // its place in the book
  std::uint32_t bidder = 0;  // the target that made the bid
  Kind kind = Kind::win;
  std::optional<Micros> price;
};

// What came of sending one.
enum class Delivery : std::uint8_t {
  acknowledged,
  refused,  // answered, and it is not recorded
  unsure,   // answered otherwise, or not at all: it may be recorded
  unsent,   // there was no connection
};
// Of a status: 2xx, and 3xx for a click, acknowledge. 4xx refuse, but for a click's 404, which a bidder may record.
Delivery delivery_of(Kind kind, unsigned status) noexcept;

struct NoticeCounts {
  std::array<std::uint64_t, kKinds> sent{}, failed{}, withheld{};  // acknowledged; given up; never sent
  std::uint64_t repeated = 0, repeats_failed = 0;
};

// Holds what waits and what is on its way: as many as come in in the longest delay, and, while the bidder takes none,
// in all its attempts. Not thread-safe. Time is given by the caller.
class NoticeQueue {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Ticket = std::uint32_t;

  NoticeQueue(const NoticePolicy& policy, OwnBook& book, Random& random);

  void plan(Notice notice, Time due);
  // One that is due; it is on its way until told() is called. Valid until the next plan().
  std::optional<Ticket> take(Time now);
  // It could not be handed over: it is due still.
  void put_back(Ticket ticket, Time now);
  const Notice& notice(Ticket ticket) const { return places_[ticket].notice; }
  void told(Ticket ticket, Delivery delivery, Time now);

  std::optional<Time> next_due() const;
  std::size_t waiting() const noexcept { return places_.size() - free_.size(); }
  const NoticeCounts& counts() const noexcept { return counts_; }

 private:
  struct Place {
    Notice notice;
    unsigned attempts = 0;
    unsigned repeats_left = 0;
    bool is_repeat = false;
  };
  struct Due {
    Time at;
    std::uint64_t order;  // of those due at the same time
    Ticket ticket;
  };
  static bool later(const Due& a, const Due& b) noexcept;

  void push(Ticket ticket, Time due);
  void note(const Notice& notice, Delivery delivery);
  void settle(Ticket ticket, Time now);

  const NoticePolicy policy_;
  OwnBook& book_;
  Random& random_;
  std::vector<Place> places_;
  std::vector<Ticket> free_;
  std::vector<Due> due_;  // a heap, the earliest first
  std::uint64_t order_ = 0;
  NoticeCounts counts_;
};

}  // namespace bidwell::market
