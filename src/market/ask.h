// What is asked of the bidders in an auction, and where such requests come from: made up, or out of a file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bidwell/core/money.h"

namespace bidwell::market {

struct Deal {
  std::string id;
  Micros floor = 0;
  std::string floor_currency = "USD";
};

struct Impression {
  std::string id;
  Micros floor = 0;
  std::string floor_currency = "USD";
  std::vector<Deal> deals;
};

struct Ask {
  std::string id;                // unique over all runs
  std::string body;              // the bid request
  std::string currency = "USD";  // its first
  bool test = false;
  std::vector<Impression> impressions;
};

// The auction's id: which run it is of and its number in it.
std::string auction_id(std::uint64_t run, std::uint64_t number);
// What all ids of a run begin with.
std::string auction_prefix(std::uint64_t run);

// Reads what an auction needs to know of a request. False: it is no JSON object with an id, or has no impressions.
bool read_terms(Ask& ask);

class AskSource {
 public:
  virtual ~AskSource() = default;
  // The auction of this number; `out` is used again. False: there are no requests at all.
  virtual bool next(std::uint64_t number, Ask& out) = 0;
  // Requests of a file that could not be used.
  virtual std::uint64_t left_out() const { return 0; }
};

}  // namespace bidwell::market
