// One request's way through a sending thread: taken up when it is due, given to a connection, told of.
#include <utility>

#include "replay/sender.h"

namespace bidwell::replay {
namespace {

using Clock = std::chrono::steady_clock;

// Spreads the runs' numbers, so that counting up from one does not meet another (D. Stafford's mix 13).
std::uint64_t spread(std::uint64_t run) noexcept {
  run = (run ^ (run >> 30)) * 0xbf58476d1ce4e5b9;
  run = (run ^ (run >> 27)) * 0x94d049bb133111eb;
  return run ^ (run >> 31);
}

}  // namespace

Sender::Sender(const SendOptions& options, RunState& state, SenderParts parts)
    : options_(options),
      state_(state),
      maximum_(options.schedule.kind == ScheduleOptions::Kind::maximum),
      supply_(std::move(parts.supply)),
      ahead_(std::move(parts.ahead)),
      schedule_(options.schedule),
      ahead_schedule_(options.schedule),
      client_(options.client, *this),
      lanes_(parts.connections > 0 ? make_pool(client_, options, tickets_, parts.connections)
                                   : make_flows(client_, options, tickets_, parts.rounds)),
      pool_(parts.connections),
      unique_(spread(options.run)) {}

// `next_`, which is due.
void Sender::take_up() {
  const std::uint32_t number = tickets_.take();
  Ticket& ticket = tickets_[number];
  ticket.item = std::move(next_);
  next_.request = nullptr;
  ticket.due = next_due_;
  ticket.given = Clock::now();
  last_given_ = ticket.given;
  const std::size_t connection = lanes_->find(ticket);
  if (connection == kNoConnection && waiting_ >= options_.waiting_max) {
    ++counters_.skipped;
    lanes_->pass(ticket);
    return tickets_.release(number);
  }
  ++counters_.given;
  if (connection != kNoConnection) return give(number, connection);
  ++counters_.waited;
  ++waiting_;
  lanes_->wait(number);
}

void Sender::give(std::uint32_t number, std::size_t connection) {
  Ticket& ticket = tickets_[number];
  ticket.connection = connection;
  const Prepared& request = *ticket.item.request;
  const std::string* bytes = &request.bytes;
  if (options_.keep_bytes || !request.slots.empty()) {
    std::string& copy = options_.keep_bytes ? ticket.bytes : scratch_;
    copy = request.bytes;
    const std::int64_t now_ns = Clock::now().time_since_epoch().count() + options_.wall_offset_ns;
    fill_slots(copy, request, unique_ + ticket.item.index, now_ns / 1000);
    bytes = &copy;
  }
  client_.send(connection, *bytes, number);  // it has room: the lanes saw to that
  lanes_->pass(ticket);
}

void Sender::answered(const Answer& answer) {
  const auto number = static_cast<std::uint32_t>(answer.tag);
  Ticket& ticket = tickets_[number];
  tell(ticket, answer);
  // Where no connection stands those that wait would fail as this one did, one by one, between the pauses.
  if (answer.outcome == Outcome::connect_failed && client_.connected() == 0) give_up_waiting(Outcome::connect_failed);
  const std::uint32_t next = giving_up_ ? kNoTicket : lanes_->free(ticket);
  tickets_.release(number);
  if (next != kNoTicket) {
    --waiting_;
    give(next, tickets_[next].connection);
  } else if (maximum_ && sending_) {
    send_next_of_maximum();
  }
}

void Sender::send_next_of_maximum() {
  if (is_over(Clock::now()) || state_.stops.load(std::memory_order_relaxed) > 0) sending_ = false;
  if (sending_ && lanes_->has_idle() && has_next()) take_up();
}

void Sender::tell(Ticket& ticket, const Answer& answer) {
  Sent sent;
  sent.request = ticket.item.request;
  sent.bytes = ticket.bytes;
  sent.index = ticket.item.index;
  sent.answer = answer;
  sent.due = maximum_ ? answer.sent : ticket.due;
  sent.given = maximum_ ? answer.sent : ticket.given;
  observer_->observed(sent);
}

void Sender::give_up_waiting(Outcome outcome) {
  for (std::uint32_t number = lanes_->pop(); number != kNoTicket; number = lanes_->pop()) {
    Answer none;
    none.outcome = outcome;
    none.sent = none.done = Clock::now();
    tell(tickets_[number], none);
    tickets_.release(number);
    --waiting_;
  }
}

}  // namespace bidwell::replay
