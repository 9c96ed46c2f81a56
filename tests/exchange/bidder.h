// What the tests of a whole bid share: files, catalogs without faults, a clock that stands still,
// and a server that bids.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bidwell/catalog/load.h"
#include "bidwell/exchange/bid_handler.h"
#include "bidwell/http/server.h"

namespace bidwell::exchange::testing {

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string source_file(const std::string& path) {
  return std::string(BIDWELL_SOURCE_DIR) + "/" + path;
}

// Throws with the first fault there is.
inline std::shared_ptr<const catalog::Snapshot> compile(std::string_view campaigns, const CurrencyTable& currencies,
                                                        const catalog::CompileOptions& options = {}) {
  catalog::Loaded loaded = catalog::load_campaigns(campaigns, currencies);
  if (!loaded.faults.empty()) {
    throw std::runtime_error(loaded.faults.front().where + ": " + loaded.faults.front().what);
  }
  return catalog::Snapshot::compile(std::move(loaded.campaigns), currencies, options);
}

// Noon UTC on Wednesday the 15th of May 2024; and no time passes.
inline Clock still_clock() {
  Clock clock;
  clock.steady = [] { return std::chrono::steady_clock::time_point{}; };
  clock.wall = [] { return std::chrono::system_clock::time_point(std::chrono::seconds(1'715'774'400)); };
  return clock;
}

// One worker on a free port of the loopback. `exchanges` must outlive it.
class BidServer {
 public:
  BidServer(const std::deque<Exchange>& exchanges, std::shared_ptr<const catalog::Snapshot> snapshot,
            const BidHandler::Options& bidding, http::Options options = {})
      : server_(on_loopback(std::move(options)), [&](unsigned) {
          auto handler = std::make_unique<BidHandler>(exchanges, snapshot, bidding);
          handler_ = handler.get();
          http::Router router;
          router.add({http::Method::post}, "bid", std::move(handler));
          return router;
        }) {
    server_.start();
  }

  http::Server& server() { return server_; }
  const std::string& address() const { return server_.addresses().front(); }
  const BidCounters& counters() const { return handler_->counters(); }

 private:
  static http::Options on_loopback(http::Options options) {
    options.listen = {"127.0.0.1:0"};
    options.workers = 1;
    return options;
  }

  BidHandler* handler_ = nullptr;  // owned by the server's router
  http::Server server_;
};

}  // namespace bidwell::exchange::testing
