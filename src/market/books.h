// The bidder's books, as docs/EVENTS.md describes them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "market/comparison.h"

namespace bidwell::market {

class Books {
 public:
  virtual ~Books() = default;
  virtual std::string name() const = 0;
  // Whether a notice that was sent again may stand there again.
  virtual bool stores_repeats() const = 0;
  // Rows of this run that are there, cheaply: whether a look is worth while.
  virtual bool has(std::uint64_t bids, std::uint64_t notices) = 0;
  virtual void read(Comparison& comparison) = 0;
};

struct BooksOf {
  std::string exchange;                         // only rows of this one
  std::string auction_prefix;                   // only bids of these auctions
  std::chrono::system_clock::time_point since;  // only what is not older, by the bidder's clock
};

// Throws std::runtime_error when it cannot be reached, or is not there.
std::unique_ptr<Books> open_postgres(const std::string& url, const BooksOf& of);
std::unique_ptr<Books> open_ndjson(const std::string& directory, const BooksOf& of);

}  // namespace bidwell::market
