// What the tests of the PostgreSQL sink share: one server for the program, batches made by hand, and a clock that
// stands still.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bidwell/events/postgres.h"
#include "tests/profile/postgres_server.h"

namespace bidwell::events {

// 2026-11-20 10:00:00 UTC.
inline constexpr std::int64_t kNowMs = 1'795'168'800'000;
inline constexpr std::int64_t kDayMs = 86'400'000;

inline std::chrono::system_clock::time_point at_ms(std::int64_t ms) {
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(ms));
}

class PostgresSinkTest : public ::testing::Test {
 protected:
  static testing::PostgresServer& server() {
    static testing::PostgresServer only;
    return only;
  }

  void SetUp() override { server().execute("DROP SCHEMA IF EXISTS bidwell CASCADE"); }

  PostgresSinkOptions options() {
    PostgresSinkOptions made;
    made.url = server().url();
    made.clock.wall = [] { return at_ms(kNowMs); };
    made.log = [this](const std::string& line) {
      const std::lock_guard lock(mutex_);
      log_.push_back(line);
    };
    return made;
  }

  // For what is removed by the server's clock too.
  static std::int64_t real_ms() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()).time_since_epoch().count();
  }

  // All rows as libpq has them: columns divided by '|', rows by '\n', null as "-".
  static std::string ask(const std::string& query) {
    pqxx::connection connection(server().url());
    pqxx::nontransaction work(connection);
    work.exec0("SET timezone = 'UTC'");
    std::string out;
    for (const pqxx::row& row : work.exec(query)) {
      if (!out.empty()) out += '\n';
      for (const pqxx::field& field : row) {
        if (field.num() > 0) out += '|';
        out += field.is_null() ? "-" : field.c_str();
      }
    }
    return out;
  }

  std::mutex mutex_;
  std::vector<std::string> log_;
};

inline BidId bid_id(std::uint64_t number) {
  BidId id{};
  for (int i = 0; i < 8; ++i) id[static_cast<std::size_t>(11 - i)] = static_cast<std::uint8_t>(number >> 8 * i);
  return id;
}

inline Event bid(std::uint64_t number, std::int64_t bid_at_ms = kNowMs) {
  Event event;
  event.at_us = bid_at_ms * 1000;
  event.bid_at_ms = bid_at_ms;
  event.bid_id = bid_id(number);
  event.exchange = "demo", event.campaign_id = "c1", event.creative_id = "cr1", event.imp_id = "1";
  event.auction_id = "a1";
  event.price = 2'500'000;
  return event;
}

inline Event notice(Kind kind, std::uint64_t number, Micros price = kNoPrice, std::int64_t bid_at_ms = kNowMs) {
  Event event = bid(number, bid_at_ms);
  event.kind = kind;
  event.at_us += 1'500'000;
  event.auction_id = {};
  event.price = price;
  event.price_max = 2'500'000;
  return event;
}

// A batch of one journal, that begins at `from` and has one position an event.
inline Batch batch(const std::vector<Event>& events, std::uint64_t from = 0, const std::string& journal = "run/0") {
  Batch made;
  for (const Event& event : events) made.rows.push_back({event, "bytes", from + made.rows.size(), 0});
  made.advances.push_back({journal, from, from + events.size()});
  return made;
}

}  // namespace bidwell::events
