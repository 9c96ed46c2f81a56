// A simulated exchange: it makes requests, asks bidders, runs auctions, sends notices as a real exchange does, keeps
// books of its own, and compares them with the bidders'. It knows OpenRTB and HTTP and nothing of Bidwell's inside.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bidwell/replay/hdr.h"

namespace bidwell::market {

struct Options {
  std::vector<std::string> targets;  // bidders, or instances of one: "http://127.0.0.1:8080/bid/demo"
  // A request goes to one of the targets in turn (instances of one bidder, as behind a load balancer), or to all of
  // them at once, who then compete.
  bool compete = false;
  std::string requests;  // NDJSON or a capture whose requests are asked in turn; empty: made up
  std::uint64_t auctions = 10'000;
  double rate = 2'000;           // auctions a second; 0: as fast as `concurrency` allows
  std::size_t concurrency = 64;  // connections per target
  unsigned tmax_ms = 100;        // put into each request; an answer later than this does not take part
  int auction_type = 1;          // 1 first price, 2 second price plus 0.01
  // Units of each currency for one US dollar: for floors and prices of different currencies. A bid in a currency that
  // is not among them takes no part.
  std::vector<std::pair<std::string, double>> rates = {{"USD", 1.0}, {"EUR", 0.92}, {"GBP", 0.79}, {"JPY", 151.5}};

  // Made-up requests.
  std::uint64_t users = 5'000'000;  // drawn by Zipf
  double user_skew = 0.9;
  std::uint64_t sites = 20'000;
  double site_skew = 0.8;
  double video_share = 0.15, native_share = 0.1, app_share = 0.4, test_share = 0;

  // Rivals' best price is log-normal: median and sigma, CPM in the request's currency; 0: nobody else bids.
  double rival_median = 1.5, rival_sigma = 0.6;

  // Notices; shares of what they follow. Delays are exponential with these means.
  double billed_share = 0.9, shown_share = 0.95, clicked_share = 0.01;  // of wins, of billed, of shown
  double loss_notice_share = 1;                                         // of lost bids
  std::chrono::milliseconds win_delay{20}, bill_delay{300}, click_delay{2000};
  double repeat_share = 0.02;  // of notices, sent once more (up to three times) to any instance
  double lost_share = 0.01;    // of notices, never sent: both books must know
  // A notice that is not answered 2xx (a click 3xx) is sent again, up to so often in all, a second later each.
  unsigned notice_attempts = 10;
  std::uint64_t seed = 1;

  // A bidder whose late and invalid answers are over this share of its last 1,000 gets a tenth of its requests until
  // a minute's share is below.
  double throttle_share = 0.15;
  bool validate = true;  // the thirty rules on each answer

  // The bidders' books; empty: not compared.
  std::string postgres_url;
  std::string events_directory;  // NDJSON files
  // How long the bidder's writer may need after the last notice: its files are a minute old before they are whole.
  std::chrono::seconds books_wait{90};
  std::string exchange;  // the rows' exchange; empty: the last segment of the first target's path
};

// One book: sums of what is on record for this run's bids. A notice counts once, however often it was sent.
struct Book {
  std::uint64_t bids = 0, wins = 0, bills = 0, losses = 0, impressions = 0, clicks = 0;
  std::map<std::string, std::int64_t> bid_micros, billed_micros;  // CPM micros by currency
};

struct TargetResult {
  std::string target;
  std::uint64_t asked = 0, answered = 0;
  std::uint64_t bids = 0;       // single bids, late and invalid ones too
  std::uint64_t no_bids = 0;    // answers
  std::uint64_t late = 0;       // answers
  std::uint64_t malformed = 0;  // answers that break a rule, or are no HTTP or JSON; they take no part
  std::uint64_t errors = 0;     // no connection, no answer, or refused with a status of 400 and more
  std::uint64_t held_back = 0;  // requests it did not get as it was throttled
  std::uint64_t full = 0;       // `compete` only: requests it did not get as all its connections waited
  std::uint64_t wins = 0;
  replay::Hdr latency;  // ns, from the request's last byte to the answer's; answered ones
};

struct Difference {
  std::string what;  // "bids", "billed USD", "bid 1234: price_micros"
  std::string ours, theirs;
};

struct Result {
  std::uint64_t auctions = 0, impressions = 0, sold = 0, won = 0;
  std::uint64_t requests_left_out = 0;  // of `requests`: no bid requests
  std::vector<TargetResult> targets;
  std::map<std::string, std::uint64_t> violations;  // "rule 7: ...", by count
  std::vector<std::string> examples;
  std::map<std::string, std::uint64_t> notices_sent, notices_failed, notices_withheld;  // by kind
  std::uint64_t notices_repeated = 0;
  // Auctions whose answer never arrived: the bidder may have bids of them. Notices whose acknowledgement never did.
  // Both books agree whether these are stored or not.
  std::uint64_t unknown_auctions = 0, unknown_notices = 0;
  std::uint64_t test_bids = 0;  // on test requests: nothing of them may be stored
  Book ours;                    // with what was unknown and was found in theirs
  bool compared = false;
  std::string compared_with;  // "PostgreSQL", a folder's name
  bool bids_sampled = false;  // they recorded a share of the bids: only notices are compared then
  std::uint64_t unknown_bids_found = 0, unknown_notices_found = 0;
  Book theirs;
  std::vector<Difference> differences;  // at most 100; empty: the books are equal, bid by bid
  std::uint64_t differing = 0;
  double asking_seconds = 0;  // until the last auction began
  double seconds = 0;         // until the last notice was over
};

struct Progress {
  std::uint64_t auctions = 0, of = 0, won = 0, notices_waiting = 0;
  double seconds = 0;
  std::string phase;  // "auctions", "notices", "books"
};

// Runs on the calling thread (and some of its own) until the auctions are over, all notices are delivered and the books
// are compared. `stop` ends the auctions early; the rest is done all the same. Throws std::runtime_error: a target that
// is no URL, requests that cannot be read, books that cannot be reached.
Result run(const Options& options, const std::atomic<bool>& stop, const std::function<void(const Progress&)>& progress);

std::string summary_text(const Result& result);
std::string json_text(const Result& result);

}  // namespace bidwell::market
