// A Book as bytes: a tag, everything in a fixed order, and a hash of it all. Numbers as they stand in memory.
#include <bit>
#include <cstring>
#include <stdexcept>
#include <type_traits>

#include "bidwell/core/hash.h"
#include "budget/book_impl.h"
#include "budget/bytes.h"

namespace bidwell::budget {
namespace {

constexpr std::string_view kTag = "bidwell book 1\n";

void put_account(ByteWriter& out, const BookAccount& account) {
  out.put(account.stated);
  out.put(account.by_hand);
  out.put(account.day, account.spent, account.open, account.leased, account.used, account.offered, account.chance_ppm,
          account.first_expiry_ms);
  out.put_each(account.days,
               [&](const auto& at) { out.put(at.first, at.second.spent, at.second.open, at.second.leased); });
  out.put_each(account.buckets, [&](const auto& at) { out.put(at.first.first, at.first.second, at.second); });
  out.put(account.spent_cells);
  out.put(account.offered_cells);
  out.put_each(account.leases, [&](const auto& at) {
    const BookLease& lease = at.second;
    out.put(std::string_view(at.first));
    out.put(lease.number, lease.day, lease.granted, lease.used, lease.offered, lease.expires_ms);
  });
}

void get_account(ByteReader& in, BookAccount& account) {
  in.get(account.stated);
  in.get(account.by_hand);
  in.get(account.day, account.spent, account.open, account.leased, account.used, account.offered, account.chance_ppm,
         account.first_expiry_ms);
  in.get_each([&] {
    BookDay& day = account.days[in.get<std::int32_t>()];
    in.get(day.spent, day.open, day.leased);
  });
  in.get_each([&] {
    const auto bucket = in.get<std::int64_t>();
    const auto day = in.get<std::int32_t>();
    in.get(account.buckets[{bucket, day}]);
  });
  in.get(account.spent_cells);
  in.get(account.offered_cells);
  in.get_each([&] {
    BookLease& lease = account.leases[std::string(in.get_text())];
    in.get(lease.number, lease.day, lease.granted, lease.used, lease.offered, lease.expires_ms);
  });
}

void put_ids(ByteWriter& out, const BidIds& ids) {
  out.put_each(ids.buckets(), [&](const auto& bucket) {
    out.put(bucket.first);
    out.put_each(bucket.second, [&](const std::string& id) { out.put(std::string_view(id)); });
  });
}

void get_ids(ByteReader& in, BidIds& ids) {
  in.get_each([&] {
    const auto bucket = in.get<std::int64_t>();
    in.get_each([&] { ids.add(bucket, in.get_text()); });
  });
}

}  // namespace

std::string Book::save() const {
  std::string bytes(kTag);
  ByteWriter out(bytes);
  out.put(impl_->now_ms);
  out.put_each(impl_->accounts, [&](const auto& at) {
    out.put(std::string_view(at.first));
    put_account(out, at.second);
  });
  out.put_each(impl_->positions, [&](const auto& at) {
    out.put(std::string_view(at.first));
    out.put(at.second);
  });
  put_ids(out, impl_->billed);
  put_ids(out, impl_->released);
  out.put(hash64(bytes));
  return bytes;
}

void Book::load(std::string_view bytes) {
  std::uint64_t hash = 0;
  if (!bytes.starts_with(kTag) || bytes.size() < kTag.size() + sizeof hash) throw std::runtime_error("no saved ledger");
  std::memcpy(&hash, bytes.data() + bytes.size() - sizeof hash, sizeof hash);
  bytes.remove_suffix(sizeof hash);
  if (hash != hash64(bytes)) throw std::runtime_error("a saved ledger that is damaged");
  auto loaded = std::make_unique<Impl>(impl_->options);
  ByteReader in(bytes.substr(kTag.size()));
  in.get(loaded->now_ms);
  in.get_each([&] {
    BookAccount& account = loaded->accounts[std::string(in.get_text())];
    get_account(in, account);
  });
  in.get_each([&] {
    std::uint64_t& position = loaded->positions[std::string(in.get_text())];
    in.get(position);
  });
  get_ids(in, loaded->billed);
  get_ids(in, loaded->released);
  in.end();
  impl_ = std::move(loaded);
}

}  // namespace bidwell::budget
