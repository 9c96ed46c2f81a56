// What RedisLedger's two halves share: the calls, and the making of a ledger.
#pragma once

#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bidwell/budget/redis_ledger.h"
#include "budget/redis_caller.h"
#include "budget/redis_scripts.h"

namespace bidwell::budget {

struct RedisLedger::Impl {
  explicit Impl(Options given)
      : options(std::move(given)),
        marker(options.prefix + std::string(scripts::kLedger)),
        caller(options.redis, options.timeout, options.seed, options.log) {}

  using Words = std::vector<std::string>;

  const Options options;
  const std::string marker;
  const std::string claimant = random_token();  // of this object alone, whatever `seed` is
  RedisCaller caller;
  std::set<std::string, std::less<>> failing;  // campaigns whose statements Redis could not take, last time

  static std::string random_token();
  static bool done(const redis::Reply&) { return true; }

  // What each script's arguments begin with.
  Words words(std::initializer_list<std::string_view> more) const {
    Words all{options.now_ms == nullptr ? std::string() : std::to_string(options.now_ms())};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::string reserve() const { return std::to_string(options.ledger.reserve.count()); }

  void run(const redis::Script& script, const Words& arguments, const RedisCaller::Take& take) {
    caller.evaluate(script, marker, arguments, take);
  }

  void settle(std::string_view holder, std::span<const Statement> statements, std::span<Standing> standings);
  // Tells whether any was settled. Those that Redis stumbles over are lost.
  bool settle_what_can(std::string_view holder, std::span<const Statement> statements, std::span<Standing> standings);

  // The parts of make().
  bool begin(std::string_view token);
  void clear(std::string_view token);
  void write_positions(std::string_view token, std::span<const Advance> positions);
  void write_accounts(std::string_view token, std::span<const std::pair<std::string, Spent>> spent);
};

}  // namespace bidwell::budget
