// How a ledger in Redis is made, and who shall do it.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "budget/redis_ledger_impl.h"

namespace bidwell::budget {
namespace {

using redis::Reply;

constexpr std::size_t kWordsMax = 8'000;  // of a call
constexpr std::chrono::milliseconds kMakingPause{10};

// Only the key that begins with these very bytes.
std::string pattern_of(std::string_view prefix) {
  std::string pattern;
  for (char c : prefix) {
    if (std::string_view("*?[]\\").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern + '*';
}

}  // namespace

std::string RedisLedger::Impl::random_token() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}", random(), random(), random());
}

bool RedisLedger::claim(std::string_view what, std::chrono::seconds time) {
  const std::string name = fmt::format("{}{}{}", impl_->options.prefix, scripts::kClaim, what);
  const std::string for_ms = std::to_string(std::chrono::milliseconds(time).count());
  const std::string_view words[] = {"SET", name, impl_->claimant, "NX", "PX", for_ms};
  bool ours = false;
  impl_->caller.command(words, [&](const Reply& reply) {
    ours = reply.text() == "OK";
    return ours || reply.is_nil();
  });
  return ours;
}

void RedisLedger::disclaim(std::string_view what) {
  impl_->run(scripts::disclaim(), impl_->words({what, impl_->claimant}), Impl::done);
}

bool RedisLedger::make(std::span<const std::pair<std::string, Spent>> spent, std::span<const Advance> positions) {
  const std::string token = Impl::random_token();
  if (!impl_->begin(token)) return false;
  impl_->clear(token);
  impl_->write_positions(token, positions);
  impl_->write_accounts(token, spent);
  impl_->run(scripts::make_finish(), impl_->words({token}), Impl::done);
  return true;
}

// Waits for another maker as long as for any answer.
bool RedisLedger::Impl::begin(std::string_view token) {
  const auto end = std::chrono::steady_clock::now() + options.timeout;
  for (;;) {
    std::int64_t answer = 0;
    run(scripts::make_begin(), words({token}), [&](const Reply& reply) {
      answer = reply.integer();
      return reply.kind() == Reply::Kind::integer;
    });
    if (answer >= 0) return answer == 1;
    if (std::chrono::steady_clock::now() >= end) throw LedgerAway("another instance makes the ledger now");
    caller.pause(kMakingPause);
  }
}

// What is left of one that lost its marker, or was not finished.
void RedisLedger::Impl::clear(std::string_view token) {
  // First, as the accounts that stay are listed anew.
  run(scripts::make_clear(), words({token, options.prefix + "accounts", options.prefix + "positions"}), done);
  const std::string pattern = pattern_of(options.prefix);
  std::string cursor = "0";
  do {
    Words keys = words({token});
    const std::string_view scan[] = {"SCAN", cursor, "MATCH", pattern, "COUNT", "1000"};
    std::string next;
    caller.command(scan, [&](const Reply& reply) {
      next = std::string(reply[0].text());
      for (std::size_t i = 0; i < reply[1].size(); ++i) {
        const std::string_view key = reply[1][i].text();
        if (scripts::is_cleared(key.substr(std::min(options.prefix.size(), key.size())))) keys.emplace_back(key);
      }
      return !next.empty();
    });
    cursor = std::move(next);
    run(scripts::make_clear(), keys, done);
  } while (cursor != "0");
}

void RedisLedger::Impl::write_positions(std::string_view token, std::span<const Advance> positions) {
  for (std::size_t first = 0; first < positions.size(); first += kWordsMax / 2) {
    const auto part = positions.subspan(first, std::min(kWordsMax / 2, positions.size() - first));
    Words all = words({token, std::to_string(part.size())});
    for (const Advance& position : part) {
      all.push_back(position.journal);
      all.push_back(std::to_string(position.to));
    }
    run(scripts::make_write(), all, done);
  }
}

void RedisLedger::Impl::write_accounts(std::string_view token, std::span<const std::pair<std::string, Spent>> spent) {
  Words all = words({token, "0"});
  const auto put_all = [&all](const auto& amounts) {
    for (const auto& [number, amount] : amounts) {
      all.push_back(std::to_string(number));
      all.push_back(std::to_string(amount));
    }
  };
  for (const auto& [campaign, truth] : spent) {
    if (all.size() > kWordsMax) {
      run(scripts::make_write(), all, done);
      all = words({token, "0"});
    }
    all.insert(all.end(), {campaign, std::to_string(truth.in_all), std::to_string(truth.cells.size()),
                           std::to_string(truth.days.size())});
    put_all(truth.cells);
    put_all(truth.days);
  }
  run(scripts::make_write(), all, done);
}

}  // namespace bidwell::budget
