// What a Book is made of: the accounts, the journals' positions, and the bids that were billed or released lately.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <map>
#include <string>
#include <string_view>

#include "bidwell/budget/book.h"
#include "budget/book_account.h"

namespace bidwell::budget {

// Bid ids by the bucket they were made in, to be forgotten by whole buckets.
class BidIds {
 public:
  using Buckets = std::map<std::int64_t, boost::unordered_flat_set<std::string>>;

  bool contains(std::int64_t bucket, const std::string& id) const {
    const auto at = buckets_.find(bucket);
    return at != buckets_.end() && at->second.contains(id);
  }
  void add(std::int64_t bucket, std::string_view id) { buckets_[bucket].emplace(id); }
  void forget(std::chrono::seconds kept, std::int64_t now_ms) {
    while (!buckets_.empty() && is_over(buckets_.begin()->first, kept, now_ms)) buckets_.erase(buckets_.begin());
  }
  const Buckets& buckets() const noexcept { return buckets_; }

 private:
  Buckets buckets_;
};

struct Book::Impl {
  explicit Impl(const LedgerOptions& its_options) : options(its_options) {}

  const LedgerOptions options;
  std::int64_t now_ms = 0;
  std::map<std::string, BookAccount, std::less<>> accounts;
  std::map<std::string, std::uint64_t, std::less<>> positions;
  BidIds billed, released;  // released alone, by a loss: no use any more when their bucket is over

  void pass(std::int64_t to_ms);
  BookAccount& account(std::string_view campaign);  // made where there is none
  const BookAccount* find(std::string_view campaign) const;
  void advance(std::span<const Advance> advances);
  void resolve(const Resolved& resolved);
};

}  // namespace bidwell::budget
