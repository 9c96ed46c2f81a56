// Tickets and deadlines, without a connection behind them.
#include "http/parking_lot.h"

#include <gtest/gtest.h>

#include <array>

namespace bidwell::http::testing {
namespace {

using std::chrono::seconds;
using Time = ParkingLot::Time;

// Only their addresses are looked at.
Connection& connection(std::size_t i) {
  alignas(64) static std::array<std::array<char, 64>, 1000> places;
  return reinterpret_cast<Connection&>(places.at(i));
}

TEST(ParkingLot, FindsByTicketUntilItLeaves) {
  ParkingLot lot(2);
  const std::uint64_t a = lot.take(connection(0), Time(seconds(1)));
  const std::uint64_t b = lot.take(connection(1), Time(seconds(2)));
  EXPECT_NE(a, 0U);
  EXPECT_NE(a, b);
  EXPECT_EQ(lot.find(a), &connection(0));
  EXPECT_EQ(lot.find(b), &connection(1));
  lot.leave(a);
  EXPECT_EQ(lot.find(a), nullptr);
  EXPECT_EQ(lot.find(b), &connection(1));
}

TEST(ParkingLot, APlaceUsedAgainHasAnotherTicket) {
  ParkingLot lot(1);
  std::vector<std::uint64_t> stale;
  for (std::size_t i = 0; i < 100; ++i) {
    const std::uint64_t ticket = lot.take(connection(i), {});
    for (const std::uint64_t old : stale) EXPECT_EQ(lot.find(old), nullptr);
    EXPECT_EQ(lot.find(ticket), &connection(i));
    lot.leave(ticket);
    stale.push_back(ticket);
  }
}

TEST(ParkingLot, TicketsThatWereNeverGiven) {
  ParkingLot lot(2);
  const std::uint64_t ticket = lot.take(connection(0), {});
  for (const std::uint64_t none : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{3}, ticket + 1, ticket + 2,
                                   ticket ^ (std::uint64_t{1} << 32), ~std::uint64_t{0}}) {
    EXPECT_EQ(lot.find(none), nullptr) << none;
  }
}

TEST(ParkingLot, IsFullAtItsSize) {
  ParkingLot none(0);
  EXPECT_EQ(none.take(connection(0), {}), 0U);
  ParkingLot lot(3);
  std::uint64_t last = 0;
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NE(last = lot.take(connection(i), {}), 0U);
  EXPECT_EQ(lot.take(connection(3), {}), 0U);
  lot.leave(last);
  EXPECT_NE(lot.take(connection(3), {}), 0U);
  EXPECT_EQ(lot.take(connection(4), {}), 0U);
}

TEST(ParkingLot, TheFirstDeadlineIsFirst) {
  ParkingLot lot(1000);
  EXPECT_TRUE(lot.empty());
  std::vector<std::uint64_t> tickets(1000);
  for (std::size_t i = 0; i < 1000; ++i) {
    const std::size_t at = i * 377 % 1000;  // each once, in disorder
    tickets[at] = lot.take(connection(at), Time(seconds(at / 2)));
  }
  // What left before its time is not met again.
  for (std::size_t i = 0; i < 1000; i += 3) lot.leave(tickets[i]);
  Time before{};
  std::size_t met = 0;
  for (; !lot.empty(); ++met) {
    EXPECT_LE(before, lot.first_deadline());
    before = lot.first_deadline();
    const auto at = static_cast<std::size_t>(before.time_since_epoch() / seconds(1)) * 2;
    const std::size_t i = &lot.first() == &connection(at) ? at : at + 1;
    EXPECT_EQ(&lot.first(), &connection(i));
    EXPECT_NE(i % 3, 0U);
    lot.leave(tickets[i]);
  }
  EXPECT_EQ(met, 666U);
}

}  // namespace
}  // namespace bidwell::http::testing
