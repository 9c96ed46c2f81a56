// The commands of a connection whose replies are due, in the order of the replies, with their deadlines. A command that
// is past its deadline keeps its place, so that its late reply is known for what it is.
#pragma once

#include <boost/circular_buffer.hpp>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "bidwell/redis/client.h"

namespace bidwell::redis {

class Pending {
 public:
  struct Command {
    Callback callback;
    Time deadline;
    Time asked;
    bool timed_out = false;  // and its callback taken
  };

  bool empty() const noexcept { return commands_.empty(); }
  std::size_t size() const noexcept { return commands_.size(); }
  const Command& oldest() const noexcept { return commands_.front(); }

  void push(Callback callback, Time deadline, Time asked);
  // The oldest, whose reply has come.
  Command pop();
  // The callback of one whose deadline has come; again until there is none.
  std::optional<Callback> take_expired(Time now);
  // The earliest; Time::max() where there is none.
  Time next_deadline();
  // Empties it. Those that have not timed out, in order.
  std::vector<Callback> take_all();

 private:
  using Due = std::pair<Time, std::uint64_t>;  // a deadline and the command's number

  bool is_waiting(std::uint64_t number) const;
  void forget_settled();

  boost::circular_buffer<Command> commands_;
  std::uint64_t first_ = 0;  // number of the oldest
  // A heap, the earliest first. Commands that are settled leave it when they come up, or when they are the most of it.
  std::vector<Due> due_;
};

}  // namespace bidwell::redis
