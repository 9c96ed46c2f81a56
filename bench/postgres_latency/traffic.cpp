#include "postgres_latency/traffic.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <stdexcept>

#include "bidwell/events/event.h"
#include "loopback/http_text.h"
#include "request_generator.h"

namespace bidwell::postgres_latency {
namespace {

constexpr std::string_view kBidBegin = R"({"id":")";
constexpr std::string_view kBehindId = R"(","impid":")";  // markup, being escaped, has no such text
constexpr std::string_view kPrice = R"(,"price":)";

std::int64_t price_micros(std::string_view bid) {
  const std::size_t at = bid.find(kPrice);
  if (at == std::string_view::npos) throw std::runtime_error("a bid without a price");
  return std::llround(std::strtod(bid.data() + at + kPrice.size(), nullptr) * 1e6);
}

}  // namespace

Traffic::Traffic(const Options& options, apps::testing::ExchangeLedger& ledger)
    : bids_per_win_(options.bids_per_win), ledger_(ledger) {
  for (std::size_t i = 0; i < open_loop::kDifferentRequests; ++i) {
    requests_.push_back(loopback::make_post("/bid/demo", bench::make_request(i, options.seed)));
  }
}

open_loop::Request Traffic::next() {
  if (!due_.empty()) {
    Notice& notice = due_.front();
    // Any other answer than a 200 ends the benchmark.
    ledger_.notice(notice.key, notice.price_micros, apps::testing::Sent::acknowledged);
    ++notices_;
    sending_ = std::move(notice.text);
    due_.pop_front();
    return {.text = sending_, .notice = true};
  }
  const std::string& request = requests_[next_];
  if (++next_ == requests_.size()) next_ = 0;
  return {.text = request};
}

void Traffic::take_bids(std::string_view body) {
  for (std::size_t at = body.find(kBehindId); at != std::string_view::npos;) {
    const std::size_t next = body.find(kBehindId, at + 1);
    const std::string_view id = body.substr(at - events::kBidIdTextSize, events::kBidIdTextSize);
    ledger_.bid(std::string(id));
    if (++bids_ % bids_per_win_ == 0) {
      const std::size_t begin = at - events::kBidIdTextSize - kBidBegin.size();
      win(std::string(id), body.substr(begin, next == std::string_view::npos ? next : next - begin));
    }
    at = next;
  }
}

// The one thing that is not as in the world: its notices follow at once.
void Traffic::win(const std::string& id, std::string_view bid) {
  const apps::testing::Offer offer = apps::testing::offer_of(bid);
  const std::int64_t price = price_micros(bid);
  for (const char* kind : {"win", "bill", "imp"}) {
    const auto path = offer.paths.find(kind);
    if (path == offer.paths.end()) continue;
    due_.push_back(
        {.text = fmt::format("GET {} HTTP/1.1\r\nHost: bid.bidder.example\r\nUser-Agent: example-exchange/4.2\r\n\r\n",
                             apps::testing::filled(path->second, price)),
         .key = {id, kind},
         .price_micros = path->first == "imp" ? -1 : price});  // what a page says of it is not believed
  }
}

double Traffic::mean_bytes() const {
  double sum = 0;
  for (const std::string& one : requests_) sum += static_cast<double>(one.size());
  return sum / static_cast<double>(requests_.size());
}

}  // namespace bidwell::postgres_latency
