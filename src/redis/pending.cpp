// The queue is a ring; the deadlines are a heap beside it, by the commands' numbers.
#include "redis/pending.h"

#include <algorithm>
#include <functional>

namespace bidwell::redis {
namespace {

constexpr std::size_t kRoomMin = 64;

}  // namespace

void Pending::push(Callback callback, Time deadline, Time asked) {
  if (commands_.full()) commands_.set_capacity(std::max(kRoomMin, 2 * commands_.capacity()));
  if (due_.size() >= kRoomMin && due_.size() >= 2 * commands_.size()) forget_settled();
  due_.emplace_back(deadline, first_ + commands_.size());
  std::push_heap(due_.begin(), due_.end(), std::greater<>());
  commands_.push_back({std::move(callback), deadline, asked});
}

Pending::Command Pending::pop() {
  Command command = std::move(commands_.front());
  commands_.pop_front();
  ++first_;
  return command;
}

std::optional<Callback> Pending::take_expired(Time now) {
  if (next_deadline() > now) return std::nullopt;
  Command& command = commands_[due_.front().second - first_];
  command.timed_out = true;
  return std::exchange(command.callback, nullptr);
}

Time Pending::next_deadline() {
  while (!due_.empty() && !is_waiting(due_.front().second)) {
    std::pop_heap(due_.begin(), due_.end(), std::greater<>());
    due_.pop_back();
  }
  return due_.empty() ? Time::max() : due_.front().first;
}

std::vector<Callback> Pending::take_all() {
  std::vector<Callback> left;
  for (Command& command : commands_) {
    if (!command.timed_out) left.push_back(std::move(command.callback));
  }
  first_ += commands_.size();
  commands_.clear();
  due_.clear();
  return left;
}

bool Pending::is_waiting(std::uint64_t number) const {
  return number >= first_ && !commands_[number - first_].timed_out;
}

void Pending::forget_settled() {
  std::erase_if(due_, [this](const Due& due) { return !is_waiting(due.second); });
  std::make_heap(due_.begin(), due_.end(), std::greater<>());
}

}  // namespace bidwell::redis
