// A server that takes notices, on one worker, with a journal in a folder of its own.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "bidwell/exchange/notice_handler.h"
#include "bidwell/http/server.h"
#include "tests/exchange/noticed.h"

namespace bidwell::exchange::testing {

class NoticeServer {
 public:
  explicit NoticeServer(NoticeDesk::Options options = {}, events::Fsync fsync = events::Fsync::never,
                        http::Options listening = {})
      : exchanges_(exchanges_of_each_form(currencies_)),
        journals_(journal_options(fsync)),
        journal_(journals_.add_worker()),
        desk_(keys_, exchanges_, journal_, compile(kClickable, currencies_, {.notices = true}), options),
        server_(on_loopback(std::move(listening)), [this](unsigned) { return router(); }) {
    journals_.add_reader();
    journals_.start();
    hears_.store(true);
    server_.start();
  }
  ~NoticeServer() {
    server_.stop();
    journals_.stop();
  }

  http::Server& server() { return server_; }
  const std::string& address() const { return server_.addresses().front(); }
  std::string token(const BidToken& bid, events::Kind kind) const { return sign(keys_, bid, audience_of(kind)); }
  std::uint64_t counted(events::Kind kind, NoticeResult result) const {
    return desk_.counters().results[static_cast<std::size_t>(kind)][static_cast<std::size_t>(result)].value();
  }
  // All that was recorded. They point into the journal, which keeps them.
  std::vector<events::Event> recorded() const {
    std::vector<events::Journals::Record> records;
    for (const std::string& name : journals_.names()) {
      for (std::uint64_t from = 0, next; (next = journals_.read(name, from, 1 << 20, records)) != from; from = next) {
      }
    }
    std::vector<events::Event> all(records.size());
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_TRUE(events::decode(records[i].bytes, all[i]));
    return all;
  }

 private:
  http::Options on_loopback(http::Options options) {
    options.listen = {"127.0.0.1:0"};
    options.workers = 1;
    return options;
  }
  events::JournalOptions journal_options(events::Fsync fsync) {
    events::JournalOptions options;
    options.directory = folder_ / "journals";
    options.segment_bytes = 1 << 20;
    options.allowance_bytes = 64 << 20;
    options.fsync = fsync;
    options.on_durable = [this](unsigned) {
      if (hears_.load()) server_.post(0, [this] { confirm(); });
    };
    return options;
  }
  void confirm() {
    desk_.confirm([this](std::uint64_t ticket) { server_.resume(0, ticket); });
  }
  http::Router router() {
    http::Router router;
    for (const events::Kind kind : kNoticeKinds) {
      router.add({http::Method::get, http::Method::post}, std::string(events::name(kind)), desk_.handler(kind));
    }
    return router;
  }

  const TokenKeys keys_{kOneKey};
  CurrencyTable currencies_;
  std::deque<Exchange> exchanges_;
  profile::testing::Folder folder_;
  std::atomic<bool> hears_{false};
  events::Journals journals_;
  events::Journal& journal_;
  NoticeDesk desk_;
  http::Server server_;
};

}  // namespace bidwell::exchange::testing
