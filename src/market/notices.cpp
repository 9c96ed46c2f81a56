#include "market/notices.h"

#include <algorithm>
#include <utility>

namespace bidwell::market {

Delivery delivery_of(Kind kind, unsigned status) noexcept {
  if (status >= 200 && status < 300) return Delivery::acknowledged;
  if (kind == Kind::click && status >= 300 && status < 400) return Delivery::acknowledged;
  if (kind == Kind::click && status == 404) return Delivery::unsure;
  return status >= 400 && status < 500 ? Delivery::refused : Delivery::unsure;
}

NoticeQueue::NoticeQueue(const NoticePolicy& policy, OwnBook& book, Random& random)
    : policy_(policy), book_(book), random_(random) {}

void NoticeQueue::plan(Notice notice, Time due) {
  const auto kind = static_cast<std::size_t>(notice.kind);
  NoticeEntry& entry = book_.at(notice.bid).of(notice.kind);
  entry.price = notice.price;
  if (random_.chance(policy_.lost_share)) {
    entry.withheld = true;
    ++counts_.withheld[kind];
    return;
  }
  Ticket ticket = static_cast<Ticket>(places_.size());
  if (free_.empty()) {
    places_.emplace_back();
  } else {
    ticket = free_.back();
    free_.pop_back();
  }
  Place& place = places_[ticket];
  place.notice = std::move(notice);
  place.attempts = 0;
  place.is_repeat = false;
  place.repeats_left = random_.chance(policy_.repeat_share) ? 1 + static_cast<unsigned>(random_.below(3)) : 0;
  push(ticket, due);
}

std::optional<NoticeQueue::Ticket> NoticeQueue::take(Time now) {
  if (due_.empty() || due_.front().at > now) return std::nullopt;
  const Ticket ticket = due_.front().ticket;
  std::pop_heap(due_.begin(), due_.end(), later);
  due_.pop_back();
  return ticket;
}

void NoticeQueue::put_back(Ticket ticket, Time now) {
  push(ticket, now);
}

void NoticeQueue::told(Ticket ticket, Delivery delivery, Time now) {
  Place& place = places_[ticket];
  note(place.notice, delivery);
  const auto kind = static_cast<std::size_t>(place.notice.kind);
  if (place.is_repeat) {
    ++counts_.repeated;
    counts_.repeats_failed += delivery != Delivery::acknowledged;
    return settle(ticket, now);
  }
  if (delivery == Delivery::acknowledged) {
    ++counts_.sent[kind];
    return settle(ticket, now);
  }
  if (++place.attempts < policy_.attempts) return push(ticket, now + policy_.retry_pause);
  ++counts_.failed[kind];
  place.repeats_left = 0;
  settle(ticket, now);
}

// It is over, or is said once more.
void NoticeQueue::settle(Ticket ticket, Time now) {
  Place& place = places_[ticket];
  if (place.repeats_left == 0) {
    place.notice.path.clear();
    free_.push_back(ticket);
    return;
  }
  --place.repeats_left;
  place.is_repeat = true;
  const double pause = random_.exponential(static_cast<double>(policy_.repeat_pause.count()));
  push(ticket, now + std::chrono::microseconds(static_cast<std::int64_t>(pause * 1000)));
}

void NoticeQueue::note(const Notice& notice, Delivery delivery) {
  NoticeEntry& entry = book_.at(notice.bid).of(notice.kind);
  Told told = Told::refused;
  if (delivery == Delivery::acknowledged) told = Told::acknowledged;
  if (delivery == Delivery::unsure) told = Told::unknown;
  entry.told = std::max(entry.told, told);
  if (told >= Told::unknown && entry.sends < UINT8_MAX) ++entry.sends;
}

std::optional<NoticeQueue::Time> NoticeQueue::next_due() const {
  return due_.empty() ? std::nullopt : std::optional(due_.front().at);
}

void NoticeQueue::push(Ticket ticket, Time due) {
  due_.push_back({due, order_++, ticket});
  std::push_heap(due_.begin(), due_.end(), later);
}

bool NoticeQueue::later(const Due& a, const Due& b) noexcept {
  return a.at != b.at ? a.at > b.at : a.order > b.order;
}

}  // namespace bidwell::market
