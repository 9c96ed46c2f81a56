// Answers POST /bid/{exchange}: the life of a bid request on one screen (see handle()). One per worker.
#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/catalog/snapshot.h"
#include "bidwell/core/clock.h"
#include "bidwell/events/event.h"
#include "bidwell/events/journal.h"
#include "bidwell/exchange/exchange.h"
#include "bidwell/exchange/token.h"
#include "bidwell/http/message.h"
#include "bidwell/openrtb/parse.h"
#include "bidwell/openrtb/privacy.h"
#include "bidwell/openrtb/response.h"
#include "bidwell/profile/histories.h"
#include "bidwell/profile/profiles.h"

namespace bidwell::exchange {

// Written by one worker, readable from any thread.
struct alignas(64) BidCounters {
  Counter requests;  // to a known exchange; each once, however often it was handled
  Counter answered;  // with at least one bid
  Counter bids;
  Counter bids_too_long;     // not made: their ids are too long for a token, so they could not be billed
  Counter bids_not_sampled;  // not in the journal, by Options::sampled_ppm; what it had no room for counts the journal
  Counter bids_on_tests;     // not in the journal: they spend nothing
  Counter history_waits;     // requests that waited for what their user has seen
  Counter history_found;     // and then knew it
  Counter history_unknown;   // of users with a key, decided without knowing it though there are caps
  Counter unknown_exchange;  // answered 404
  std::array<Counter, 7> refused;   // answered 400, by openrtb::ParseError
  std::array<Counter, 6> scrubbed;  // by openrtb::PrivacyBasis; [0]: nothing was removed
  bidding::ReasonCounters reasons;
};

// Of a URL that a token is put behind: it needs no escaping in JSON, HTML and XML, and has no slash at its end.
bool can_begin_notices(std::string_view url) noexcept;

class BidHandler final : public http::Handler {
 public:
  struct Options {
    openrtb::ParserLimits limits;
    std::uint64_t seed = 0;    // ties and creative rotation: the same seed and request, the same bids
    std::uint64_t worker = 0;  // makes bid ids unique: a random number of this worker's run, of 48 bits
    Clock clock;
    profile::Profiles* profiles = nullptr;    // of this worker, must outlive the handler; null: nobody is known
    profile::Histories* histories = nullptr;  // of this worker, only together with profiles; null: caps know nothing
    budget::Wallet* wallet = nullptr;         // of this worker; null: campaigns that have a budget do not bid
    // Of a request's tmax, less the exchange's margin: what deciding and answering may take. A request waits for its
    // user's profile and history no longer than what is left. Most take 0.1 ms; the rest is for those before it in the
    // worker.
    std::chrono::microseconds reserve{2'000};

    // Signs the notice URLs in bids; null: they carry none. Catalogs must have been compiled likewise
    // (catalog::CompileOptions::notices). The two URLs as openrtb::Notices has them: can_begin_notices().
    const TokenKeys* keys = nullptr;
    std::string notice_url, markup_url;
    // Of this worker; null: bids are recorded nowhere.
    events::Journal* journal = nullptr;
    std::uint32_t sampled_ppm = events::kEveryBid;  // of a million bids so many are recorded, by a hash of their ids
  };

  // `exchanges`, keys and journal must outlive the handler. Throws std::invalid_argument for URLs that are none. Where
  // profiles or histories are waited for, whoever made the caches' ports resumes the tickets that they answer
  // (http::Server::resume).
  BidHandler(const std::deque<Exchange>& exchanges, std::shared_ptr<const catalog::Snapshot> snapshot,
             const Options& options);

  void handle(const http::Request& request, http::Response& response) override;

  // On the worker's thread. The old snapshot is released, here if this was its last user.
  void set_snapshot(std::shared_ptr<const catalog::Snapshot> snapshot) { snapshot_ = std::move(snapshot); }

  const BidCounters& counters() const noexcept { return counters_; }

 private:
  // What the bids of one answer have in common.
  struct Auction {
    const Exchange& exchange;
    std::string_view currency;
    const events::UserKey& user;
    std::chrono::system_clock::time_point now;
    std::int64_t now_ms;
    std::uint64_t seed;
  };
  // What a bid of the answer points to, and what is recorded of it.
  struct Draft {
    const bidding::Choice* choice;
    events::BidId id;
    std::array<char, events::kBidIdTextSize> id_text;
    SignedToken token;
    openrtb::Notices notices;
  };

  // A request and what is looked up for it.
  struct Lookup {
    const Exchange& exchange;
    const http::Request& request;
    cache::Time now;
    std::optional<cache::Slot> slot;  // of its user; nothing for nobody
    bool profile_missed = false, history_missed = false;
  };

  const Exchange* find(std::string_view name) const noexcept;
  cache::Duration time_allowed(const Exchange& exchange) const noexcept;
  void answer(const Lookup& lookup, const bidding::User& user, http::Response& response);
  bool wait(const Lookup& lookup, http::Response& response);
  std::uint64_t& waiting_place(const http::Request& request) noexcept;
  void count_wait_ended(const http::Request& request, bool profile_found, bool history_found) noexcept;
  void decide(const Lookup& lookup, const bidding::User& user, http::Response& response);
  void answer_no_bid(const Exchange& exchange, bidding::Reason reason, http::Response& response);
  void answer_bids(const bidding::Decision& decision, const Auction& auction, http::Response& response);
  bool identify(const bidding::Choice& choice, const Auction& auction, Draft& draft);
  openrtb::Bid bid_of(const bidding::Choice& choice);
  bool has_purse(const bidding::Choice& choice) const noexcept;
  void spend();
  void record(const Auction& auction);

  // Constant after construction.
  const std::deque<Exchange>& exchanges_;
  const Options options_;

  // Owned by the worker's thread.
  std::shared_ptr<const catalog::Snapshot> snapshot_;
  openrtb::Parser parser_;
  openrtb::BidRequest bid_request_;
  bidding::Workspace workspace_;
  std::vector<openrtb::Bid> bids_;
  std::vector<openrtb::NativeAssetAnswer> assets_;
  std::vector<Draft> drafts_;  // one for each impression there may be; the first are those of `bids_`
  std::uint64_t next_bid_;
  // Requests that wait for a history, so that their waits are not counted as those for profiles. Of two that share a
  // place one is counted wrong, and nothing else happens.
  std::array<std::uint64_t, 1024> waiting_for_history_{};
  BidCounters counters_;
};

}  // namespace bidwell::exchange
