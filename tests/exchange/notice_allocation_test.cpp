// Signing, verifying and a notice's whole way through the server cost no heap allocation once everything is warm.
#include <gtest/gtest.h>

#include <future>

#include "tests/exchange/counted_allocations.h"
#include "tests/exchange/notice_server.h"
#include "tests/http/client.h"
#include "tests/http/requests.h"

namespace bidwell::exchange::testing {
namespace {

using events::Kind;
using http::testing::Client;
using http::testing::get;
using http::testing::post;

template <class Work>
std::uint64_t allocations_of(Work&& work) {
  allocations = 0;
  counting = true;
  work();
  counting = false;
  return allocations;
}

TEST(NoticeAllocation, NoneToSignAndVerify) {
  const TokenKeys keys({{1, "the one"}, {2, "the other"}});
  const BidToken token = some_token();
  SignedToken out;
  ASSERT_TRUE(keys.sign(token, out));
  const std::string text = text_of(out, Audience::browser);
  std::string forged = text;
  forged[50] ^= 1;
  TokenKeys::Scratch scratch;
  BidToken read;
  EXPECT_EQ(allocations_of([&] {
              for (int i = 0; i < 1000; ++i) {
                keys.sign(token, out);
                keys.verify(text, Audience::browser, scratch, read);
                keys.verify(forged, Audience::browser, scratch, read);
              }
            }),
            0u);
  EXPECT_EQ(allocations_of([] { ::operator delete(::operator new(1)); }), 1u);  // that the counting counts
}

TEST(NoticeAllocation, NoneToReadPrices) {
  GooglePriceKeys keys;
  EXPECT_EQ(allocations_of([&] {
              for (int i = 0; i < 1000; ++i) {
                read_price("1.25", PriceFormat::plain, keys);
                read_price("MS4yNQ==", PriceFormat::base64, keys);
                read_price("YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCce_6msaw", PriceFormat::google, keys);
              }
            }),
            0u);
}

// What the server's worker allocated while copies of the request were answered, each with `status`.
std::uint64_t allocations_of(NoticeServer& server, const std::string& bytes, unsigned status) {
  Client client(server.address());
  const auto answer_all = [&](int count) {
    for (int i = 0; i < count; ++i) {
      const auto answer = client.exchange(bytes);
      if (!answer || answer->status != status) {
        ADD_FAILURE() << "answer " << i << ": " << (answer ? answer->status : 0);
        return;
      }
    }
  };
  const auto on_worker = [&](auto task) {
    std::promise<std::uint64_t> done;
    server.server().post(0, [&] { done.set_value(task()); });
    return done.get_future().get();
  };
  answer_all(200);
  on_worker([] {
    allocations = 0;
    counting = true;
    return allocations;
  });
  answer_all(3000);
  return on_worker([] {
    counting = false;
    return allocations;
  });
}

// Each with a server of its own: Asio keeps a freed task's memory, and that of ours between two counts would be too
// small for what it needs next.
std::uint64_t allocations_of(Kind kind, const std::string& query, const std::string& form, unsigned status) {
  NoticeDesk::Options options;
  options.clock.wall = still_clock().wall;
  http::Options listening;
  listening.trusted_proxies = {"127.0.0.1"};
  NoticeServer server(options, events::Fsync::never, listening);
  const std::string path = "/" + std::string(events::name(kind)) + "/" + server.token(some_token(), kind) + "?" + query;
  const char* const proxy = "X-Forwarded-For: 203.0.113.7, 127.0.0.1\r\n";
  return allocations_of(server, form.empty() ? get(path, proxy) : post(path, form, proxy), status);
}

TEST(NoticeAllocation, NoneInTheServer) {
  EXPECT_EQ(allocations_of(Kind::win, "p=1.25&c=USD&m=2", "", 200), 0u);
  EXPECT_EQ(allocations_of(Kind::bill, "", "p=1.25&c=USD", 200), 0u);
  EXPECT_EQ(allocations_of(Kind::imp, "", "", 200), 0u);
  EXPECT_EQ(allocations_of(Kind::click, "", "", 302), 0u);
  EXPECT_EQ(allocations_of(Kind::win, "p=9", "", 400), 0u);
}

TEST(NoticeAllocation, NoneForWhatWaitsForTheDisk) {
  NoticeDesk::Options options;
  options.clock.wall = still_clock().wall;
  options.await_durable = true;
  options.durable_wait = std::chrono::milliseconds(0);
  NoticeServer server(options, events::Fsync::never);
  EXPECT_EQ(allocations_of(server, get("/bill/" + server.token(some_token(), Kind::bill) + "?p=1"), 503), 0u);
}

}  // namespace
}  // namespace bidwell::exchange::testing
