#include "bidwell/budget/redis_ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include "budget/redis_ledger_impl.h"

namespace bidwell::budget {
namespace {

using redis::Reply;
using Words = std::vector<std::string>;

constexpr std::size_t kStatesMax = 256;  // accounts in one call
constexpr std::size_t kJournalsMax = 8'000;

std::string text_of(const std::optional<Nanos>& limit) {
  return limit ? std::to_string(*limit) : std::string();
}

template <class Number>
bool read(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}
// "": none.
bool read(std::string_view text, std::optional<Nanos>& out) {
  out.reset();
  return text.empty() || text == "-" || read(text, out.emplace());
}

bool read(std::string_view text, Standing& out) {
  const auto next = [&] {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
  };
  out.lost = next() == "1";
  if (!read(next(), out.granted) || !read(next(), out.limits.total) || !read(next(), out.limits.daily)) return false;
  for (Nanos* amount : {&out.spent, &out.spent_today, &out.open, &out.open_today, &out.leased, &out.leased_today,
                        &out.used, &out.offered}) {
    if (!read(next(), *amount)) return false;
  }
  return read(next(), out.chance_ppm);
}

template <class Key>
bool read(const Reply& pairs, std::map<Key, Nanos>& out) {
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    Key key{};
    if (!read(pairs[i].text(), key) || !read(pairs[i + 1].text(), out[key])) return false;
  }
  return true;
}

void put(Words& words, const Statement& statement) {
  words.emplace_back(statement.campaign);
  words.push_back(text_of(statement.limits.total));
  words.push_back(text_of(statement.limits.daily));
  words.push_back(std::to_string(statement.day));
  words.push_back(std::to_string(statement.lease));
  for (Nanos amount : {statement.used, statement.offered, statement.wanted, statement.least}) {
    words.push_back(std::to_string(amount));
  }
  words.emplace_back(statement.close ? "1" : "0");
  words.push_back(std::to_string(statement.chance_ppm));
}

}  // namespace

RedisLedger::RedisLedger(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
RedisLedger::~RedisLedger() = default;

std::vector<Standing> RedisLedger::settle(std::string_view holder, std::span<const Statement> statements) {
  std::vector<Standing> standings(statements.size());
  for (std::size_t first = 0; first < statements.size(); first += scripts::kStatementsMax) {
    const std::size_t count = std::min(scripts::kStatementsMax, statements.size() - first);
    const auto part = statements.subspan(first, count);
    if (!impl_->settle_what_can(holder, part, std::span(standings).subspan(first, count))) {
      throw LedgerAway("Redis: none of the statements was taken");
    }
  }
  return standings;
}

void RedisLedger::Impl::settle(std::string_view holder, std::span<const Statement> statements,
                               std::span<Standing> standings) {
  Words all = words({reserve(), holder, std::to_string(std::chrono::milliseconds(options.ledger.lease).count())});
  for (const Statement& statement : statements) put(all, statement);
  run(scripts::settle(), all, [&](const Reply& reply) {
    if (reply.size() != statements.size()) return false;
    for (std::size_t i = 0; i < statements.size(); ++i) {
      if (!read(reply[i].text(), standings[i])) return false;
    }
    return true;
  });
}

// By halves, so that one among many takes few calls. What a failed call did before it failed may be stated again.
bool RedisLedger::Impl::settle_what_can(std::string_view holder, std::span<const Statement> statements,
                                        std::span<Standing> standings) {
  try {
    settle(holder, statements, standings);
    if (!failing.empty()) {
      for (const Statement& statement : statements) failing.erase(std::string(statement.campaign));
    }
    return true;
  } catch (const ScriptFailed& error) {
    if (statements.size() == 1) {
      if (failing.emplace(statements[0].campaign).second && options.log) {
        options.log(fmt::format("the campaign {} gets no money: {}", statements[0].campaign, error.what()));
      }
      standings[0] = Standing{};
      standings[0].lost = true;
      return false;
    }
  }
  const std::size_t half = statements.size() / 2;
  const bool first = settle_what_can(holder, statements.first(half), standings.first(half));
  const bool second = settle_what_can(holder, statements.subspan(half), standings.subspan(half));
  return first || second;
}

std::vector<std::uint64_t> RedisLedger::positions(std::span<const std::string> journals) {
  std::vector<std::uint64_t> positions(journals.size());
  Words words = impl_->words({});
  words.insert(words.end(), journals.begin(), journals.end());
  impl_->run(scripts::positions(), words, [&](const Reply& reply) {
    if (reply.size() != journals.size()) return false;
    for (std::size_t i = 0; i < journals.size(); ++i) {
      if (!read(reply[i].text(), positions[i])) return false;
    }
    return true;
  });
  return positions;
}

// Piece by piece: one that stands all the while is in it.
std::vector<Advance> RedisLedger::advances() {
  std::map<std::string, std::uint64_t, std::less<>> positions;
  std::string cursor = "0";
  do {
    impl_->run(scripts::advances(), impl_->words({cursor}), [&](const Reply& reply) {
      cursor = std::string(reply[0].text());
      for (std::size_t i = 0; i + 1 < reply[1].size(); i += 2) {
        if (!read(reply[1][i + 1].text(), positions[std::string(reply[1][i].text())])) return false;
      }
      return !cursor.empty();
    });
  } while (cursor != "0");
  std::vector<Advance> advances;
  for (const auto& [journal, position] : positions) advances.push_back({journal, 0, position});
  return advances;
}

void RedisLedger::forget(std::span<const std::string> journals) {
  for (std::size_t first = 0; first < journals.size(); first += kJournalsMax) {
    const auto part = journals.subspan(first, std::min(kJournalsMax, journals.size() - first));
    Words words = impl_->words({});
    words.insert(words.end(), part.begin(), part.end());
    impl_->run(scripts::forget(), words, Impl::done);
  }
}

void RedisLedger::confirm(std::span<const Resolved> resolved, std::span<const Advance> advances) {
  Words words = impl_->words(
      {impl_->reserve(), std::to_string(impl_->options.ledger.repeats.count()), std::to_string(advances.size())});
  words.reserve(words.size() + 3 * advances.size() + 6 * resolved.size());
  for (const Advance& advance : advances) {
    words.push_back(advance.journal);
    words.push_back(std::to_string(advance.from));
    words.push_back(std::to_string(advance.to));
  }
  for (const Resolved& one : resolved) {
    words.emplace_back(one.bid_id);
    words.emplace_back(one.campaign);
    words.push_back(std::to_string(one.day));
    words.push_back(std::to_string(one.bid_at));
    words.push_back(std::to_string(one.reserved));
    words.push_back(text_of(one.cost));
  }
  impl_->run(scripts::confirm(), words, Impl::done);
}

Cells RedisLedger::offered(std::string_view campaign) {
  Cells cells;
  impl_->run(scripts::offered(), impl_->words({impl_->reserve(), campaign}),
             [&](const Reply& reply) { return read(reply, cells); });
  return cells;
}

void RedisLedger::set_limits(std::string_view campaign, const Limits& limits) {
  impl_->run(scripts::set_limits(), impl_->words({campaign, text_of(limits.total), text_of(limits.daily)}), Impl::done);
}

std::vector<AccountState> RedisLedger::accounts() {
  std::vector<std::string> names;
  impl_->run(scripts::names(), impl_->words({}), [&](const Reply& reply) {
    for (std::size_t i = 0; i < reply.size(); ++i) names.emplace_back(reply[i].text());
    return true;
  });
  std::sort(names.begin(), names.end());
  std::vector<AccountState> states(names.size());
  for (std::size_t first = 0; first < names.size(); first += kStatesMax) {
    const std::size_t count = std::min(kStatesMax, names.size() - first);
    Words words = impl_->words({impl_->reserve()});
    words.insert(words.end(), &names[first], &names[first] + count);
    impl_->run(scripts::states(), words, [&](const Reply& reply) {
      if (reply.size() != count) return false;
      for (std::size_t i = 0; i < count; ++i) {
        AccountState& state = states[first + i];
        state.campaign = names[first + i];
        state.holders = static_cast<std::size_t>(reply[i][4].integer());
        if (!read(reply[i][0].text(), state.by_hand.total) || !read(reply[i][1].text(), state.by_hand.daily) ||
            !read(reply[i][2].text(), state.day) || !read(reply[i][3].text(), state.standing)) {
          return false;
        }
      }
      return true;
    });
  }
  return states;
}

Spent RedisLedger::spent(std::string_view campaign) {
  Spent spent;
  impl_->run(scripts::spent(), impl_->words({impl_->reserve(), campaign}), [&](const Reply& reply) {
    return read(reply[0].text(), spent.in_all) && read(reply[1], spent.cells) && read(reply[2], spent.days);
  });
  return spent;
}

bool RedisLedger::mend(std::string_view campaign, std::int64_t cell, std::int32_t day, Nanos expected,
                       Nanos difference) {
  bool mended = false;
  impl_->run(scripts::mend(),
             impl_->words({impl_->reserve(), campaign, std::to_string(cell), std::to_string(day),
                           std::to_string(expected), std::to_string(difference)}),
             [&](const Reply& reply) {
               mended = reply.integer() == 1;
               return reply.kind() == Reply::Kind::integer;
             });
  return mended;
}

bool RedisLedger::exists() {
  bool there = false;
  const std::string_view words[] = {"EXISTS", impl_->marker};
  impl_->caller.command(words, [&](const Reply& reply) {
    there = reply.integer() == 1;
    return reply.kind() == Reply::Kind::integer;
  });
  return there;
}

void RedisLedger::interrupt() noexcept {
  impl_->caller.interrupt();
}

}  // namespace bidwell::budget
