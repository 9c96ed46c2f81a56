// The table of connections: who is whose, which are given up, and when gaps are.
#include "replay/tcp.h"

#include <algorithm>
#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstring>
#include <limits>
#include <utility>

#include "bidwell/core/hash.h"
#include "replay/stream_order.h"

namespace bidwell::replay {
namespace {

namespace intrusive = boost::intrusive;

// Further off than any window (RFC 7323 allows 1 GB, nobody has it): not this connection's number.
constexpr std::int64_t kJumpBytes = 64 << 20;
constexpr std::size_t kClosedKept = 4096;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// Both directions have the same.
struct Key {
  std::array<std::uint8_t, 36> bytes;
  friend bool operator==(const Key&, const Key&) = default;
};

struct KeyHash {
  using is_avalanching = void;
  std::size_t operator()(const Key& key) const noexcept {
    return hash64({reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()});
  }
};

bool less(const Endpoint& a, const Endpoint& b) noexcept {
  const int order = std::memcmp(a.address.data(), b.address.data(), a.address.size());
  return order != 0 ? order < 0 : a.port < b.port;
}

Key key_of(const Endpoint& a, const Endpoint& b) noexcept {
  const bool swap = less(b, a);
  const Endpoint& low = swap ? b : a;
  const Endpoint& high = swap ? a : b;
  Key key;
  std::uint8_t* out = key.bytes.data();
  for (const Endpoint* end : {&low, &high}) {
    out = std::copy(end->address.begin(), end->address.end(), out);
    *out++ = static_cast<std::uint8_t>(end->port >> 8);
    *out++ = static_cast<std::uint8_t>(end->port);
  }
  return key;
}

struct Flow;

// A direction of a connection, in the queue of those that wait (by when they stop to) or not.
struct Direction final : intrusive::set_base_hook<intrusive::link_mode<intrusive::auto_unlink>>, StreamOrder::Sink {
  void data(std::string_view bytes, std::int64_t at_ns) override;
  void gap(std::uint64_t bytes, std::int64_t at_ns) override;

  Flow* flow = nullptr;
  Side side = Side::first;
  StreamOrder order;
  std::int64_t deadline = kNever;        // while it is in the queue
  std::int64_t waits_for = 0;            // the gap's end that the deadline was set for
  bool hurried = false;                  // the receiver has acknowledged past it
  std::optional<std::uint32_t> acked{};  // by the other side, the highest
  bool ended = false;
};

struct ByDeadline {
  bool operator()(const Direction& a, const Direction& b) const noexcept { return a.deadline < b.deadline; }
};

struct Flow : intrusive::list_base_hook<intrusive::link_mode<intrusive::auto_unlink>> {
  Flow(const Key& its_key, const Endpoint& its_first, Losses& its_losses)
      : key(its_key), first(its_first), losses(its_losses) {
    for (const Side side : {Side::first, Side::second}) {
      of(side).flow = this;
      of(side).side = side;
    }
  }

  Direction& of(Side side) noexcept { return directions[static_cast<std::size_t>(side)]; }
  // Of a capture of one direction it cannot be known better: what was seen has ended.
  bool over() const noexcept {
    return std::all_of(directions.begin(), directions.end(),
                       [](const Direction& direction) { return direction.ended || !direction.order.known(); });
  }

  Key key;
  Endpoint first;
  Losses& losses;
  std::array<Direction, 2> directions;
  std::unique_ptr<Conversation> conversation;  // null: closed, or of no interest
  bool closed = false;
};

void Direction::data(std::string_view bytes, std::int64_t at_ns) {
  if (ended) return flow->losses.add(Loss::bytes_of_no_message, bytes.size());  // behind a FIN
  if (flow->conversation) flow->conversation->data(side, bytes, at_ns);
}

void Direction::gap(std::uint64_t bytes, std::int64_t at_ns) {
  if (ended) return;
  flow->losses.add(Loss::bytes_missing, bytes);
  if (flow->conversation) flow->conversation->gap(side, bytes, at_ns);
}

}  // namespace

struct Reassembler::Impl {
  Impl(const TcpLimits& its_limits, Open its_open, Losses& its_losses)
      : limits(its_limits), open(std::move(its_open)), losses(its_losses) {}

  void take(const Segment& segment);
  void pass_time(std::int64_t now_ns);
  Flow* flow_of(const Segment& segment);
  Flow& begin(const Key& key, const Segment& segment);
  bool is_another(Flow& flow, const Segment& segment) const;
  void take_payload(Direction& direction, const Segment& segment);
  void take_ack(Direction& other_direction, const Segment& segment);

  void set_deadline(Direction& direction);
  void give_up_overdue();
  void end_where_closed(Direction& direction);
  void end(Direction& direction);
  void close(Flow& flow);   // what is left of it, and keeps it to know it again
  void remove(Flow& flow);  // of those closed already

  const TcpLimits limits;
  const Open open;
  Losses& losses;
  std::int64_t now = std::numeric_limits<std::int64_t>::min();  // capture time, never back
  std::size_t waiting_bytes = 0;
  std::size_t open_flows = 0;
  std::size_t closed_flows = 0;
  boost::unordered_flat_map<Key, std::unique_ptr<Flow>, KeyHash> table;
  // The longest silent first.
  intrusive::list<Flow, intrusive::constant_time_size<false>> living, closed;
  intrusive::multiset<Direction, intrusive::compare<ByDeadline>, intrusive::constant_time_size<false>> waiting;
};

void Reassembler::Impl::pass_time(std::int64_t now_ns) {
  now = std::max(now, now_ns);
  give_up_overdue();
}

void Reassembler::Impl::take(const Segment& segment) {
  pass_time(segment.at_ns);
  Flow* flow = flow_of(segment);
  if (flow == nullptr) return;
  auto& its_list = flow->closed ? closed : living;
  its_list.splice(its_list.end(), its_list, its_list.iterator_to(*flow));

  const Side side = segment.from == flow->first ? Side::first : Side::second;
  Direction& direction = flow->of(side);
  if (flow->closed) {
    losses.add(Loss::bytes_of_no_message, direction.order.unseen_bytes(segment.seq, segment.payload.size()));
    return;
  }
  const std::size_t waited = direction.order.waiting_bytes();
  take_payload(direction, segment);
  while (direction.order.waiting_bytes() > limits.flow_bytes_max) direction.order.give_up(now, direction);
  waiting_bytes += direction.order.waiting_bytes() - waited;
  set_deadline(direction);
  if ((segment.flags & Segment::kAck) != 0) take_ack(flow->of(other(side)), segment);
  if ((segment.flags & Segment::kRst) != 0) return close(*flow);
  end_where_closed(direction);
}

// Null: a segment that begins nothing.
Flow* Reassembler::Impl::flow_of(const Segment& segment) {
  const Key key = key_of(segment.from, segment.to);
  const auto found = table.find(key);
  if (found != table.end()) {
    Flow& flow = *found->second;
    if (!is_another(flow, segment)) return &flow;
    if (!flow.closed) close(flow);
    remove(flow);
  }
  const bool syn = (segment.flags & Segment::kSyn) != 0;
  if (!syn && segment.payload.empty() && segment.missing == 0) return nullptr;
  if ((segment.flags & Segment::kRst) != 0) return nullptr;  // some put text into it
  return &begin(key, segment);
}

Flow& Reassembler::Impl::begin(const Key& key, const Segment& segment) {
  if (open_flows >= limits.flows_max && !living.empty()) {
    Flow& oldest = living.front();
    if (!oldest.over()) losses.add(Loss::flow_pushed_out);
    close(oldest);
    remove(oldest);
  }
  // The answer to a SYN that was not captured.
  const bool answers = (segment.flags & Segment::kSyn) != 0 && (segment.flags & Segment::kAck) != 0;
  const Endpoint& first = answers ? segment.to : segment.from;
  auto made = std::make_unique<Flow>(key, first, losses);
  made->conversation = open(first, answers ? segment.from : segment.to);
  Flow& flow = *table.emplace(key, std::move(made)).first->second;
  living.push_back(flow);
  ++open_flows;
  return flow;
}

// Whether the ports were used again.
bool Reassembler::Impl::is_another(Flow& flow, const Segment& segment) const {
  const StreamOrder& order = flow.of(segment.from == flow.first ? Side::first : Side::second).order;
  if ((segment.flags & Segment::kSyn) != 0) return !order.opened_by(segment.seq);
  if (segment.payload.empty() || !order.known()) return false;
  const std::int64_t jump = order.widen(segment.seq) - order.widen_from();
  return jump > kJumpBytes || jump < -kJumpBytes;
}

void Reassembler::Impl::take_payload(Direction& direction, const Segment& segment) {
  StreamOrder& order = direction.order;
  std::uint32_t seq = segment.seq;
  if ((segment.flags & Segment::kSyn) != 0) {
    order.open(seq, direction);
    direction.deadline = kNever;
    ++seq;
  }
  const std::string_view bytes(reinterpret_cast<const char*>(segment.payload.data()), segment.payload.size());
  const bool fin = (segment.flags & Segment::kFin) != 0;
  if (bytes.empty() && segment.missing == 0 && !fin) return;
  if (!order.known()) order.begin_near(seq);
  const std::int64_t position = order.widen(seq);
  if (fin) order.fin_at(position + static_cast<std::int64_t>(bytes.size() + segment.missing));
  if (!bytes.empty() || segment.missing > 0) order.take(position, bytes, segment.missing, segment.at_ns, direction);
}

void Reassembler::Impl::take_ack(Direction& direction, const Segment& segment) {
  if (!direction.order.known()) return;
  if (direction.acked && static_cast<std::int32_t>(segment.ack - *direction.acked) <= 0) return;
  direction.acked = segment.ack;
  set_deadline(direction);
}

// After whatever may have opened, closed or shortened its gap.
void Reassembler::Impl::set_deadline(Direction& direction) {
  const StreamOrder& order = direction.order;
  if (!order.waits()) {
    direction.unlink();
    direction.deadline = kNever;
    return;
  }
  const bool is_new = direction.deadline == kNever || direction.waits_for != order.gap_end();
  const bool acked = order.started() && direction.acked && order.widen(*direction.acked) >= order.gap_end();
  if (!is_new && (direction.hurried || !acked)) return;
  // A start that moves to an earlier byte does not wait longer for it.
  if (!order.started() && direction.deadline != kNever) return;
  const std::int64_t wait =
      !order.started() || acked ? std::min(limits.disorder_ns, limits.gap_ns_max) : limits.gap_ns_max;
  std::int64_t deadline = now > kNever - wait - 1 ? kNever - 1 : now + wait;
  if (!is_new) deadline = std::min(deadline, direction.deadline);
  direction.unlink();
  direction.deadline = deadline;
  direction.waits_for = order.gap_end();
  direction.hurried = acked;
  waiting.insert(direction);
}

void Reassembler::Impl::give_up_overdue() {
  while (!waiting.empty() && waiting.begin()->deadline < now) {
    Direction& direction = *waiting.begin();
    const std::size_t waited = direction.order.waiting_bytes();
    direction.order.give_up(now, direction);
    waiting_bytes += direction.order.waiting_bytes() - waited;
    direction.unlink();
    direction.deadline = kNever;
    set_deadline(direction);
    end_where_closed(direction);
  }
}

void Reassembler::Impl::end_where_closed(Direction& direction) {
  if (!direction.order.closed()) return;
  end(direction);
  Flow& flow = *direction.flow;
  if (flow.of(other(direction.side)).ended) close(flow);
}

void Reassembler::Impl::end(Direction& direction) {
  if (std::exchange(direction.ended, true)) return;
  Flow& flow = *direction.flow;
  losses.add(Loss::bytes_of_no_message, direction.order.late_bytes());
  if (flow.conversation) flow.conversation->end(direction.side, now);
}

void Reassembler::Impl::close(Flow& flow) {
  for (Direction& direction : flow.directions) {
    waiting_bytes -= direction.order.waiting_bytes();
    while (direction.order.waits()) direction.order.give_up(now, direction);
    direction.unlink();
    direction.deadline = kNever;
    end(direction);
  }
  flow.conversation.reset();
  flow.closed = true;
  flow.unlink();
  closed.push_back(flow);
  --open_flows;
  if (++closed_flows > kClosedKept) remove(closed.front());
}

void Reassembler::Impl::remove(Flow& flow) {
  --closed_flows;
  const Key key = flow.key;
  table.erase(key);
}

Reassembler::Reassembler(const TcpLimits& limits, Open open, Losses& losses)
    : impl_(std::make_unique<Impl>(limits, std::move(open), losses)) {}

Reassembler::~Reassembler() = default;

void Reassembler::segment(const Segment& segment) {
  impl_->take(segment);
}

void Reassembler::pass_time(std::int64_t now_ns) {
  impl_->pass_time(now_ns);
}

void Reassembler::finish() {
  while (!impl_->living.empty()) impl_->close(impl_->living.front());
}

std::size_t Reassembler::flows() const noexcept {
  return impl_->open_flows;
}

std::size_t Reassembler::waiting_bytes() const noexcept {
  return impl_->waiting_bytes;
}

}  // namespace bidwell::replay
