// The bytes of an event: a version, the kind, flags (1: late, 2: from_purse), the other fixed fields in little-endian
// order, then the texts, each behind its length.
// Version 1 had no money of budgets: it is read still, as journals on disk outlive an upgrade.
#include "bidwell/events/event.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace bidwell::events {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint8_t kVersion = 2, kVersionWithoutBudgets = 1;
constexpr std::uint8_t kLate = 1, kFromPurse = 2;
constexpr std::size_t kFixedBytes = 3 + 2 * 8 + 12 + 16 + 3 * 8 + 3 * 4 + 4 + 2 * 8;

class Writer {
 public:
  explicit Writer(char* out) : at_(out) {}

  template <class T>
  void number(T value) noexcept {
    std::memcpy(at_, &value, sizeof value);
    at_ += sizeof value;
  }
  template <std::size_t N>
  void bytes(const std::array<std::uint8_t, N>& value) noexcept {
    std::memcpy(at_, value.data(), N);
    at_ += N;
  }
  void text(std::string_view value) noexcept {
    const auto size = static_cast<std::uint16_t>(std::min(value.size(), kTextBytesMax));
    number(size);
    if (size != 0) std::memcpy(at_, value.data(), size);
    at_ += size;
  }
  char* at() const noexcept { return at_; }

 private:
  char* at_;
};

// Once something was missing all that follows is, too.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  void number(T& value) noexcept {
    copy(&value, sizeof value);
  }
  template <std::size_t N>
  void bytes(std::array<std::uint8_t, N>& value) noexcept {
    copy(value.data(), N);
  }
  void text(std::string_view& value) noexcept {
    std::uint16_t size = 0;
    number(size);
    if (!good_ || size > rest_.size()) {
      good_ = false;
      return;
    }
    value = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  bool at_end() const noexcept { return good_ && rest_.empty(); }

 private:
  void copy(void* out, std::size_t size) noexcept {
    if (!good_ || size > rest_.size()) {
      good_ = false;
      return;
    }
    std::memcpy(out, rest_.data(), size);
    rest_.remove_prefix(size);
  }

  std::string_view rest_;
  bool good_ = true;
};

// The texts in their order; the same for both directions.
template <class Each>
void each_text(Each each, auto& event) {
  each(event.exchange);
  each(event.campaign_id);
  each(event.creative_id);
  each(event.imp_id);
  each(event.auction_id);
  each(event.deal_id);
  each(event.client);
}

}  // namespace

std::string_view name(Kind kind) noexcept {
  constexpr std::string_view kNames[kKinds] = {"bid", "win", "bill", "loss", "imp", "click"};
  return kNames[static_cast<std::size_t>(kind)];
}

void write_bid_id(const BidId& id, char* out) noexcept {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const std::uint8_t byte : id) {
    *out++ = kDigits[byte >> 4];
    *out++ = kDigits[byte & 15];
  }
}

std::size_t encode(const Event& event, char* out) noexcept {
  static_assert(kFixedBytes + 7 * (2 + kTextBytesMax) <= kEventBytesMax);
  Writer writer(out);
  writer.number(kVersion);
  writer.number(static_cast<std::uint8_t>(event.kind));
  writer.number(static_cast<std::uint8_t>((event.late ? kLate : 0) | (event.from_purse ? kFromPurse : 0)));
  writer.number(event.at_us);
  writer.number(event.bid_at_ms);
  writer.bytes(event.bid_id);
  writer.bytes(event.user);
  writer.number(event.price);
  writer.number(event.price_max);
  writer.number(event.min_to_win);
  writer.number(event.currency);
  writer.number(event.sampled_ppm);
  writer.number(event.loss_reason);
  writer.number(event.budget_currency);
  writer.number(event.reserved);
  writer.number(event.spend);
  each_text([&](std::string_view text) { writer.text(text); }, event);
  return static_cast<std::size_t>(writer.at() - out);
}

bool decode(std::string_view bytes, Event& event) noexcept {
  std::uint8_t version = 0, kind = 0, flags = 0;
  Reader reader(bytes);
  reader.number(version);
  reader.number(kind);
  reader.number(flags);
  if (version != kVersion && version != kVersionWithoutBudgets) return false;
  if (kind >= kKinds || flags > (version == kVersionWithoutBudgets ? kLate : kLate | kFromPurse)) return false;
  event.kind = static_cast<Kind>(kind);
  event.late = (flags & kLate) != 0;
  event.from_purse = (flags & kFromPurse) != 0;
  reader.number(event.at_us);
  reader.number(event.bid_at_ms);
  reader.bytes(event.bid_id);
  reader.bytes(event.user);
  reader.number(event.price);
  reader.number(event.price_max);
  reader.number(event.min_to_win);
  reader.number(event.currency);
  reader.number(event.sampled_ppm);
  reader.number(event.loss_reason);
  event.budget_currency = kUsd;
  event.reserved = event.spend = kNoPrice;
  if (version != kVersionWithoutBudgets) {
    reader.number(event.budget_currency);
    reader.number(event.reserved);
    reader.number(event.spend);
  }
  each_text([&](std::string_view& text) { reader.text(text); }, event);
  return reader.at_end();
}

}  // namespace bidwell::events
