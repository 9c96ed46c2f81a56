// An event as a line of JSON, appended by hand: 40,000 of them are a batch. Whatever bytes its texts hold, the line is
// valid JSON in valid UTF-8 and has no line end in it.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "bidwell/events/ndjson.h"
#include "events/calendar.h"
#include "events/utf8.h"

namespace bidwell::events {
namespace {

constexpr std::size_t kFixedBytesMax = 896;  // of a line: all names, numbers and punctuation
constexpr std::size_t kEscapedMax = 6;       // bytes that one byte of a text can become
constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr char kDigits[] = "0123456789abcdef";

constexpr bool is_plain(unsigned char c) noexcept {
  return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

// Into room that was made for the whole line.
class Line {
 public:
  explicit Line(char* out) noexcept : at_(out) {}

  void raw(std::string_view text) noexcept {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void key(std::string_view name) noexcept {
    *at_++ = first_ ? '{' : ',';
    first_ = false;
    *at_++ = '"';
    raw(name);
    raw("\":");
  }
  void text(std::string_view name, std::string_view value) noexcept {
    if (value.empty()) return;
    key(name);
    *at_++ = '"';
    escaped(value);
    *at_++ = '"';
  }
  void number(std::string_view name, std::int64_t value) noexcept {
    key(name);
    at_ = std::to_chars(at_, at_ + 24, value).ptr;
  }
  void amount(std::string_view name, std::int64_t value) noexcept {
    if (value != kNoPrice) number(name, value);
  }
  void time(std::string_view name, std::int64_t us, bool with_micros) noexcept {
    key(name);
    *at_++ = '"';
    at_ = write_time(at_, us, with_micros);
    *at_++ = '"';
  }
  template <std::size_t N>
  void hex(std::string_view name, const std::array<std::uint8_t, N>& bytes) noexcept {
    key(name);
    *at_++ = '"';
    for (const std::uint8_t byte : bytes) {
      *at_++ = kDigits[byte >> 4];
      *at_++ = kDigits[byte & 15];
    }
    *at_++ = '"';
  }
  void currency(std::string_view key, CurrencyCode code) noexcept {
    const char letters[3] = {static_cast<char>(code >> 16), static_cast<char>(code >> 8), static_cast<char>(code)};
    const std::string_view name(letters, 3);
    if (code != 0 && currency_code(name) == code) text(key, name);
  }
  char* end() noexcept {
    *at_++ = '}';
    return at_;
  }

 private:
  void escaped(std::string_view value) noexcept {
    while (!value.empty()) {
      std::size_t plain = 0;
      while (plain < value.size() && is_plain(static_cast<unsigned char>(value[plain]))) ++plain;
      raw(value.substr(0, plain));
      value.remove_prefix(plain);
      if (value.empty()) return;
      const auto c = static_cast<unsigned char>(value.front());
      std::size_t used = 1;
      if (c == '"' || c == '\\') {
        *at_++ = '\\';
        *at_++ = static_cast<char>(c);
      } else if (c < 0x20) {
        raw("\\u00");
        *at_++ = kDigits[c >> 4];
        *at_++ = kDigits[c & 15];
      } else if (const std::size_t size = utf8_size(value); size != 0) {
        raw(value.substr(0, size));
        used = size;
      } else {
        raw(kReplacement);
      }
      value.remove_prefix(used);
    }
  }

  char* at_;
  bool first_ = true;
};

std::size_t size_max(const Event& event) noexcept {
  return kFixedBytesMax +
         kEscapedMax * (event.exchange.size() + event.campaign_id.size() + event.creative_id.size() +
                        event.imp_id.size() + event.auction_id.size() + event.deal_id.size() + event.client.size());
}

}  // namespace

void append_json(const Event& event, std::string& out) {
  const std::size_t before = out.size();
  out.resize(before + size_max(event));
  Line line(out.data() + before);
  const bool is_bid = event.kind == Kind::bid;
  line.text("kind", name(event.kind));
  line.time("at", event.at_us, true);
  if (event.bid_at_ms > 0) line.time("bid_at", std::min(event.bid_at_ms, kLastUs / 1000) * 1000, false);
  line.hex("bid_id", event.bid_id);
  line.text("exchange", event.exchange);
  line.text("campaign_id", event.campaign_id);
  line.text("creative_id", event.creative_id);
  line.text("auction_id", event.auction_id);
  line.text("imp_id", event.imp_id);
  line.text("deal_id", event.deal_id);
  line.amount("price_micros", event.price);
  line.amount("price_max_micros", event.price_max);
  line.currency("currency", event.currency);
  if (event.user != UserKey{}) line.hex("user_key", event.user);
  if (is_bid) line.number("sample_ppm", event.sampled_ppm);
  if (event.loss_reason >= 0) line.number("loss_reason", event.loss_reason);
  line.amount("min_to_win_micros", event.min_to_win);
  line.amount("reserved_nanos", event.reserved);
  line.amount("spend_nanos", event.spend);
  if (event.reserved != kNoPrice || event.spend != kNoPrice) line.currency("budget_currency", event.budget_currency);
  if (!is_bid) {
    line.key("late");
    line.raw(event.late ? "true" : "false");
  }
  line.text("client", event.client);
  out.resize(static_cast<std::size_t>(line.end() - out.data()));
}

}  // namespace bidwell::events
