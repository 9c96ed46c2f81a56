// What it costs to ask a candidate's purse whether it may bid: with the lot that is drawn for it, while another thread
// fills the purses as the banker does, though a thousand times as often. One purse, and 10,000 of them at random (640
// KB). "pass" counts an offer and a bid as well: the most that a purse has to do for one candidate.
#include <benchmark/benchmark.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "bidwell/budget/wallet.h"
#include "bidwell/core/hash.h"

namespace bidwell::bench {
namespace {

using budget::AccountNumber;
using budget::Purse;
using budget::Steady;

constexpr std::size_t kDraws = 1 << 16;
constexpr Nanos kCost = 2'000'000;
const Steady kNow{std::chrono::seconds(1000)};

class Filler {
 public:
  Filler(budget::Wallet& wallet, AccountNumber count)
      : thread_([this, &wallet, count] {
          while (!over_.load(std::memory_order_relaxed)) {
            for (AccountNumber i = 0; i < count; ++i) fill(wallet.purse(i));
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
          }
        }) {}
  ~Filler() {
    over_.store(true, std::memory_order_relaxed);
    thread_.join();
  }
  static void fill(Purse& purse) {
    purse.set_chance(Purse::kAlways / 2);
    purse.fill(purse.used() + 10'000'000 * kCost, kNow + std::chrono::seconds(10));
  }

 private:
  std::atomic<bool> over_{false};
  std::thread thread_;
};

template <AccountNumber count, bool bids>
void ask(benchmark::State& state) {
  budget::Wallet wallet;
  std::mt19937_64 random(1);
  for (AccountNumber i = 0; i < count; ++i) wallet.make_room(i), Filler::fill(wallet.purse(i));
  std::vector<AccountNumber> draws(kDraws);
  for (AccountNumber& draw : draws) draw = static_cast<AccountNumber>(random() % count);
  const Filler filler(wallet, count);
  std::size_t at = 0;
  for (auto _ : state) {
    const AccountNumber number = draws[at++ % kDraws];
    Purse& purse = wallet.purse(number);
    const auto answer = purse.ask(kCost, 0, mix(at, number), kNow);
    if (bids) {
      purse.offer(kCost);
      if (answer == Purse::Answer::yes) purse.use(kCost);
    }
    benchmark::DoNotOptimize(answer);
  }
}

BENCHMARK(ask<1, false>)->Name("purse_ask_one");
BENCHMARK(ask<10'000, false>)->Name("purse_ask_many");
BENCHMARK(ask<1, true>)->Name("purse_pass_one");
BENCHMARK(ask<10'000, true>)->Name("purse_pass_many");

}  // namespace
}  // namespace bidwell::bench
