// The life of a notice: see NoticeDesk::handle().
#include "bidwell/exchange/notice_handler.h"

#include <algorithm>
#include <charconv>

#include "bidwell/core/hash.h"
#include "bidwell/http/network.h"
#include "exchange/landing.h"
#include "exchange/notice_query.h"

namespace bidwell::exchange {
namespace {

using events::Kind;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

// A token's time may be ahead of ours by what clocks differ.
constexpr milliseconds kAheadMax{60'000};

// What of a browser's address is recorded: where it is, not who.
constexpr unsigned kV4Bits = 24, kV6Bits = 48;

// Leaves room in an answer's head of 4 KiB.
constexpr std::size_t kLocationMax = 3584;

// One pixel, transparent.
constexpr std::string_view kGif(
    "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00"
    "\x01\x00\x00\x02\x02"
    "D\x01\x00;",
    43);

constexpr std::string_view kNoStore = "Cache-Control: no-store\r\n";
constexpr std::string_view kRetry = "Retry-After: 2\r\n";
constexpr std::string_view kNoStoreRetry = "Cache-Control: no-store\r\nRetry-After: 2\r\n";

struct Outcome {
  std::string_view name;
  unsigned status;
  std::string_view reason = {};
};
constexpr Outcome kOutcomes[kNoticeResults] = {
    {"recorded", 200},
    {"audit", 200},
    {"malformed_token", 400, "not a token"},
    {"unknown_key", 403, "token signed with a key unknown here"},
    {"forged_token", 403, "the token's signature does not match"},
    {"expired_token", 410, "token expired"},
    {"foreign_token", 403, "token not of this bidder's present exchanges or time"},
    {"malformed_price", 400, "p is not a price in this exchange's form"},
    {"price_too_high", 400, "p is above what was bid"},
    {"wrong_currency", 400, "c is not the currency of the bid"},
    {"unknown_creative", 404, "no landing page"},
    {"no_room", 503, "cannot be recorded now"},
    {"not_durable", 503, "not safely recorded in time"},
};

bool from_browser(Kind kind) {
  return kind == Kind::imp || kind == Kind::click;
}

// Of what the bid reserved as much as the price is of the highest that it may be: rounded against us, never above it.
Nanos spend_of(Micros price, const BidToken& token) {
  if (price == events::kNoPrice) return token.reserved;
  if (token.reserved == token.price_max) return price;
  if (token.price_max == 0) return 0;
  return std::min(scale(price, token.reserved, token.price_max, Rounding::up), token.reserved);
}

bool counts(Kind kind, SpendOn spend_on) {
  return kind == (spend_on == SpendOn::bill ? Kind::bill : Kind::win);
}

std::uint64_t read_u64(const std::uint8_t* bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | bytes[i];
  return value;
}

cache::Key key_of(const events::UserKey& user) {
  return {read_u64(user.data()), read_u64(user.data() + 8)};
}

// The same for every repeat of the notice, at whichever instance.
std::uint32_t mark_of(const events::Event& event) {
  const std::string_view id(reinterpret_cast<const char*>(event.bid_id.data()), event.bid_id.size());
  return static_cast<std::uint32_t>(hash64(id, static_cast<std::uint64_t>(event.kind)));
}

using CapsToFill = std::array<profile::CapToFill, profile::kCapsToFillMax>;

// Those of the campaign that count this showing. Its advertiser's other campaigns may have caps that it fills, too: of
// those the others hear when they next read the history.
std::size_t caps_to_fill(const catalog::CompiledCampaign& campaign, const profile::Show& show, CapsToFill& out) {
  std::size_t count = 0;
  for (const catalog::Cap& cap : campaign.source->caps) {
    const bool billing = cap.counted == catalog::Cap::Counted::billing;
    if (billing != (show.kind == profile::Showing::billing) || count == out.size()) continue;
    profile::CapToFill& fill = out[count++];
    fill.counted = show.kind;
    fill.times = cap.times;
    fill.per_seconds = static_cast<std::uint32_t>(cap.per.count());
    switch (cap.of) {
      case catalog::Cap::Of::campaign:
        fill.what = profile::History::Subject::campaign;
        fill.subject = show.campaign;
        break;
      case catalog::Cap::Of::creative:
        fill.what = profile::History::Subject::creative;
        fill.subject = show.creative;
        break;
      case catalog::Cap::Of::advertiser:
        fill.what = profile::History::Subject::advertiser;
        fill.subject = show.advertiser;
        break;
    }
  }
  return count;
}

NoticeResult result_of(TokenError error) {
  switch (error) {
    case TokenError::none: return NoticeResult::recorded;
    case TokenError::malformed: return NoticeResult::malformed_token;
    case TokenError::unknown_key: return NoticeResult::unknown_key;
    case TokenError::forged: return NoticeResult::forged_token;
  }
  return NoticeResult::forged_token;
}

// OpenRTB 2.6, list 5.25. Exchanges have codes of their own from 1000 on.
std::optional<std::int32_t> read_loss(std::string_view text) {
  std::int32_t reason = -1;
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, reason);
  if (error != std::errc{} || after != end || reason < 0) return std::nullopt;
  return reason;
}

// It may come in plain where the price does not.
std::optional<Micros> read_min_to_win(std::string_view text, const ExchangeOptions& options) {
  const auto price = read_price(text, options.price_format, options.google_price_keys);
  return price ? price : read_price(text, PriceFormat::plain, options.google_price_keys);
}

}  // namespace

std::string_view name(NoticeResult result) noexcept {
  return kOutcomes[static_cast<std::size_t>(result)].name;
}

class NoticeDesk::Handler final : public http::Handler {
 public:
  Handler(NoticeDesk& desk, Kind kind) : desk_(desk), kind_(kind) {}
  void handle(const http::Request& request, http::Response& response) override {
    desk_.handle(kind_, request, response);
  }

 private:
  NoticeDesk& desk_;
  const Kind kind_;
};

// What is known of one while it is handled. The event's views point into the desk's scratch and into this.
struct NoticeDesk::Notice {
  events::Event event;
  BidToken token;
  const Exchange* exchange = nullptr;
  NoticeQuery query;
  unsigned unread = 0;  // NoticeCounters::unread
  char client[http::kNetworkTextSize];
};

NoticeDesk::NoticeDesk(const TokenKeys& keys, const std::deque<Exchange>& exchanges, events::Journal& journal,
                       std::shared_ptr<const catalog::Snapshot> snapshot, const Options& options)
    : keys_(keys),
      exchanges_(exchanges),
      options_(options),
      journal_(journal),
      snapshot_(std::move(snapshot)),
      location_(kLocationMax) {}

std::unique_ptr<http::Handler> NoticeDesk::handler(Kind kind) {
  return std::make_unique<Handler>(*this, kind);
}

// With await_durable a good one goes through here twice: it is appended and parked, then answered.
void NoticeDesk::handle(Kind kind, const http::Request& request, http::Response& response) {
  Notice notice;
  notice.event.kind = kind;
  NoticeResult result = check(request, notice);
  if (result == NoticeResult::recorded && !record(request, notice, response, result)) return;
  result = answer(notice, result, response);
  counters_.results[static_cast<std::size_t>(kind)][static_cast<std::size_t>(result)].add();
}

NoticeResult NoticeDesk::check(const http::Request& request, Notice& notice) {
  events::Event& event = notice.event;
  BidToken& token = notice.token;
  const Audience audience = from_browser(event.kind) ? Audience::browser : Audience::exchange;
  const TokenError error = keys_.verify(request.rest, audience, scratch_, token);
  if (error != TokenError::none) return result_of(error);
  notice.query.add(request.query);
  if (request.method == http::Method::post && looks_like_form(request.body)) notice.query.add(request.body);
  if (token.exchange.empty()) return NoticeResult::audit;

  const auto exchange = std::ranges::find_if(
      exchanges_, [&](const Exchange& candidate) { return candidate.options().name == token.exchange; });
  if (exchange == exchanges_.end()) return NoticeResult::foreign_token;
  notice.exchange = &*exchange;

  const auto now = options_.clock.wall().time_since_epoch();
  const auto age = duration_cast<milliseconds>(now) - milliseconds(token.bid_at_ms);
  if (age < -kAheadMax) return NoticeResult::foreign_token;
  if (age > options_.age_max) return NoticeResult::expired_token;

  event.at_us = duration_cast<std::chrono::microseconds>(now).count();
  event.bid_at_ms = token.bid_at_ms;
  event.bid_id = token.bid_id;
  event.user = token.user;
  event.exchange = token.exchange;
  event.campaign_id = token.campaign_id;
  event.creative_id = token.creative_id;
  event.imp_id = token.imp_id;
  event.price_max = token.price_max;
  event.currency = token.currency;
  event.late = age > options_.loss_after;

  if (!from_browser(event.kind)) return check_prices(notice);
  if (const auto address = http::parse_ip(request.client)) {
    const char* const end = http::write_network(notice.client, http::Network::around(*address, kV4Bits, kV6Bits));
    event.client = {notice.client, static_cast<std::size_t>(end - notice.client)};
  }
  return NoticeResult::recorded;
}

NoticeResult NoticeDesk::check_prices(Notice& notice) {
  const NoticeQuery& query = notice.query;
  const ExchangeOptions& options = notice.exchange->options();
  events::Event& event = notice.event;
  if (query.audit()) return NoticeResult::audit;
  if (query.price.state() == MacroState::value) {
    const auto price = read_price(query.price.text(), options.price_format, options.google_price_keys);
    if (!price) return NoticeResult::malformed_price;
    if (event.kind != Kind::loss && *price > event.price_max) return NoticeResult::price_too_high;
    event.price = *price;
  }
  if (query.currency.state() == MacroState::value && currency_code(query.currency.text()) != event.currency) {
    return NoticeResult::wrong_currency;
  }
  if (event.kind != Kind::bill && query.min_to_win.state() == MacroState::value) {
    const auto price = read_min_to_win(query.min_to_win.text(), options);
    event.min_to_win = price.value_or(events::kNoPrice);
    notice.unread += !price;
  }
  if (event.kind == Kind::loss && query.loss.state() == MacroState::value) {
    const auto reason = read_loss(query.loss.text());
    event.loss_reason = reason.value_or(-1);
    notice.unread += !reason;
  }
  event.reserved = notice.token.reserved;
  event.from_purse = notice.token.from_purse;
  event.budget_currency = notice.token.budget_currency;
  if (counts(event.kind, options.spend_on)) event.spend = spend_of(event.price, notice.token);
  return NoticeResult::recorded;
}

// False: it is parked, and there is no answer yet.
bool NoticeDesk::record(const http::Request& request, const Notice& notice, http::Response& response,
                        NoticeResult& result) {
  if (request.resumed) {
    result = confirming_ ? NoticeResult::recorded : NoticeResult::not_durable;
    return true;
  }
  const auto deadline = request.received + options_.durable_wait;
  const std::uint64_t ticket = options_.await_durable ? response.park(deadline) : 0;
  if (options_.await_durable && ticket == 0) {
    result = NoticeResult::not_durable;
    return true;
  }
  char* const room = journal_.reserve(events::kEventBytesMax, events::Journal::Priority::notice);
  if (room == nullptr) {
    response.stay();
    result = NoticeResult::no_room;
    return true;
  }
  const std::uint64_t position = journal_.publish(events::encode(notice.event, room));
  const Kind kind = notice.event.kind;
  if (notice.event.late) counters_.late.add();
  if ((kind == Kind::win || kind == Kind::bill) && notice.event.price == events::kNoPrice) counters_.no_price.add();
  counters_.unread.add(notice.unread);
  remember(notice.event);
  if (ticket == 0) return true;
  await({ticket, position, deadline});
  return false;
}

// For frequency caps. Nobody waits for it; where there is no room the recorder counts it.
void NoticeDesk::remember(const events::Event& event) {
  if (options_.remember == nullptr || (event.kind != Kind::imp && event.kind != Kind::bill)) return;
  if (event.user == events::UserKey{}) return;
  const catalog::CompiledCampaign* const campaign = snapshot_->campaign(event.campaign_id);
  if (campaign == nullptr || !campaign->remembered) return;
  const catalog::CompiledCreative* const creative = snapshot_->creative(event.campaign_id, event.creative_id);
  profile::Show show;
  show.bid = mark_of(event);
  show.campaign = campaign->subject;
  show.creative = creative != nullptr ? creative->subject : 0;
  show.advertiser = campaign->advertiser_subject;
  show.at = event.at_us / 1'000'000;
  show.kind = event.kind == Kind::bill ? profile::Showing::billing : profile::Showing::impression;
  CapsToFill caps;
  const std::size_t count = caps_to_fill(*campaign, show, caps);
  options_.remember->remember(key_of(event.user), show, caps.data(), count);
}

// The deadlines come in order, too, so whoever was answered without having been confirmed is at the front: as many
// stand here as are parked.
void NoticeDesk::await(const Waiting& waiting) {
  const auto now = options_.clock.steady();
  while (!waiting_.empty() && waiting_.front().deadline <= now) waiting_.pop_front();
  if (waiting_.full()) waiting_.set_capacity(std::max<std::size_t>(64, 2 * waiting_.capacity()));
  waiting_.push_back(waiting);
}

// The result is another where a click leads nowhere.
NoticeResult NoticeDesk::answer(const Notice& notice, NoticeResult result, http::Response& response) {
  const bool browser = from_browser(notice.event.kind);
  const bool redirects = notice.event.kind == Kind::click && notice.query.redirect.text() != "0";
  if (redirects && (result == NoticeResult::recorded || result == NoticeResult::audit)) {
    if (redirect(notice, response)) return result;
    result = NoticeResult::unknown_creative;
  }
  const Outcome& outcome = kOutcomes[static_cast<std::size_t>(result)];
  if (browser) response.set_extra_header(outcome.status == 503 ? kNoStoreRetry : kNoStore);
  if (!browser && outcome.status == 503) response.set_extra_header(kRetry);
  if (outcome.status != 200) {
    http::answer_error(response, outcome.status, outcome.reason);
    return result;
  }
  response.set_status(200);
  response.set_content_type(browser ? "image/gif" : "text/plain");
  if (browser) response.body().append(kGif);
  return result;
}

bool NoticeDesk::redirect(const Notice& notice, http::Response& response) {
  const BidToken& token = notice.token;
  const catalog::CompiledCreative* const creative = snapshot_->creative(token.campaign_id, token.creative_id);
  if (creative == nullptr || creative->landing.empty()) return false;
  location_.truncate(0);
  location_.append("Location: ");
  append_landing(creative->landing, token, mix(options_.seed, ++clicks_), location_);
  location_.append("\r\n");
  location_.append(kNoStore);
  if (location_.overflowed()) return false;
  response.set_status(302);
  response.set_content_type("text/plain");
  response.set_extra_header(location_.view());
  return true;
}

}  // namespace bidwell::exchange
