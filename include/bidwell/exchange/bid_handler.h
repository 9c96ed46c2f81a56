// Answers POST /bid/{exchange}: the life of a bid request on one screen (see handle()). One per worker.
#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <vector>

#include "bidwell/catalog/snapshot.h"
#include "bidwell/core/clock.h"
#include "bidwell/exchange/exchange.h"
#include "bidwell/http/message.h"
#include "bidwell/openrtb/parse.h"
#include "bidwell/openrtb/privacy.h"
#include "bidwell/openrtb/response.h"
#include "bidwell/profile/profiles.h"

namespace bidwell::exchange {

// Written by one worker, readable from any thread.
struct alignas(64) BidCounters {
  Counter requests;  // to a known exchange; each once, however often it was handled
  Counter answered;  // with at least one bid
  Counter bids;
  Counter unknown_exchange;         // answered 404
  std::array<Counter, 7> refused;   // answered 400, by openrtb::ParseError
  std::array<Counter, 6> scrubbed;  // by openrtb::PrivacyBasis; [0]: nothing was removed
  bidding::ReasonCounters reasons;
};

class BidHandler final : public http::Handler {
 public:
  struct Options {
    openrtb::ParserLimits limits;
    std::uint64_t seed = 0;    // ties and creative rotation: the same seed and request, the same bids
    std::uint64_t worker = 0;  // makes bid ids unique: a random number of this worker's run
    Clock clock;
    profile::Profiles* profiles = nullptr;  // of this worker, must outlive the handler; null: nobody is known
    // Of a request's tmax, less the exchange's margin: what deciding and answering may take. A request waits for its
    // user's profile no longer than what is left. Most take 0.1 ms; the rest is for those before it in the worker.
    std::chrono::microseconds reserve{2'000};
  };

  // `exchanges` must outlive the handler. Where profiles are waited for, whoever made the cache's port resumes the
  // tickets that it answers (http::Server::resume).
  BidHandler(const std::deque<Exchange>& exchanges, std::shared_ptr<const catalog::Snapshot> snapshot,
             const Options& options);

  void handle(const http::Request& request, http::Response& response) override;

  // On the worker's thread. The old snapshot is released, here if this was its last user.
  void set_snapshot(std::shared_ptr<const catalog::Snapshot> snapshot) { snapshot_ = std::move(snapshot); }

  const BidCounters& counters() const noexcept { return counters_; }

 private:
  const Exchange* find(std::string_view name) const noexcept;
  cache::Duration time_allowed(const Exchange& exchange) const noexcept;
  bool wait_for_profile(const Exchange& exchange, const http::Request& request, const cache::Slot& slot,
                        cache::Time now, http::Response& response);
  void decide(const Exchange& exchange, const profile::Profile& profile, http::Response& response);
  void answer_no_bid(const Exchange& exchange, bidding::Reason reason, http::Response& response);
  void answer_bids(const bidding::Decision& decision, std::uint64_t seed, std::int64_t now_ms,
                   http::Response& response);
  openrtb::Bid bid_of(const bidding::Choice& choice);

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
  std::vector<std::array<char, 24>> bid_ids_;
  std::uint64_t next_bid_;
  BidCounters counters_;
};

}  // namespace bidwell::exchange
