// The ledger of all instances, in Redis: Lua scripts do what Book does, atomically and on Redis' clock. src/budget/
// redis_scripts.h says how it stands there. One server, no cluster; it must not evict its keys (maxmemory-policy
// noeviction or volatile-*; looked at when connecting, and complained of). Where volatile-* evicts the bids that are
// remembered, their repeats count twice until reconciled.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "bidwell/budget/ledger.h"
#include "bidwell/redis/options.h"

namespace bidwell::budget {

// For one thread, but for interrupt(); make one for each. Connects when first used, and again when it has to.
class RedisLedger final : public Ledger {
 public:
  struct Options {
    LedgerOptions ledger;
    redis::Options redis;
    std::string prefix = "bidwell:budget:";            // another ledger's may begin with it, as "hand:eu:" with "hand:"
    std::chrono::milliseconds timeout{500};            // of connecting, and of each answer; most calls wait for one
    std::uint64_t seed = 0;                            // of the pauses between attempts to connect
    std::function<void(const std::string& line)> log;  // may be null
    std::int64_t (*now_ms)() = nullptr;                // Unix milliseconds; null: Redis' own
  };
  explicit RedisLedger(Options options);
  ~RedisLedger() override;

  std::vector<Standing> settle(std::string_view holder, std::span<const Statement> statements) override;
  std::vector<std::uint64_t> positions(std::span<const std::string> journals) override;
  std::vector<Advance> advances() override;
  void confirm(std::span<const Resolved> resolved, std::span<const Advance> advances) override;
  Cells offered(std::string_view campaign) override;
  void set_limits(std::string_view campaign, const Limits& limits) override;
  std::vector<AccountState> accounts() override;
  Spent spent(std::string_view campaign) override;
  bool mend(std::string_view campaign, std::int64_t cell, std::int32_t day, Nanos expected, Nanos difference) override;
  bool exists() override;
  bool make(std::span<const std::pair<std::string, Spent>> spent, std::span<const Advance> positions) override;
  bool claim(std::string_view what, std::chrono::seconds time) override;
  void disclaim(std::string_view what) override;
  void forget(std::span<const std::string> journals) override;
  void interrupt() noexcept override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::budget
