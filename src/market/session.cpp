// The loop, and the asking. Answers are taken off the sockets before anything else is done, and looked at afterwards in
// small portions, so that this program's own work does not make a bidder look late.
#include "market/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace bidwell::market {
namespace {

using std::chrono::milliseconds;

// A bidder's answer is waited for this long after it is late; then its connection is closed.
constexpr milliseconds kLateMax{5000};
// After tmax an answer that came in time may still have to be read.
constexpr milliseconds kReading{10};
// How long answers are looked at before the sockets have their turn again.
constexpr std::chrono::microseconds kPortion{500};
constexpr milliseconds kConnectPatience{3000};
constexpr milliseconds kTellEach{200};

constexpr std::size_t kNoticeConnections = 16;  // per target
// No new auctions while so many notices wait: a bidder that takes none must not fill the memory.
constexpr std::size_t kNoticesMax = 1'000'000;
constexpr unsigned kStartsAtOnce = 16;

constexpr std::uint64_t kOfNotice = std::uint64_t{1} << 63;
constexpr unsigned kBidderBits = 16;

}  // namespace

Session::Session(const Options& options, std::uint64_t run, std::unique_ptr<AskSource> asks)
    : options_(options),
      rates_(options.rates),
      asks_(std::move(asks)),
      book_(auction_prefix(run)),
      chance_(mix(options.seed, 0xc4a2ce)),
      notices_({options.repeat_share, options.lost_share, std::max(1u, options.notice_attempts)}, book_, chance_) {
  if (options.targets.empty() || options.targets.size() >= 1u << kBidderBits) {
    throw std::runtime_error("there must be a bidder to ask");
  }
  replay::ClientOptions client;
  client.answer_timeout = milliseconds(options.tmax_ms) + kLateMax;
  client_ = std::make_unique<replay::Client>(client, *this);
  for (const std::string& url : options.targets) {
    Bidder& bidder = *bidders_.emplace_back(std::make_unique<Bidder>(options.throttle_share));
    try {
      bidder.target = replay::parse_target(url);
    } catch (const std::invalid_argument& error) {
      throw std::runtime_error(fmt::format("target {}: {}", url, error.what()));
    }
    bidder.result.target = url;
    bidder.head = fmt::format(
        "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nx-openrtb-version: 2.6\r\nContent-Length: ",
        bidder.target.path.empty() ? "/" : bidder.target.path, bidder.target.host);
    for (std::size_t i = 0; i < std::max<std::size_t>(1, options.concurrency); ++i) {
      bidder.bids.add(client_->open(bidder.target));
    }
    for (std::size_t i = 0; i < kNoticeConnections; ++i) bidder.notices.add(client_->open(bidder.target));
  }
}

void Session::run(const std::atomic<bool>& stop, const std::function<void(const Progress&)>& progress) {
  const std::size_t connections =
      bidders_.size() * (std::max<std::size_t>(1, options_.concurrency) + kNoticeConnections);
  const Time patience = std::chrono::steady_clock::now() + kConnectPatience;
  while (client_->connected() < connections && std::chrono::steady_clock::now() < patience) {
    client_->poll(std::chrono::steady_clock::now() + milliseconds(10));
  }
  if (client_->connected() == 0) throw std::runtime_error("none of the bidders takes a connection");
  started_ = std::chrono::steady_clock::now();
  for (Time now = started_; !over(); now = std::chrono::steady_clock::now()) {
    take_arrived(now + kPortion);
    if (arrived_.empty()) hold_overdue(now);
    start_auctions(now, stop);
    send_notices(now);
    tell(progress, now);
    client_->poll(arrived_.empty() ? next_due() : now);
  }
  result_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
}

bool Session::over() const noexcept {
  return !asking_ && free_auctions_.size() == auctions_.size() && notices_.waiting() == 0 && arrived_.empty();
}

// As it comes, on the way out of poll() or send().
void Session::answered(const replay::Answer& answer) {
  arrived_.push_back({answer.tag, answer.outcome, answer.status, std::string(answer.body), answer.content_length,
                      answer.sent, answer.done});
}

Session::Time Session::due(std::uint64_t number) const {
  if (options_.rate <= 0) return started_;
  return started_ +
         std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(number) / options_.rate * 1e9));
}

void Session::start_auctions(Time now, const std::atomic<bool>& stop) {
  if (!asking_) return;
  if (stop.load(std::memory_order_relaxed)) asking_ = false;
  for (unsigned i = 0; asking_ && i < kStartsAtOnce && due(started_auctions_) <= now; ++i) {
    asking_ = started_auctions_ < options_.auctions;
    if (!asking_ || notices_.waiting() >= kNoticesMax || !start_auction(now)) return;
  }
}

// False: no connection is free, or there is nothing to ask.
bool Session::start_auction(Time now) {
  const bool all_busy = std::ranges::none_of(bidders_, [](const auto& bidder) { return bidder->bids.has_free(); });
  if (all_busy) return false;
  std::uint32_t slot = static_cast<std::uint32_t>(auctions_.size());
  if (free_auctions_.empty()) {
    auctions_.emplace_back().connections.resize(bidders_.size());
  } else {
    slot = free_auctions_.back();
    free_auctions_.pop_back();
  }
  Auction& auction = auctions_[slot];
  if (!asks_->next(started_auctions_, auction.ask)) {
    free_auctions_.push_back(slot);
    asking_ = false;
    return false;
  }
  auction.number = started_auctions_++;
  auction.live = true;
  auction.held = false;
  auction.waiting = 0;
  auction.offers.clear();
  ++result_.auctions;
  result_.asking_seconds = std::chrono::duration<double>(now - started_).count();
  result_.impressions += auction.ask.impressions.size();
  deadlines_.push_back({now + milliseconds(options_.tmax_ms) + kReading, {slot, auction.number}});
  if (options_.compete) {
    for (std::uint32_t i = 0; i < bidders_.size(); ++i) ask(auction, slot, i, now);
  } else {
    while (!bidders_[turn_ % bidders_.size()]->bids.has_free()) ++turn_;
    ask(auction, slot, static_cast<std::uint32_t>(turn_++ % bidders_.size()), now);
  }
  if (auction.waiting == 0) {
    hold(auction);
    auction.live = false;
    free_auctions_.push_back(slot);
  }
  return true;
}

void Session::ask(Auction& auction, std::uint32_t slot, std::uint32_t bidder_number, Time now) {
  Bidder& bidder = *bidders_[bidder_number];
  if (!bidder.bids.has_free()) {
    ++bidder.result.full;
    return;
  }
  if (!bidder.throttle.admit(now)) {
    ++bidder.result.held_back;
    return;
  }
  const std::size_t connection = bidder.bids.take();
  auction.connections[bidder_number] = connection;
  ++auction.waiting;
  ++bidder.result.asked;
  bytes_.assign(bidder.head);
  fmt::format_to(std::back_inserter(bytes_), "{}\r\n\r\n", auction.ask.body.size());
  bytes_ += auction.ask.body;
  client_->send(connection, bytes_, std::uint64_t{slot} << kBidderBits | bidder_number);
}

void Session::take_arrived(Time until) {
  while (!arrived_.empty()) {
    const Arrived arrived = std::move(arrived_.front());
    arrived_.pop_front();
    arrived.tag& kOfNotice ? take_notice(arrived) : take_answer(arrived);
    if (std::chrono::steady_clock::now() >= until) return;
  }
}

void Session::send_notices(Time now) {
  const auto has_free = [](const auto& bidder) { return bidder->notices.has_free(); };
  while (std::ranges::any_of(bidders_, has_free)) {
    const std::optional<NoticeQueue::Ticket> ticket = notices_.take(now);
    if (!ticket) return;
    const Notice& notice = notices_.notice(*ticket);
    // To any of the instances, as a load balancer would; of several bidders to the one whose bid it was.
    std::uint32_t number = notice.bidder;
    if (!options_.compete) {
      number = static_cast<std::uint32_t>(chance_.below(bidders_.size()));
      while (!bidders_[number]->notices.has_free()) number = (number + 1) % static_cast<std::uint32_t>(bidders_.size());
    }
    Bidder& bidder = *bidders_[number];
    if (!bidder.notices.has_free()) return notices_.put_back(*ticket, now);
    if (on_their_way_.size() <= *ticket) on_their_way_.resize(*ticket + 1);
    OnItsWay& way = on_their_way_[*ticket];
    way = {number, bidder.notices.take()};
    bytes_ = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", notice.path, bidder.target.host);
    client_->send(way.connection, bytes_, kOfNotice | *ticket);
  }
}

void Session::take_notice(const Arrived& arrived) {
  const auto ticket = static_cast<NoticeQueue::Ticket>(arrived.tag & ~kOfNotice);
  const OnItsWay way = on_their_way_[ticket];
  bidders_[way.bidder]->notices.give_back(way.connection);
  Delivery delivery = Delivery::unsure;
  if (arrived.outcome == replay::Outcome::connect_failed) delivery = Delivery::unsent;
  if (arrived.outcome == replay::Outcome::answered) {
    delivery = delivery_of(notices_.notice(ticket).kind, arrived.status);
  }
  notices_.told(ticket, delivery, arrived.done);
}

Session::Time Session::next_due() const {
  Time next = std::chrono::steady_clock::now() + milliseconds(100);
  const auto has_free = [](const auto& bidder) { return bidder->bids.has_free(); };
  if (asking_ && notices_.waiting() < kNoticesMax && std::ranges::any_of(bidders_, has_free)) {
    next = std::min(next, due(started_auctions_));
  }
  if (!deadlines_.empty()) next = std::min(next, deadlines_.front().first);
  const auto takes_notice = [](const auto& bidder) { return bidder->notices.has_free(); };
  if (const auto notice = notices_.next_due(); notice && std::ranges::any_of(bidders_, takes_notice)) {
    next = std::min(next, *notice);
  }
  return next;
}

void Session::tell(const std::function<void(const Progress&)>& progress, Time now) {
  if (!progress || now - told_ < kTellEach) return;
  told_ = now;
  progress({started_auctions_, options_.auctions, result_.won, notices_.waiting(),
            std::chrono::duration<double>(now - started_).count(), asking_ ? "auctions" : "notices"});
}

Result Session::result() const {
  Result result = result_;
  for (const auto& bidder : bidders_) result.targets.push_back(bidder->result);
  const NoticeCounts& counts = notices_.counts();
  for (std::size_t i = 0; i < kKinds; ++i) {
    const std::string kind(name_of(static_cast<Kind>(i)));
    result.notices_sent[kind] = counts.sent[i];
    result.notices_failed[kind] = counts.failed[i];
    result.notices_withheld[kind] = counts.withheld[i];
  }
  result.notices_failed["repeat"] = counts.repeats_failed;
  result.notices_repeated = counts.repeated;
  result.requests_left_out = asks_->left_out();
  result.unknown_auctions = book_.unknown_auctions();
  for (const BidEntry& bid : book_.bids()) {
    result.test_bids += bid.test;
    for (const NoticeEntry& notice : bid.notices) result.unknown_notices += !bid.test && notice.told == Told::unknown;
  }
  return result;
}

}  // namespace bidwell::market
