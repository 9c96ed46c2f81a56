#include "bidwell/exchange/exchange.h"

namespace bidwell::exchange {

Exchange::Exchange(ExchangeOptions options, const CurrencyTable& currencies) : options_(std::move(options)) {
  if (!options_.openrtb_version.empty()) {
    version_header_ = "x-openrtb-version: " + options_.openrtb_version + "\r\n";
  }
  terms_.exchange = catalog::token(catalog::Dimension::exchange, options_.name);
  terms_.seat = options_.seat;
  terms_.currency = options_.currency;
  terms_.currencies = &currencies;
}

}  // namespace bidwell::exchange
