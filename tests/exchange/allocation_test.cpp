// A request costs no heap allocation once everything is warm: not on the worker's thread, from the
// first byte read to the last one written, whatever the request and its answer are.
#include <gtest/gtest.h>

#include <future>
#include <nlohmann/json.hpp>

#include "tests/exchange/bid_records.h"
#include "tests/exchange/bidder.h"
#include "tests/exchange/campaigns.h"
#include "tests/exchange/counted_allocations.h"
#include "tests/exchange/known_users.h"
#include "tests/http/client.h"
#include "tests/http/requests.h"

namespace bidwell::exchange::testing {
namespace {

using http::testing::chunks;
using http::testing::Client;
using http::testing::gzip;
using http::testing::post;
using http::testing::post_chunked;
using Json = nlohmann::json;

constexpr int kRequests = 10'000;

// What the server's worker allocated while `kRequests` copies of `bytes` were answered, one after
// the other, each with `status` and, if asked for, compressed.
std::uint64_t allocations_of(http::Server& server, const std::string& bytes, unsigned status, bool compressed = false) {
  Client client(server.addresses().front());
  const auto answer_all = [&](int count) {
    for (int i = 0; i < count; ++i) {
      const auto answer = client.exchange(bytes);
      if (!answer || answer->status != status || (answer->header("content-encoding") == "gzip") != compressed) {
        ADD_FAILURE() << "answer " << i << ": " << (answer ? answer->status : 0) << " "
                      << (answer ? answer->body : "closed");
        return;
      }
    }
  };
  // On the worker's thread, and waited for.
  const auto on_worker = [&](auto task) {
    std::promise<std::uint64_t> done;
    server.post(0, [&] { done.set_value(task()); });
    return done.get_future().get();
  };
  answer_all(100);
  on_worker([] {
    allocations = 0;
    counting = true;
    return allocations;
  });
  answer_all(kRequests);
  return on_worker([] {
    counting = false;
    return allocations;
  });
}

struct Case {
  const char* name;
  const char* campaigns;
  std::string request;
  unsigned status;
  bool compressed_answer = false;
};

void PrintTo(const Case& test, std::ostream* out) {
  *out << test.name;
}

std::string native_request() {
  return request_for("native", {{"request", R"({"native":{"ver":"1.2","assets":[
      {"id":1,"required":1,"title":{"len":90}},{"id":2,"img":{"type":3,"wmin":50,"hmin":50}},
      {"id":3,"data":{"type":1}}]}})"}});
}

std::string video_request() {
  return request_for("video", Json::parse(R"({"mimes":["video/mp4"],"minduration":5,
      "maxduration":30,"protocols":[2,3],"w":640,"h":360,"api":[1,2]})"));
}

// Twenty impressions: an answer large enough to be compressed, and a request that outgrows the
// connection's own buffer.
std::string many_imps() {
  Json request = Json::parse(banner_request());
  const Json imp = request["imp"][0];
  for (int i = 2; i <= 20; ++i) {
    request["imp"].push_back(imp);
    request["imp"].back()["id"] = std::to_string(i);
    request["imp"].back()["ext"]["padding"] = std::string(600, 'x');
  }
  return request.dump();
}

class AllocationTest : public ::testing::TestWithParam<Case> {};

TEST_P(AllocationTest, NoneInTheSteadyState) {
  CurrencyTable currencies;
  std::deque<Exchange> exchanges;
  ExchangeOptions demo;
  demo.name = "demo";
  exchanges.emplace_back(demo, currencies);
  BidHandler::Options options;
  options.clock = still_clock();
  BidServer bidder(exchanges, compile(GetParam().campaigns, currencies), options);
  EXPECT_EQ(allocations_of(bidder.server(), GetParam().request, GetParam().status, GetParam().compressed_answer), 0u);
}

const Case kCases[] = {
    {"BannerBid", kDisplay, post("/bid/demo", banner_request()), 200},
    {"NativeBid", kNative, post("/bid/demo", native_request()), 200},
    {"VideoBid", kStreams, post("/bid/demo", video_request()), 200},
    {"EscapedIds", kDisplay, post("/bid/demo", banner_request({{"/id", "a\"\\\n"}})), 200},
    {"ManyBids", kDisplay, post("/bid/demo", many_imps()), 200},
    {"NoBid", kDeals, post("/bid/demo", banner_request()), 204},
    {"NotJson", kDisplay, post("/bid/demo", "{\"id\":"), 400},
    {"NoImp", kDisplay, post("/bid/demo", "{\"id\":\"1\"}"), 400},
    {"UnknownExchange", kDisplay, post("/bid/nobody", banner_request()), 404},
    {"GzipAnswer", kDisplay, post("/bid/demo", many_imps(), "Accept-Encoding: gzip\r\n"), 200, true},
    {"GzipRequest", kDisplay, post("/bid/demo", gzip(banner_request()), "Content-Encoding: gzip\r\n"), 200},
    {"ChunkedRequest", kDisplay, post_chunked("/bid/demo", chunks(banner_request(), 40)), 200},
};
INSTANTIATE_TEST_SUITE_P(Requests, AllocationTest, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

// A user of whom much is known, found in the cache.
TEST(AllocationTest, NoneForAKnownUser) {
  CurrencyTable currencies;
  std::deque<Exchange> exchanges;
  ExchangeOptions demo;
  demo.name = "demo";
  exchanges.emplace_back(demo, currencies);
  KnownUsers users(std::chrono::milliseconds(0));
  BidHandler::Options options;
  options.clock.wall = still_clock().wall;
  options.profiles = &users.profiles;
  BidServer bidder(exchanges, compile(kForSegment, currencies), options);
  const std::string request = post("/bid/demo", banner_request({{"/user/buyeruid", "u"}}));

  EXPECT_EQ(Client(bidder.address()).exchange(request)->status, 204u);
  profile::Contents known{{}, {"income=high", "gender=F", "yob=1990"}, {{1, 2, 3}}};
  for (std::uint32_t i = 0; i < 1000; ++i) known.segments.push_back(42 + 7 * i);
  users.origin.answer(profile_of(known));
  users.becomes(1);
  EXPECT_EQ(allocations_of(bidder.server(), request, 200), 0u);
  EXPECT_GE(users.profiles.counters().known.value(), 10'000u);
}

// Budgets, and caps that look through a history, of a campaign and of creatives; the best is refused by its cap.
TEST(AllocationTest, NoneForBudgetsAndCaps) {
  CurrencyTable currencies;
  std::deque<Exchange> exchanges;
  ExchangeOptions demo;
  demo.name = "demo";
  exchanges.emplace_back(demo, currencies);
  nlohmann::json campaigns = nlohmann::json::parse(kDisplay);
  campaigns["campaigns"][0]["budget"] = {{"daily", 1'000'000}};
  campaigns["campaigns"][0]["frequency"]["caps"] = {{{"times", 64}, {"per", "1d"}},
                                                    {{"times", 64}, {"per", "1d"}, {"of", "creative"}}};
  campaigns["campaigns"].push_back(campaigns["campaigns"][0]);
  campaigns["campaigns"][1]["id"] = "dear";
  campaigns["campaigns"][1]["bid"]["price"] = 3;
  campaigns["campaigns"][1]["frequency"]["caps"][0]["times"] = 2;
  KnownUsers users(std::chrono::milliseconds(0)), seen(std::chrono::milliseconds(0));
  profile::Histories histories(*seen.port);
  budget::Wallet wallet;
  std::uint32_t accounts = 0;
  const auto open = [&](const catalog::Campaign&) {
    wallet.make_room(accounts);
    wallet.purse(accounts).fill(1 << 30, budget::Steady::max());
    return accounts++;
  };
  BidHandler::Options options;
  options.clock.wall = still_clock().wall;
  options.profiles = &users.profiles;
  options.histories = &histories;
  options.wallet = &wallet;
  BidServer bidder(exchanges, compile(campaigns.dump(), currencies, {.account = open}), options);
  const std::string request = post("/bid/demo", banner_request({{"/user/buyeruid", "u"}}));

  EXPECT_EQ(Client(bidder.address()).exchange(request)->status, 204u);
  users.origin.answer(profile_of({{1, 2, 3}, {}, {{hash64("campaign:other"), 1, 2}}}));
  std::string shown(40 * profile::kShowBytes, '\0');
  for (std::uint32_t i = 0; i < 40; ++i) {
    profile::encode({i, catalog::subject_of("campaign:dear"), 0, 0, 1'715'774'000},
                    shown.data() + i * profile::kShowBytes);
  }
  seen.origin.answer({true, shown});
  users.becomes(1);
  seen.becomes(1);
  wallet.purse(0).fill(Nanos{1} << 60, budget::Steady::max());
  EXPECT_EQ(allocations_of(bidder.server(), request, 200), 0u);
  const auto& refused = bidder.counters().reasons.refused;
  EXPECT_GE(refused[static_cast<std::size_t>(bidding::Reason::capped)].value(), 10'000u);
  EXPECT_GE(wallet.purse(0).used(), 10'000 * 2'000'000LL);
}

// Puts each request aside, until a deadline that is over.
class Parks final : public http::Handler {
 public:
  void handle(const http::Request& request, http::Response& response) override {
    if (!request.resumed) response.park({});
  }
};

TEST(AllocationTest, NoneForAParkedRequest) {
  http::Options options;
  options.listen = {"127.0.0.1:0"};
  options.workers = 1;
  http::Server server(options, [](unsigned) {
    http::Router router;
    router.add({http::Method::post}, "bid", std::make_unique<Parks>());
    return router;
  });
  server.start();
  EXPECT_EQ(allocations_of(server, post("/bid/demo", banner_request()), 204), 0u);
  EXPECT_GE(server.counters(0).parks_timed_out.value(), 10'000u);
}

// Bids whose notices are signed and that are recorded: over more than one of the journal's segments.
class RecordedAllocationTest : public ::testing::TestWithParam<Case> {};

TEST_P(RecordedAllocationTest, NoneInTheSteadyState) {
  CurrencyTable currencies;
  std::deque<Exchange> exchanges;
  ExchangeOptions demo;
  demo.name = "demo";
  exchanges.emplace_back(demo, currencies);
  BidRecords records(256 << 20);
  BidHandler::Options options;
  options.clock = still_clock();
  records.sign_and_record(options);
  BidServer bidder(exchanges, compile(GetParam().campaigns, currencies, {.notices = true}), options);
  EXPECT_EQ(allocations_of(bidder.server(), GetParam().request, GetParam().status, GetParam().compressed_answer), 0u);
  const events::JournalCounters& journal = records.journal.counters();
  EXPECT_GT(journal.segments.value(), 1u);
  // The keeper may be late with the next of segments that are filled within milliseconds.
  EXPECT_EQ(journal.records.value() + journal.bids_dropped.value(), bidder.counters().bids.value());
}

const Case kRecordedCases[] = {
    {"BannerBid", kDisplay, post("/bid/demo", banner_request()), 200},
    {"NativeBid", kNative, post("/bid/demo", native_request()), 200},
    {"VideoBid", kStreams, post("/bid/demo", video_request()), 200},
    {"ManyBids", kDisplay, post("/bid/demo", many_imps()), 200},
    {"GzipAnswer", kDisplay, post("/bid/demo", many_imps(), "Accept-Encoding: gzip\r\n"), 200, true},
};
INSTANTIATE_TEST_SUITE_P(Requests, RecordedAllocationTest, ::testing::ValuesIn(kRecordedCases),
                         [](const auto& test) { return std::string(test.param.name); });

// That the counting counts: one allocation for each request, each of another kind.
class Allocating final : public http::Handler {
 public:
  explicit Allocating(void* (*allocate)(), void (*release)(void*)) : allocate_(allocate), release_(release) {}
  void handle(const http::Request&, http::Response&) override { release_(allocate_()); }

 private:
  void* (*allocate_)();
  void (*release_)(void*);
};

std::uint64_t allocations_of(void* (*allocate)(), void (*release)(void*)) {
  http::Options options;
  options.listen = {"127.0.0.1:0"};
  options.workers = 1;
  http::Server server(options, [&](unsigned) {
    http::Router router;
    router.add({http::Method::post}, "bid", std::make_unique<Allocating>(allocate, release));
    return router;
  });
  server.start();
  return allocations_of(server, post("/bid/demo", banner_request()), 204);
}

TEST(AllocationControlTest, OnesOfEachKindAreSeen) {
  EXPECT_EQ(allocations_of([]() -> void* { return nullptr; }, [](void*) {}), 0u);
  EXPECT_EQ(allocations_of([] { return ::operator new(1); }, [](void* p) { ::operator delete(p); }), 10'000u);
  EXPECT_EQ(allocations_of([]() -> void* { return new char[8]; }, [](void* p) { delete[] static_cast<char*>(p); }),
            10'000u);
  EXPECT_EQ(allocations_of([] { return ::operator new(64, std::align_val_t(64)); },
                           [](void* p) { ::operator delete(p, std::align_val_t(64)); }),
            10'000u);
  EXPECT_EQ(allocations_of([] { return std::malloc(8); }, std::free), 10'000u);
  EXPECT_EQ(allocations_of([] { return std::calloc(2, 4); }, std::free), 10'000u);
  EXPECT_EQ(allocations_of([] { return std::realloc(nullptr, 8); }, std::free), 10'000u);
}

}  // namespace
}  // namespace bidwell::exchange::testing
