// The life of a bid request in pieces that can be run one at a time: what the microbenchmarks time
// and what the instruction count counts. Everything but the steady clock of handle() is fixed, the
// wall clock too, so that the same work is done every time.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/bidding/decide.h"
#include "bidwell/catalog/snapshot.h"
#include "bidwell/core/currency.h"
#include "bidwell/core/output_buffer.h"
#include "bidwell/events/journals.h"
#include "bidwell/exchange/bid_handler.h"
#include "bidwell/exchange/exchange.h"
#include "bidwell/exchange/token.h"
#include "bidwell/openrtb/parse.h"
#include "bidwell/openrtb/response.h"
#include "bidwell/profile/profile.h"

namespace bidwell::bench {

// A body with the padding that the parser wants behind it.
class Body {
 public:
  explicit Body(std::string_view text);
  std::string_view view() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::vector<char> bytes_;
  std::size_t size_;
};

// bench/loopback/request.json: two banner impressions, 1.8 kB.
Body loopback_request();
// The least that an exchange would send: some 400 bytes.
Body small_request();
std::vector<Body> varied_requests(std::size_t count);

// The profile of a user in that many segments, as it stands in the cache: half of them such as campaigns of the
// generated catalogs ask for.
std::string make_profile(std::size_t segments);

// The generated catalog of that size, compiled; kept for the next call, so that a program makes
// each but once. Throws std::runtime_error when it is faulty.
std::shared_ptr<const catalog::Snapshot> snapshot_of(std::size_t campaigns, bool notices = false, bool limited = false);

// What becomes of a bid beyond its answer.
enum class Recording {
  none,
  notices,  // it carries signed notice URLs
  journal   // and is journaled
};

// One worker's journal in a temporary folder. Nobody stores what it holds, so it has room for some millions of bids.
class Journaling {
 public:
  Journaling();
  ~Journaling();
  events::Journal& journal() const noexcept { return *journal_; }

 private:
  std::string folder_;
  std::optional<events::Journals> journals_;
  events::Journal* journal_ = nullptr;
};

// One request, parsed and scrubbed, to be decided on again and again.
class ParsedRequest {
 public:
  explicit ParsedRequest(Body body);
  const openrtb::BidRequest& get() const noexcept { return request_; }

 private:
  Body body_;
  openrtb::Parser parser_;
  openrtb::BidRequest request_;
};

// Campaigns that were looked at one by one: those a whole rest of a list was skipped for, as it is
// below the floor, are not among them.
std::uint64_t looked_at(const bidding::ReasonCounters& counters, std::uint64_t choices) noexcept;

class Workload {
 public:
  // `limited`: every campaign has a budget, with plenty of money, and two caps.
  explicit Workload(std::size_t campaigns, Recording recording = Recording::none, bool limited = false);
  Workload(const Workload&) = delete;  // the exchange holds on to the currencies
  Workload& operator=(const Workload&) = delete;

  bidding::Decision decide(const openrtb::BidRequest& request, const bidding::User& user = {});
  budget::Wallet& wallet() noexcept { return wallet_; }
  const catalog::Snapshot& snapshot() const noexcept { return *snapshot_; }
  const bidding::ReasonCounters& counters() const noexcept { return counters_; }

  // Writes the answer to the decision into the output buffer, as the bid handler does; its size.
  std::size_t write(const openrtb::BidRequest& request, const bidding::Decision& decision);

  // All from body to answer, by the bid handler; the HTTP status.
  unsigned handle(std::string_view body);
  std::size_t answer_size() const noexcept { return output_.size(); }
  // Of journaled bids, those that there was no room for: then the measurement was of something else.
  std::uint64_t dropped() const noexcept {
    return journaling_ ? journaling_->journal().counters().bids_dropped.value() : 0;
  }

 private:
  exchange::BidHandler::Options handler_options();

  CurrencyTable currencies_;
  std::deque<exchange::Exchange> exchanges_;
  std::shared_ptr<const catalog::Snapshot> snapshot_;
  budget::Wallet wallet_;
  bidding::Workspace workspace_;
  bidding::ReasonCounters counters_;
  std::vector<openrtb::Bid> bids_;
  OutputBuffer output_;
  Recording recording_;
  exchange::TokenKeys keys_;
  std::optional<Journaling> journaling_;
  exchange::BidHandler handler_;
};

}  // namespace bidwell::bench
