// Who asks, and what: bid requests, and the notices of some of the bids that come back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "open_loop/request_source.h"
#include "postgres_latency/options.h"
#include "tests/apps/exchange_ledger.h"

namespace bidwell::postgres_latency {

class Traffic final : public open_loop::RequestSource {
 public:
  // `ledger` must outlive it.
  Traffic(const Options& options, apps::testing::ExchangeLedger& ledger);

  // A notice, where there are some to be sent; else a bid request.
  open_loop::Request next() override;
  void take_bids(std::string_view body) override;

  std::uint64_t bids() const noexcept { return bids_; }
  std::uint64_t notices() const noexcept { return notices_; }
  double mean_bytes() const;  // of a bid request

 private:
  struct Notice {
    std::string text;
    apps::testing::ExchangeLedger::Key key;
    std::int64_t price_micros;
  };

  void win(const std::string& id, std::string_view bid);

  const std::size_t bids_per_win_;
  apps::testing::ExchangeLedger& ledger_;
  std::vector<std::string> requests_;
  std::size_t next_ = 0;
  std::deque<Notice> due_;
  std::string sending_;  // the last notice
  std::uint64_t bids_ = 0, notices_ = 0;
};

}  // namespace bidwell::postgres_latency
