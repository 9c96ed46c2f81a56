#include "bidwell/exchange/exchange.h"

namespace bidwell::exchange {

Exchange::Exchange(ExchangeOptions options, const CurrencyTable& currencies) : options_(std::move(options)) {
  if (!options_.openrtb_version.empty()) {
    version_header_ = "x-openrtb-version: " + options_.openrtb_version + "\r\n";
  }
  const std::string form = options_.price_format == PriceFormat::base64 ? ":B64}" : "}";
  bill_query_ = "?p=${AUCTION_PRICE" + form + "&c=${AUCTION_CURRENCY}";
  win_query_ = bill_query_ + "&m=${AUCTION_MIN_TO_WIN" + form;
  loss_query_ = win_query_ + "&l=${AUCTION_LOSS}";
  terms_.exchange = catalog::token(catalog::Dimension::exchange, options_.name);
  terms_.seat = options_.seat;
  terms_.currency = options_.currency;
  terms_.currencies = &currencies;
}

}  // namespace bidwell::exchange
