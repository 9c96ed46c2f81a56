// The money a worker may bid with: one purse for each campaign that has a budget. The worker looks into it for every
// candidate without a lock; the banker (banker.h) fills it about once a second from the ledger.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "bidwell/core/counter.h"
#include "bidwell/core/money.h"

namespace bidwell::budget {

// An account of this process. The same campaign has the same number for as long as the process lives.
using AccountNumber = std::uint32_t;
inline constexpr AccountNumber kNoAccount = ~AccountNumber{0};  // no budget: nothing to ask
inline constexpr std::size_t kAccountsMax = std::size_t{1} << 20;

using Steady = std::chrono::steady_clock::time_point;

// One campaign's in one worker. Sums only rise, so nobody needs the other's write to know what is left.
class alignas(64) Purse {
 public:
  enum class Answer : std::uint8_t { yes, over_budget, paced_out };

  // May a bid of this cost be made? `promised`: what bids of the same answer will cost, which are not sent yet. `lot`:
  // 64 random bits, drawn for this campaign and impression.
  Answer ask(Nanos cost, Nanos promised, std::uint64_t lot, Steady now) const noexcept {
    if (now.time_since_epoch().count() >= until_.load(std::memory_order_acquire)) return Answer::over_budget;
    if (left() - promised < cost) return Answer::over_budget;
    return (lot >> 32) < chance_.load(std::memory_order_relaxed) ? Answer::yes : Answer::paced_out;
  }

  // The worker: a bid that might be made, held back or not; and one that was sent.
  void offer(Nanos cost) noexcept { offered_.add(static_cast<std::uint64_t>(cost)); }
  void use(Nanos cost) noexcept { used_.add(static_cast<std::uint64_t>(cost)); }

  // Any thread.
  Nanos used() const noexcept { return static_cast<Nanos>(used_.value()); }
  Nanos offered() const noexcept { return static_cast<Nanos>(offered_.value()); }
  Nanos left() const noexcept { return granted_.load(std::memory_order_relaxed) - used(); }

  // The banker. `granted` counts like used(), since the process began. `chance`: of 2^32. Nothing may be bid from
  // `until` on: the lease's end, or the day's.
  void fill(Nanos granted, Steady until) noexcept {
    granted_.store(granted, std::memory_order_relaxed);
    until_.store(until.time_since_epoch().count(), std::memory_order_release);
  }
  void set_chance(std::uint64_t chance) noexcept { chance_.store(chance, std::memory_order_relaxed); }
  // Before another lease's or day's fill(): nothing may be bid until then.
  void shut() noexcept { until_.store(0, std::memory_order_release); }

  static constexpr std::uint64_t kAlways = std::uint64_t{1} << 32;

 private:
  Counter used_, offered_;
  std::atomic<Nanos> granted_{0};
  std::atomic<std::int64_t> until_{0};
  std::atomic<std::uint64_t> chance_{kAlways};
};

// One worker's purses. They stay where they are for good.
class Wallet {
 public:
  // Of a number that the banker gave out.
  Purse& purse(AccountNumber number) noexcept {
    return chunks_[number / kChunk].load(std::memory_order_acquire)[number % kChunk];
  }

  // The banker, before it gives out the number. One thread at a time.
  void make_room(AccountNumber number);
  ~Wallet();

 private:
  static constexpr std::size_t kChunk = 256;
  std::array<std::atomic<Purse*>, kAccountsMax / kChunk> chunks_{};
};

}  // namespace bidwell::budget
