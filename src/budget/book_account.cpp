// The rules of one account: see book.h, step by step.
#include "budget/book_account.h"

#include <algorithm>

namespace bidwell::budget {
namespace {

// What may be bid can come to more than 2^63 in months of much traffic: differences stay right.
Nanos wrapping_sum(Nanos a, Nanos b) noexcept {
  return static_cast<Nanos>((static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b)) &
                            ~(std::uint64_t{1} << 63));
}

// A cell of offers stays here: more of them is no news, and does not overflow.
constexpr Nanos kCellMax = Nanos{1} << 62;

void forget_cells(Cells& cells, std::int64_t kept, std::int64_t now_ms) {
  cells.erase(cells.begin(), cells.upper_bound(cell_of(now_ms / 1000) - kept));
}

}  // namespace

void BookAccount::forget(const LedgerOptions& options, std::int64_t now_ms) {
  day = std::min(day, latest_day(now_ms));
  if (now_ms >= first_expiry_ms) {
    first_expiry_ms = std::numeric_limits<std::int64_t>::max();
    for (auto lease = leases.begin(); lease != leases.end();) {
      const auto next = std::next(lease);
      const std::int64_t expires = lease->second.expires_ms;
      if (expires <= now_ms) {
        end_lease(lease, bucket_of(expires / 1000));
      } else {
        first_expiry_ms = std::min(first_expiry_ms, expires);
      }
      lease = next;
    }
  }
  while (!buckets.empty() && is_over(buckets.begin()->first.first, options.reserve, now_ms)) {
    const auto& [key, amount] = *buckets.begin();
    open -= amount;
    days[key.second].open -= amount;
    buckets.erase(buckets.begin());
  }
  for (auto at = days.begin(); at != days.end() && !keeps_day(at->first);) {
    at = at->second.open == 0 && at->second.leased == 0 ? days.erase(at) : std::next(at);
  }
  forget_cells(spent_cells, kSpentCellsKept, now_ms);
  forget_cells(offered_cells, kOfferedCellsKept, now_ms);
}

void BookAccount::go_back(const LedgerOptions& options, std::int64_t now_ms) {
  const std::int64_t expires_ms = now_ms + std::chrono::milliseconds(options.lease).count();
  for (auto& [holder, lease] : leases) lease.expires_ms = std::min(lease.expires_ms, expires_ms);
  if (!leases.empty()) first_expiry_ms = std::min(first_expiry_ms, expires_ms);
  const std::int64_t bucket = bucket_of(now_ms / 1000);
  while (!buckets.empty() && buckets.rbegin()->first.first > bucket) {
    const auto [key, amount] = *buckets.rbegin();
    buckets.erase(key);
    buckets[{bucket, key.second}] += amount;
  }
}

Standing BookAccount::settle(std::string_view holder, const Statement& statement, const LedgerOptions& options,
                             std::int64_t now_ms) {
  BookLease* const lease = find_lease(holder, statement, now_ms);
  if (lease == nullptr) {
    Standing answer = standing(statement.day);
    answer.lost = true;
    return answer;
  }
  stated = statement.limits;
  chance_ppm = statement.chance_ppm;
  see_day(statement.day);
  use(*lease, statement.used, now_ms);
  if (const Nanos more = statement.offered - lease->offered; more > 0) {
    lease->offered = statement.offered;
    offered = wrapping_sum(offered, more);
    Nanos& cell = offered_cells[cell_of(now_ms / 1000)];
    cell += std::min(more, kCellMax - cell);
  }
  grant(*lease, statement);
  const Nanos granted = lease->granted;
  if (statement.close) {
    leases.erase(leases.find(holder));
  } else {
    lease->expires_ms = now_ms + std::chrono::milliseconds(options.lease).count();
    first_expiry_ms = std::min(first_expiry_ms, lease->expires_ms);
  }
  Standing answer = standing(statement.day);
  answer.granted = granted;
  return answer;
}

BookLease* BookAccount::find_lease(std::string_view holder, const Statement& statement, std::int64_t now_ms) {
  if (!may_be_today(statement.day, now_ms)) return nullptr;
  const auto found = leases.find(holder);
  if (found != leases.end() && found->second.number == statement.lease) {
    return found->second.day == statement.day ? &found->second : nullptr;
  }
  if (statement.used != 0 || (found != leases.end() && found->second.number > statement.lease)) return nullptr;
  if (found != leases.end()) end_lease(found, bucket_of(now_ms / 1000));
  BookLease& lease = leases[std::string(holder)];
  lease.number = statement.lease;
  lease.day = statement.day;
  return &lease;
}

void BookAccount::use(BookLease& lease, Nanos used_now, std::int64_t now_ms) {
  const Nanos more = used_now - lease.used;
  if (more <= 0) return;
  const Nanos covered = std::min(more, lease.granted - lease.used);
  leased -= covered;
  days[lease.day].leased -= covered;
  lease.used = used_now;
  lease.granted = std::max(lease.granted, used_now);
  used += more;
  add_open(bucket_of(now_ms / 1000), lease.day, more);
}

void BookAccount::grant(BookLease& lease, const Statement& statement) {
  const Nanos target = std::max(lease.used, statement.close ? 0 : statement.wanted);
  Nanos more = target - lease.granted;  // negative: goes back
  if (more > 0) {
    const Nanos free = std::max<Nanos>(0, room(statement.day));
    more = std::min(more, std::max(free / 8, std::min(free, statement.least)));
  }
  lease.granted += more;
  leased += more;
  days[lease.day].leased += more;
}

Nanos BookAccount::room(std::int32_t of_day) const {
  const Limits in_force = limits();
  Nanos least = std::numeric_limits<Nanos>::max();
  if (in_force.total) least = *in_force.total - spent - std::max<Nanos>(0, open) - leased;
  if (in_force.daily) {
    if (!keeps_day(of_day)) return 0;  // nobody knows any more what it has spent
    const auto at = days.find(of_day);
    const BookDay today = at == days.end() ? BookDay{} : at->second;
    least = std::min(least, *in_force.daily - today.spent - std::max<Nanos>(0, today.open) - today.leased);
  }
  return least;
}

void BookAccount::end_lease(Leases::iterator lease, std::int64_t from) {
  const BookLease& ended = lease->second;
  const Nanos rest = ended.granted - ended.used;
  leased -= rest;
  days[ended.day].leased -= rest;
  add_open(from, ended.day, rest);
  leases.erase(lease);
}

void BookAccount::add_open(std::int64_t bucket, std::int32_t of_day, Nanos amount) {
  if (amount == 0) return;
  open += amount;
  days[of_day].open += amount;
  buckets[{bucket, of_day}] += amount;
}

void BookAccount::bill(Nanos cost, std::int64_t bid_at, std::int32_t of_day, std::int64_t now_ms) {
  spent += cost;
  if (of_day <= latest_day(now_ms)) {
    see_day(of_day);
    if (keeps_day(of_day)) days[of_day].spent += cost;
  }
  if (cell_of(bid_at) > cell_of(now_ms / 1000) - kSpentCellsKept) spent_cells[cell_of(bid_at)] += cost;
}

void BookAccount::see_day(std::int32_t seen) noexcept {
  day = std::max(day, seen);
}

Limits BookAccount::limits() const {
  return {by_hand.total ? by_hand.total : stated.total, by_hand.daily ? by_hand.daily : stated.daily};
}

Nanos BookAccount::older_than_cells() const {
  Nanos older = spent;
  for (const auto& [cell, amount] : spent_cells) older -= amount;
  return older;
}

Nanos BookAccount::spent_in(std::int64_t cell) const {
  const auto at = spent_cells.find(cell);
  return at == spent_cells.end() ? 0 : at->second;
}

Standing BookAccount::standing(std::int32_t of_day) const {
  const auto at = days.find(of_day);
  const BookDay today = at == days.end() || !keeps_day(of_day) ? BookDay{} : at->second;
  Standing answer;
  answer.limits = limits();
  answer.spent = spent;
  answer.spent_today = today.spent;
  answer.open = open;
  answer.open_today = today.open;
  answer.leased = leased;
  answer.leased_today = today.leased;
  answer.used = used;
  answer.offered = offered;
  answer.chance_ppm = chance_ppm;
  return answer;
}

}  // namespace bidwell::budget
