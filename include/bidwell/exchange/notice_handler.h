// Answers the notices: GET or POST /win /bill /loss /imp /click followed by a token. A good one is journaled before it
// is acknowledged; the same one again is acknowledged again and stored once, by who stores it.
//
//     /win/T?p=PRICE&c=CURRENCY&m=MIN_TO_WIN                200, empty
//     /bill/T?p=PRICE&c=CURRENCY                            200, empty
//     /loss/T?p=PRICE&c=CURRENCY&m=MIN_TO_WIN&l=REASON      200, empty
//     /imp/T                                                200 and a transparent GIF of one pixel
//     /click/T                                              302 to the creative's landing page; with ?r=0 as /imp
//
// The parameters stand in the query, or in a form's body; each may be missing, empty, unexpanded or AUDIT. Of a page's
// own calls (imp, click) no price is believed. Only wins and bills are held to what was bid: a loss tells of others'
// prices.
//
// The notice that ExchangeOptions::spend_on names says what was spent of the campaign's budget: the share of what was
// reserved that its price is of the bid's, or all of it where it says no price.
#pragma once

#include <array>
#include <boost/circular_buffer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "bidwell/catalog/snapshot.h"
#include "bidwell/core/clock.h"
#include "bidwell/core/counter.h"
#include "bidwell/core/output_buffer.h"
#include "bidwell/events/journal.h"
#include "bidwell/exchange/exchange.h"
#include "bidwell/exchange/token.h"
#include "bidwell/http/message.h"
#include "bidwell/profile/histories.h"

namespace bidwell::exchange {

// What becomes of a notice.
enum class NoticeResult : std::uint8_t {
  recorded,
  audit,             // 200: a test rendering, recorded nowhere
  malformed_token,   // 400
  unknown_key,       // 403
  forged_token,      // 403
  expired_token,     // 410
  foreign_token,     // 403: its exchange is not configured here, or its time is to come
  malformed_price,   // 400: what stands there is no price, or its encryption's signature is wrong
  price_too_high,    // 400: above what was bid
  wrong_currency,    // 400
  unknown_creative,  // 404: a click on what the catalog no longer has; recorded all the same
  no_room,           // 503: the journal takes no more
  not_durable        // 503: not on disk in time (events.fsync always)
};
inline constexpr std::size_t kNoticeResults = 13;
std::string_view name(NoticeResult result) noexcept;

// Written by one worker, readable from any thread.
struct alignas(64) NoticeCounters {
  std::array<std::array<Counter, kNoticeResults>, events::kKinds> results;  // by kind and result
  Counter late;                                                             // recorded, of bids taken for lost before
  Counter no_price;  // recorded wins and bills that do not say the price
  Counter unread;  // values of m and l that make no sense: recorded without them, since a win is worth more than these
};

// One worker's: what its five handlers share.
class NoticeDesk {
 public:
  struct Options {
    std::chrono::seconds age_max{7 * 86'400};  // of a token
    std::chrono::seconds loss_after{3600};     // a notice about an older bid is late
    bool await_durable = false;                // acknowledge only what is on disk
    std::chrono::milliseconds durable_wait{2000};
    std::uint64_t seed = 0;  // for {{random}} in landing pages
    Clock clock;
    profile::Remember* remember = nullptr;  // of this worker: what users were shown; null: nobody remembers
  };

  // All must outlive it.
  NoticeDesk(const TokenKeys& keys, const std::deque<Exchange>& exchanges, events::Journal& journal,
             std::shared_ptr<const catalog::Snapshot> snapshot, const Options& options);

  // A handler for one of the kinds but bid; for GET and POST alone, since a HEAD must record nothing. The desk must
  // outlive it.
  std::unique_ptr<http::Handler> handler(events::Kind kind);

  // On the worker's thread, as BidHandler::set_snapshot.
  void set_snapshot(std::shared_ptr<const catalog::Snapshot> snapshot) { snapshot_ = std::move(snapshot); }

  // With await_durable, on the worker's thread and not within a handler, after the journal's `durable` moved: has every
  // notice that waited for it answered. `resume`: http::Server::resume of this worker.
  template <class Resume>
  void confirm(Resume resume) {
    const std::uint64_t durable = journal_.durable();
    confirming_ = true;
    while (!waiting_.empty() && waiting_.front().position <= durable) {
      const std::uint64_t ticket = waiting_.front().ticket;
      waiting_.pop_front();
      resume(ticket);
    }
    confirming_ = false;
  }

  const NoticeCounters& counters() const noexcept { return counters_; }

 private:
  class Handler;
  struct Notice;
  struct Waiting {
    std::uint64_t ticket;
    std::uint64_t position;
    std::chrono::steady_clock::time_point deadline;
  };

  void handle(events::Kind kind, const http::Request& request, http::Response& response);
  NoticeResult check(const http::Request& request, Notice& notice);
  NoticeResult check_prices(Notice& notice);
  bool record(const http::Request& request, const Notice& notice, http::Response& response, NoticeResult& result);
  void remember(const events::Event& event);
  void await(const Waiting& waiting);
  NoticeResult answer(const Notice& notice, NoticeResult result, http::Response& response);
  bool redirect(const Notice& notice, http::Response& response);

  // Constant after construction.
  const TokenKeys& keys_;
  const std::deque<Exchange>& exchanges_;
  const Options options_;

  // Owned by the worker's thread.
  events::Journal& journal_;
  std::shared_ptr<const catalog::Snapshot> snapshot_;
  TokenKeys::Scratch scratch_;
  OutputBuffer location_;  // a redirect's header
  std::uint64_t clicks_ = 0;
  boost::circular_buffer<Waiting> waiting_;  // by position
  bool confirming_ = false;
  NoticeCounters counters_;
};

}  // namespace bidwell::exchange
