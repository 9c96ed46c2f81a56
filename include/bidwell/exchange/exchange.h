// What differs from exchange to exchange, as it is configured.
#pragma once

#include <string>
#include <vector>

#include "bidwell/bidding/decide.h"
#include "bidwell/core/currency.h"

namespace bidwell::exchange {

struct ExchangeOptions {
  std::string name;                     // the second segment of POST /bid/{exchange}
  std::string currency = "USD";         // answered in where the request accepts it
  std::string seat;                     // our seat's id at this exchange; empty: each campaign's own
  std::string openrtb_version = "2.6";  // sent as x-openrtb-version; empty: not sent
  bool answer_nbr = false;              // {"nbr": N} in place of 204 when there is no bid
  int tmax_margin_ms = 20;              // kept of tmax for the way back; about one and a half round trips
  int tmax_default_ms = 100;            // where a request has no tmax: what was agreed with the exchange
};

// Ready to use: constant after construction, shared by all workers.
class Exchange {
 public:
  // `currencies` must outlive it.
  Exchange(ExchangeOptions options, const CurrencyTable& currencies);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  const ExchangeOptions& options() const noexcept { return options_; }
  const bidding::Terms& terms() const noexcept { return terms_; }
  std::string_view version_header() const noexcept { return version_header_; }  // a whole line, or empty

 private:
  ExchangeOptions options_;
  std::string version_header_;
  bidding::Terms terms_;
};

}  // namespace bidwell::exchange
