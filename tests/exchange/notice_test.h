// A desk that is called without a server: sends it notices, and looks at answers, counters and the journal.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bidwell/exchange/notice_handler.h"
#include "tests/exchange/noticed.h"

namespace bidwell::exchange::testing {

inline constexpr std::int64_t kNowMs = 1'715'774'400'000;  // still_clock()'s

struct Reply {
  unsigned status = 0;
  std::string body, type, header;
};

// Remembers what was parked.
class Places final : public http::Parking {
 public:
  explicit Places(std::uint64_t next) : next_(next) {}
  std::uint64_t park(std::chrono::steady_clock::time_point until) noexcept override {
    deadline = until;
    return ticket = next_;
  }
  void stay() noexcept override { ticket = 0; }

  std::uint64_t ticket = 0;
  std::chrono::steady_clock::time_point deadline;

 private:
  std::uint64_t next_;
};

class NoticeTest : public ::testing::Test {
 protected:
  NoticeTest() : exchanges_(exchanges_of_each_form(currencies_)) {
    options_.clock = still_clock();
    start();
  }

  void start() {
    desk_ = std::make_unique<NoticeDesk>(records_.keys, exchanges_, records_.journal, snapshot_, options_);
    for (const events::Kind kind : kNoticeKinds) handlers_[kind] = desk_->handler(kind);
  }

  Reply send(events::Kind kind, const std::string& token, std::string_view query = {}, std::string_view body = {},
             http::Parking* parking = nullptr, bool resumed = false) {
    OutputBuffer out(10'000);
    http::Response response(out, parking);
    http::Request request;
    request.method = body.empty() ? http::Method::get : http::Method::post;
    request.rest = token;
    request.query = query;
    request.body = body;
    request.client = client_;
    request.resumed = resumed;
    handlers_[kind]->handle(request, response);
    return {response.status(), std::string(out.view()), std::string(response.content_type()),
            std::string(response.extra_header())};
  }
  Reply send_good(events::Kind kind, std::string_view query = {}, std::string_view body = {}) {
    return send(kind, sign(records_.keys, token_, audience_of(kind)), query, body);
  }

  // That it is answered so, counted as that and not recorded.
  void expect_refused(events::Kind kind, const Reply& reply, NoticeResult result, unsigned status) {
    EXPECT_EQ(reply.status, status) << name(result);
    EXPECT_TRUE(reply.body.starts_with(R"({"error":")") && reply.body.ends_with("\"}\n")) << reply.body;
    EXPECT_EQ(reply.type, "application/json");
    EXPECT_EQ(take_counted(kind), (std::map<NoticeResult, std::uint64_t>{{result, 1}})) << name(result);
    EXPECT_EQ(take_recorded().size(), 0u);
  }
  void expect_refused(events::Kind kind, std::string_view query, NoticeResult result, unsigned status = 400) {
    SCOPED_TRACE(query);
    expect_refused(kind, send_good(kind, query), result, status);
  }
  // The event of one that is good.
  events::Event expect_recorded(events::Kind kind, std::string_view query = {}, std::string_view body = {}) {
    SCOPED_TRACE(query);
    const Reply reply = send_good(kind, query, body);
    EXPECT_TRUE(reply.status == 200 || reply.status == 302) << reply.status << " " << reply.body;
    EXPECT_EQ(take_counted(kind), (std::map<NoticeResult, std::uint64_t>{{NoticeResult::recorded, 1}}));
    const auto recorded = take_recorded();
    EXPECT_EQ(recorded.size(), 1u);
    return recorded.empty() ? events::Event() : recorded[0];
  }

  // Since the last time.
  std::map<NoticeResult, std::uint64_t> take_counted(events::Kind kind) {
    std::map<NoticeResult, std::uint64_t> counted;
    for (std::size_t i = 0; i < kNoticeResults; ++i) {
      const auto& counter = desk_->counters().results[static_cast<std::size_t>(kind)][i];
      const std::uint64_t news = counter.value() - std::exchange(counted_[&counter], counter.value());
      if (news != 0) counted[static_cast<NoticeResult>(i)] = news;
    }
    return counted;
  }
  std::vector<events::Event> take_recorded() {
    std::vector<events::Event> all = records_.events();
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::exchange(recorded_, all.size())));
    return all;
  }

  CurrencyTable currencies_;
  std::deque<Exchange> exchanges_;
  BidRecords records_;
  std::shared_ptr<const catalog::Snapshot> snapshot_ = compile(kClickable, currencies_, {.notices = true});
  NoticeDesk::Options options_;
  std::unique_ptr<NoticeDesk> desk_;
  std::map<events::Kind, std::unique_ptr<http::Handler>> handlers_;
  BidToken token_ = some_token();
  std::string_view client_ = "203.0.113.77";
  std::map<const Counter*, std::uint64_t> counted_;
  std::size_t recorded_ = 0;
};

}  // namespace bidwell::exchange::testing
