// One sending thread of a run: takes up what is due, hands it to connections, tells the observer what became of it.
#pragma once

#include <atomic>
#include <latch>
#include <memory>
#include <unordered_map>

#include "bidwell/replay/send.h"
#include "replay/lanes.h"
#include "replay/supply.h"

namespace bidwell::replay {

// What the threads of a run share.
struct RunState {
  explicit RunState(unsigned threads) : connected(threads), go(1) {}

  std::latch connected, go;
  std::atomic<int> stops{0};
  std::atomic<unsigned> finished{0};
  SteadyTime started{};  // before `go`
};

struct SenderParts {
  std::unique_ptr<Supply> supply;
  std::unique_ptr<Supply> ahead;                            // the same again, where flows' connections are opened early
  std::unordered_map<std::uint64_t, std::uint64_t> rounds;  // each flow's requests in the tape
  std::size_t connections = 0;                              // of the pool; 0: one for each flow
};

// Made and joined by the run's thread, run() on its own.
class Sender final : private AnswerSink {
 public:
  Sender(const SendOptions& options, RunState& state, SenderParts parts);

  void set_observer(std::unique_ptr<Observer> observer) { observer_ = std::move(observer); }
  void run();

  // After run().
  SteadyTime last_given() const noexcept { return last_given_; }
  SendCounters counters() const;
  double busy() const noexcept { return busy_; }

 private:
  void connect();
  void send_all();
  SteadyTime send_due();
  bool has_next();
  bool is_over(SteadyTime time) const;
  void open_ahead(SteadyTime now);
  void drain();
  void give_up_waiting(Outcome outcome);
  void tick(SteadyTime now);

  void take_up();
  void send_next_of_maximum();
  void give(std::uint32_t ticket, std::size_t connection);
  void answered(const Answer& answer) override;
  void tell(Ticket& ticket, const Answer& answer);

  const SendOptions& options_;
  RunState& state_;
  const bool maximum_;
  std::unique_ptr<Supply> supply_, ahead_;
  Schedule schedule_, ahead_schedule_;
  Client client_;
  Tickets tickets_;
  std::unique_ptr<Lanes> lanes_;
  std::unique_ptr<Observer> observer_;
  const std::size_t pool_;

  Item next_;  // no request: none is known
  SteadyTime next_due_{};
  Item ahead_next_;
  SteadyTime ahead_at_{};
  bool sending_ = false;    // takes up requests
  bool giving_up_ = false;  // hands over no more
  std::size_t waiting_ = 0;
  std::uint64_t unique_;  // of this run's first request
  std::string scratch_;
  SteadyTime tick_at_{}, last_given_{};
  SendCounters counters_;
  double busy_ = 0;
};

}  // namespace bidwell::replay
