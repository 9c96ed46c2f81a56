// bidwell journal replay to a PostgreSQL server: what a killed bidder left is stored there once.
#include <gmock/gmock.h>

#include <csignal>
#include <pqxx/pqxx>

#include "tests/apps/exchange_ledger.h"
#include "tests/apps/serving.h"
#include "tests/profile/postgres_server.h"

namespace bidwell::apps::testing {
namespace {

using bidwell::testing::PostgresServer;
using http::testing::Client;
using http::testing::get;
using http::testing::post;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(JournalReplayTest, ToPostgresStoresOnce) {
  const PostgresServer postgres;
  const Workplace place;
  // The bidder knows nothing of the database: it has events only in its journal when it is killed.
  place.write("bidwell.json", fmt::format(R"({{"http": {{"listen": ["127.0.0.1:0"], "workers": 2}},
    "exchanges": {{"demo": {{}}}}, "catalog": {{"file": "catalog.json"}}, "postgres": {{"url": "{}"}},
    "events": {{"directory": "events", "sinks": ["ndjson"]}},
    "notices": {{"url": "http://bid.example", "markup_url": "https://bid.example"}}}})",
                                          postgres.url()));
  ExchangeLedger ledger;
  {
    Serving bidder(place);
    Client client(bidder.address());
    for (int auction = 0; auction < 100; ++auction) {
      const auto answer = client.exchange(post("/bid/demo", kRequest));
      ASSERT_TRUE(answer);
      const Offer offer = offer_of(answer->body);
      ledger.bid(offer.bid_id);
      const auto win = client.exchange(get(filled(offer.paths.at("win"), 1'234'567)));
      ASSERT_TRUE(win);
      ASSERT_EQ(win->status, 200u) << win->body;
      ledger.notice({offer.bid_id, "win"}, 1'234'567, Sent::acknowledged);
    }
    bidder.process().signal(SIGKILL);
    EXPECT_EQ(bidder.process().wait(), 128 + SIGKILL);
  }
  const auto replay = [&] {
    return run({BIDWELL_EXECUTABLE, "journal", "replay", place.path("events/_journal"), "--config", place.config(),
                "--to", "postgres"});
  };
  const Ended first = replay();
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("postgres: 200 events sent, 0 set aside, 0 stored before"));
  EXPECT_THAT(ledger.compare(postgres.url()), IsEmpty());
  const Ended second = replay();
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr("postgres: 0 events sent, 0 set aside, 200 stored before"));
  EXPECT_THAT(ledger.compare(postgres.url()), IsEmpty());
}

}  // namespace
}  // namespace bidwell::apps::testing
