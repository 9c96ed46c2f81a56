// Which connection a request goes over, and what waits for one.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "bidwell/replay/send.h"
#include "replay/supply.h"

namespace bidwell::replay {

inline constexpr std::uint32_t kNoTicket = UINT32_MAX;
inline constexpr std::size_t kNoConnection = SIZE_MAX;

struct Lane;

// A request that was taken up, until it is told of.
struct Ticket {
  Item item;
  SteadyTime due{}, given{};
  std::string bytes;  // as sent, where asked for
  std::size_t connection = kNoConnection;
  Lane* lane = nullptr;            // connection fidelity: its flow's
  std::uint32_t next = kNoTicket;  // in its queue, or of the free ones
};

// All of a thread; places stay while they are used.
class Tickets {
 public:
  std::uint32_t take();
  void release(std::uint32_t ticket);
  Ticket& operator[](std::uint32_t ticket) { return tickets_[ticket]; }

 private:
  std::deque<Ticket> tickets_;
  std::uint32_t free_ = kNoTicket;
};

// In order, linked through the tickets.
class TicketQueue {
 public:
  bool empty() const noexcept { return first_ == kNoTicket; }
  void push(Tickets& tickets, std::uint32_t ticket);
  std::uint32_t pop(Tickets& tickets);

 private:
  std::uint32_t first_ = kNoTicket, last_ = kNoTicket;
};

// A flow's own connection.
struct Lane {
  std::size_t connection = kNoConnection;
  TicketQueue queue;
  std::uint64_t passed = 0;      // requests that went over it or were left out
  std::uint64_t each_round = 0;  // that many in each round of a tape; 0: a feed's, not known
  SteadyTime used{};
};

// Not thread-safe.
class Lanes {
 public:
  virtual ~Lanes() = default;
  // The connection that this is to go over now; kNoConnection: it is to wait.
  virtual std::size_t find(Ticket& ticket) = 0;
  virtual void wait(std::uint32_t ticket) = 0;
  // It was given to its connection, or is left out.
  virtual void pass(Ticket& ticket) = 0;
  // It was told of: the one that waited and goes over its connection now; or kNoTicket.
  virtual std::uint32_t free(Ticket& ticket) = 0;
  // Any that waits, to give it up.
  virtual std::uint32_t pop() = 0;
  // A request of this flow is due soon.
  virtual void expect(const Prepared&) {}
  virtual void tick(SteadyTime) {}
  virtual bool has_idle() const { return true; }
};

// `count` connections in turn.
std::unique_ptr<Lanes> make_pool(Client& client, const SendOptions& options, Tickets& tickets, std::size_t count);
// One for each flow. `rounds`: how many requests each flow has in a tape; empty: a feed's.
std::unique_ptr<Lanes> make_flows(Client& client, const SendOptions& options, Tickets& tickets,
                                  const std::unordered_map<std::uint64_t, std::uint64_t>& rounds);

}  // namespace bidwell::replay
