// What differs from exchange to exchange, as it is configured.
#pragma once

#include <string>
#include <string_view>

#include "bidwell/bidding/decide.h"
#include "bidwell/core/currency.h"
#include "bidwell/exchange/price.h"

namespace bidwell::exchange {

// Which notice says that money was spent.
enum class SpendOn : std::uint8_t {
  bill,  // the billing notice (burl)
  win    // the win notice, where an exchange sends no other
};

struct ExchangeOptions {
  std::string name;                               // the second segment of POST /bid/{exchange}
  std::string currency = "USD";                   // answered in where the request accepts it
  std::string seat;                               // our seat's id at this exchange; empty: each campaign's own
  std::string openrtb_version = "2.6";            // sent as x-openrtb-version; empty: not sent
  bool answer_nbr = false;                        // {"nbr": N} in place of 204 when there is no bid
  int tmax_margin_ms = 20;                        // kept of tmax for the way back; about one and a half round trips
  int tmax_default_ms = 100;                      // where a request has no tmax: what was agreed with the exchange
  PriceFormat price_format = PriceFormat::plain;  // of its notices
  GooglePriceKeys google_price_keys;              // for PriceFormat::google
  SpendOn spend_on = SpendOn::bill;
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

  // What follows the token in a notice's URL: the macros that the exchange fills in, in the form its prices have. They
  // need no escaping in a JSON string.
  std::string_view win_query() const noexcept { return win_query_; }
  std::string_view bill_query() const noexcept { return bill_query_; }
  std::string_view loss_query() const noexcept { return loss_query_; }

 private:
  ExchangeOptions options_;
  std::string version_header_;
  std::string win_query_, bill_query_, loss_query_;
  bidding::Terms terms_;
};

}  // namespace bidwell::exchange
