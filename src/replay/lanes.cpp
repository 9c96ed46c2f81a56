// The pool and the connections of flows.
#include "replay/lanes.h"

#include <algorithm>
#include <boost/circular_buffer.hpp>
#include <chrono>

namespace bidwell::replay {
namespace {

constexpr std::chrono::seconds kSilence{30};  // then a feed's flow is taken to be over

class Pool : public Lanes {
 public:
  Pool(Client& client, const SendOptions& options, Tickets& tickets, std::size_t count)
      : client_(client), tickets_(tickets), pipeline_max_(options.client.pipeline_max), idle_(count), count_(count) {
    for (std::size_t i = 0; i < count; ++i) idle_.push_back(client.open(options.target));
  }

  std::size_t find(Ticket&) override {
    if (!idle_.empty()) {
      const std::size_t connection = idle_.front();
      idle_.pop_front();
      return connection;
    }
    return pipeline_max_ > 1 ? least_loaded() : kNoConnection;
  }

  void wait(std::uint32_t ticket) override { queue_.push(tickets_, ticket); }
  void pass(Ticket&) override {}

  std::uint32_t free(Ticket& ticket) override {
    if (queue_.empty()) {
      if (client_.waiting(ticket.connection) == 0) idle_.push_back(ticket.connection);
      return kNoTicket;
    }
    const std::uint32_t next = queue_.pop(tickets_);
    tickets_[next].connection = ticket.connection;
    return next;
  }

  std::uint32_t pop() override { return queue_.empty() ? kNoTicket : queue_.pop(tickets_); }
  bool has_idle() const override { return !idle_.empty(); }

 private:
  std::size_t least_loaded() {
    std::size_t best = kNoConnection, least = pipeline_max_;
    for (std::size_t i = 0; i < count_; ++i) {
      turn_ = (turn_ + 1) % count_;
      const std::size_t waiting = client_.waiting(turn_);
      if (waiting < least) best = turn_, least = waiting;
    }
    return best;
  }

  Client& client_;
  Tickets& tickets_;
  const std::size_t pipeline_max_;
  boost::circular_buffer<std::size_t> idle_;  // longest first: time for one that was closed to be opened again
  const std::size_t count_;
  std::size_t turn_ = 0;
  TicketQueue queue_;
};

class Flows : public Lanes {
 public:
  Flows(Client& client, const SendOptions& options, Tickets& tickets,
        const std::unordered_map<std::uint64_t, std::uint64_t>& rounds)
      : client_(client), options_(options), tickets_(tickets), of_feed_(rounds.empty()) {
    for (const auto& [flow, requests] : rounds) lanes_[flow].each_round = requests;
  }

  std::size_t find(Ticket& ticket) override {
    if (ticket.lane == nullptr) ticket.lane = &lanes_[ticket.item.request->flow];
    Lane& lane = *ticket.lane;
    open(lane);
    const bool free = lane.queue.empty() && client_.waiting(lane.connection) < options_.client.pipeline_max;
    return free ? lane.connection : kNoConnection;
  }

  void wait(std::uint32_t ticket) override { tickets_[ticket].lane->queue.push(tickets_, ticket); }

  void pass(Ticket& ticket) override {
    Lane& lane = *ticket.lane;
    ++lane.passed;
    lane.used = ticket.given;
    if (lane.each_round > 0 && lane.passed % lane.each_round == 0) shut(lane);
  }

  std::uint32_t free(Ticket& ticket) override {
    Lane& lane = *ticket.lane;
    if (lane.queue.empty()) return kNoTicket;
    // The one that was told of may have been on the connection of the round before.
    open(lane);
    if (client_.waiting(lane.connection) >= options_.client.pipeline_max) return kNoTicket;
    const std::uint32_t next = lane.queue.pop(tickets_);
    tickets_[next].connection = lane.connection;
    return next;
  }

  std::uint32_t pop() override {
    for (auto& [flow, lane] : lanes_) {
      if (!lane.queue.empty()) return lane.queue.pop(tickets_);
    }
    return kNoTicket;
  }

  void expect(const Prepared& request) override { open(lanes_[request.flow]); }

  void tick(SteadyTime now) override {
    if (!of_feed_ || now < look_at_) return;
    look_at_ = now + std::chrono::seconds(1);
    for (auto at = lanes_.begin(); at != lanes_.end();) {
      if (is_over(at->second, now)) {
        shut(at->second);
        at = lanes_.erase(at);
      } else {
        ++at;
      }
    }
  }

 private:
  bool is_over(const Lane& lane, SteadyTime now) const {
    return lane.used + kSilence <= now && lane.queue.empty() &&
           (lane.connection == kNoConnection || client_.waiting(lane.connection) == 0);
  }
  void open(Lane& lane) {
    if (lane.connection == kNoConnection) lane.connection = client_.open(options_.target);
  }
  void shut(Lane& lane) {
    if (lane.connection != kNoConnection) client_.close(lane.connection);
    lane.connection = kNoConnection;
  }

  Client& client_;
  const SendOptions& options_;
  Tickets& tickets_;
  const bool of_feed_;
  SteadyTime look_at_{};
  std::unordered_map<std::uint64_t, Lane> lanes_;
};

}  // namespace

std::uint32_t Tickets::take() {
  if (free_ == kNoTicket) {
    tickets_.emplace_back();
    return static_cast<std::uint32_t>(tickets_.size() - 1);
  }
  const std::uint32_t ticket = free_;
  free_ = tickets_[ticket].next;
  return ticket;
}

void Tickets::release(std::uint32_t ticket) {
  tickets_[ticket].item.owned.reset();
  tickets_[ticket].lane = nullptr;
  tickets_[ticket].next = free_;
  free_ = ticket;
}

void TicketQueue::push(Tickets& tickets, std::uint32_t ticket) {
  tickets[ticket].next = kNoTicket;
  (empty() ? first_ : tickets[last_].next) = ticket;
  last_ = ticket;
}

std::uint32_t TicketQueue::pop(Tickets& tickets) {
  const std::uint32_t ticket = first_;
  first_ = tickets[ticket].next;
  return ticket;
}

std::unique_ptr<Lanes> make_pool(Client& client, const SendOptions& options, Tickets& tickets, std::size_t count) {
  return std::make_unique<Pool>(client, options, tickets, count);
}

std::unique_ptr<Lanes> make_flows(Client& client, const SendOptions& options, Tickets& tickets,
                                  const std::unordered_map<std::uint64_t, std::uint64_t>& rounds) {
  return std::make_unique<Flows>(client, options, tickets, rounds);
}

}  // namespace bidwell::replay
