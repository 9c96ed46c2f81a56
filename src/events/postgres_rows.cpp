#include "events/postgres_rows.h"

#include <charconv>
#include <cstring>

#include "events/calendar.h"
#include "events/utf8.h"

namespace bidwell::events {
namespace {

using std::chrono::days;

constexpr char kHexDigits[] = "0123456789abcdef";

char* write_raw(std::string_view text, char* out) noexcept {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* write_null(char* out) noexcept {
  *out++ = '\\';
  *out++ = 'N';
  return out;
}

char* write_number(std::int64_t value, char* out) noexcept {
  return std::to_chars(out, out + 20, value).ptr;
}

// What is negative was not said.
char* write_number_or_null(std::int64_t value, char* out) noexcept {
  return value < 0 ? write_null(out) : write_number(value, out);
}

// Printable ASCII but backslashes: is valid and needs no escapes. Eight bytes at a time, as in "Bit Twiddling Hacks"
// (haszero, hasless); may say no to some that are.
bool plain(std::string_view text) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  const auto odd = [](std::uint64_t eight) {
    const std::uint64_t slash = eight ^ kOnes * '\\';
    return (eight | ((eight - kOnes * 0x20) & ~eight) | ((slash - kOnes) & ~slash)) & kHigh;
  };
  std::uint64_t seen = 0, eight = 0;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::memcpy(&eight, text.data() + at, 8);
    seen |= odd(eight);
  }
  if (at < text.size()) {
    eight = kOnes * ' ';
    std::memcpy(&eight, text.data() + at, text.size() - at);
    seen |= odd(eight);
  }
  return seen == 0;
}

char* write_text(std::string_view text, char* out) noexcept {
  if (plain(text)) return write_raw(text, out);
  for (const char c : text) {
    const char letter = c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : c;
    if (letter != c || c == '\\') *out++ = '\\';
    *out++ = letter;
  }
  return out;
}

char* write_text_or_null(std::string_view text, char* out) noexcept {
  return text.empty() ? write_null(out) : write_text(text, out);
}

// A backslash of COPY's, one of bytea's.
char* write_bytes(std::string_view bytes, char* out) noexcept {
  out = write_raw("\\\\x", out);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    *out++ = kHexDigits[byte >> 4];
    *out++ = kHexDigits[byte & 0xf];
  }
  return out;
}

char* write_user(const UserKey& user, char* out) noexcept {
  if (user == UserKey{}) return write_null(out);
  return write_bytes({reinterpret_cast<const char*>(user.data()), user.size()}, out);
}

char* write_currency(CurrencyCode code, char* out) noexcept {
  for (const int shift : {16, 8, 0}) *out++ = static_cast<char>(code >> shift & 0xff);
  return out;
}

char* write_id(const BidId& id, char* out) noexcept {
  write_bid_id(id, out);
  return out + kBidIdTextSize;
}

bool real(CurrencyCode code) noexcept {
  const char letters[] = {static_cast<char>(code >> 16 & 0xff), static_cast<char>(code >> 8 & 0xff),
                          static_cast<char>(code & 0xff)};
  return code != 0 && currency_code({letters, 3}) == code;
}

bool possible(Micros price) noexcept {
  return price >= 0 && price <= kMaxMicros;
}

bool possible_or_unsaid(Micros price) noexcept {
  return price == kNoPrice || possible(price);
}

}  // namespace

std::chrono::sys_days day_of(const Event& event) noexcept {
  return std::chrono::floor<days>(
      std::chrono::sys_time<std::chrono::milliseconds>{std::chrono::milliseconds(event.bid_at_ms)});
}

bool storable(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t size = first == 0 ? 0 : first < 0x80 ? 1 : utf8_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

const char* fault(const Event& event, const DayRange& range) noexcept {
  if (static_cast<std::size_t>(event.kind) >= kKinds) return "unknown kind";
  // Compared in their own units: a time of 2^63 ms has no day.
  const auto begin = std::chrono::sys_time<std::chrono::milliseconds>{range.first}.time_since_epoch().count();
  const auto end = std::chrono::sys_time<std::chrono::milliseconds>{range.last + days(1)}.time_since_epoch().count();
  if (event.bid_at_ms < begin) return "bid_at is too far in the past";
  if (event.bid_at_ms >= end) return "bid_at is in the future";
  if (event.at_us < begin * 1000 || event.at_us >= end * 1000) return "an absurd time";
  if (!real(event.currency)) return "no currency";
  if (event.kind == Kind::bid) {
    if (!possible(event.price)) return "price out of range";
    if (event.sampled_ppm == 0 || event.sampled_ppm > kEveryBid) return "sampled_ppm out of range";
  } else if (!possible_or_unsaid(event.price) || !possible_or_unsaid(event.price_max) ||
             !possible_or_unsaid(event.min_to_win)) {
    return "price out of range";
  } else if (event.spend < kNoPrice || (event.spend != kNoPrice && !real(event.budget_currency))) {
    return "spend out of range";
  }
  for (const std::string_view text : {event.exchange, event.campaign_id, event.creative_id, event.imp_id,
                                      event.auction_id, event.deal_id, event.client}) {
    if (text.size() > kTextBytesMax) return "a text is too long";
    if (!plain(text) && !storable(text)) return "a text has a NUL or is not UTF-8";
  }
  return nullptr;
}

char* write_bid(const Event& event, char* out) noexcept {
  out = write_time(out, event.bid_at_ms * 1000, true);
  *out++ = '\t';
  out = write_number(event.price, out);
  *out++ = '\t';
  out = write_number(event.sampled_ppm, out);
  *out++ = '\t';
  out = write_currency(event.currency, out);
  *out++ = '\t';
  out = write_id(event.bid_id, out);
  for (const std::string_view text :
       {event.exchange, event.campaign_id, event.creative_id, event.auction_id, event.imp_id}) {
    *out++ = '\t';
    out = write_text(text, out);
  }
  *out++ = '\t';
  out = write_text_or_null(event.deal_id, out);
  *out++ = '\t';
  out = write_user(event.user, out);
  *out++ = '\n';
  return out;
}

char* write_notice(const Event& event, char* out) noexcept {
  out = write_time(out, event.bid_at_ms * 1000, true);
  *out++ = '\t';
  out = write_time(out, event.at_us, true);
  for (const std::int64_t number : {event.price, event.price_max, event.min_to_win, Micros{event.loss_reason}}) {
    *out++ = '\t';
    out = write_number_or_null(number, out);
  }
  out = write_raw(event.late ? "\tt\t" : "\tf\t", out);
  out = write_raw(name(event.kind), out);
  *out++ = '\t';
  out = write_currency(event.currency, out);
  *out++ = '\t';
  out = write_id(event.bid_id, out);
  for (const std::string_view text : {event.exchange, event.campaign_id, event.creative_id, event.imp_id}) {
    *out++ = '\t';
    out = write_text(text, out);
  }
  *out++ = '\t';
  out = write_text_or_null(event.client, out);
  *out++ = '\t';
  out = write_user(event.user, out);
  *out++ = '\t';
  out = write_number_or_null(event.spend, out);
  *out++ = '\t';
  out = event.spend == kNoPrice ? write_null(out) : write_currency(event.budget_currency, out);
  *out++ = '\n';
  return out;
}

std::string rejected_line(std::string_view journal, std::uint64_t position, std::string_view reason,
                          std::string_view bytes) {
  std::string line(64 + 2 * (journal.size() + reason.size() + bytes.size()), '\0');
  char* out = write_number(static_cast<std::int64_t>(position), line.data());
  *out++ = '\t';
  out = write_text(journal, out);
  *out++ = '\t';
  out = write_text(reason, out);
  *out++ = '\t';
  out = write_bytes(bytes, out);
  *out++ = '\n';
  line.resize(static_cast<std::size_t>(out - line.data()));
  return line;
}

}  // namespace bidwell::events
