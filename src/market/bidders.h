// The bidders as the exchange sees them: their connections, what they answered, and whether they are held back.
#pragma once

#include <string>
#include <vector>

#include "bidwell/market/market.h"
#include "bidwell/replay/client.h"
#include "market/throttle.h"

namespace bidwell::market {

// A bidder's connections of one purpose; each waits for one answer at a time.
class Pool {
 public:
  void add(std::size_t connection) { free_.push_back(connection); }
  bool has_free() const noexcept { return !free_.empty(); }
  // The one that was used last: few are kept warm where few are needed.
  std::size_t take() {
    const std::size_t connection = free_.back();
    free_.pop_back();
    return connection;
  }
  void give_back(std::size_t connection) { free_.push_back(connection); }

 private:
  std::vector<std::size_t> free_;
};

struct Bidder {
  explicit Bidder(double throttle_share) : throttle(throttle_share) {}

  replay::Target target;
  std::string head;  // of a bid request, up to the value of Content-Length
  Pool bids, notices;
  Throttle throttle;
  TargetResult result;
};

}  // namespace bidwell::market
