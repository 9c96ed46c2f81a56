// The bidder in one object: the public server, its handlers, and what they use, wired together as configured.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "apps/budgets.h"
#include "apps/catalog_file.h"
#include "apps/event_log.h"
#include "apps/user_histories.h"
#include "apps/user_profiles.h"
#include "bidwell/exchange/bid_handler.h"
#include "bidwell/exchange/notice_handler.h"
#include "bidwell/http/server.h"

namespace bidwell::apps {

// For one thread.
class Service {
 public:
  // All must outlive it; `budgets` may be null: none are kept. Throws std::runtime_error when something that is
  // configured cannot be used.
  Service(const ops::Config& config, CatalogFile& catalog, Budgets* budgets);

  void start();
  // Lets what is in flight finish and stores what was recorded. True: all finished in time.
  bool stop();

  // Reads the catalog again and hands a good one to every worker.
  void reload();
  // Takes a new profile file, if there is one.
  void reload_profiles();

  void log_totals() const;

 private:
  // What one worker's requests go through. The bid handler is owned by the server's router.
  struct Worker {
    exchange::BidHandler* bids = nullptr;
    std::unique_ptr<exchange::NoticeDesk> notices;  // null: nothing is recorded
    profile::Remember* remember = nullptr;          // null: nobody is known
  };

  http::Router make_router(unsigned worker);
  void add_notices(unsigned worker, events::Journal& journal, http::Router& router);
  // Of `cache`, profiles or histories: has the requests go on that it has answered.
  template <class Cache>
  void resume_answered(Cache& cache, unsigned worker);
  void add_users(unsigned worker, exchange::BidHandler::Options& options);
  void confirm_durable(unsigned worker);

  const ops::Config& config_;
  CatalogFile& catalog_;
  Budgets* const budgets_;
  std::unique_ptr<UserProfiles> profiles_;    // null: nobody is known
  std::unique_ptr<UserHistories> histories_;  // null: nobody is known
  std::unique_ptr<EventLog> events_;          // null: nothing is recorded
  std::deque<exchange::Exchange> exchanges_;
  std::vector<Worker> workers_;
  http::Server server_;  // last: stops before what its workers use is gone
};

}  // namespace bidwell::apps
