// The requests of a run: all in memory where they fit, else read by a thread while they are sent.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <thread>

#include "apps/replay/commands.h"
#include "apps/replay/input.h"
#include "apps/replay/stop_signals.h"
#include "bidwell/replay/send.h"

namespace bidwell::apps {

struct Loaded {
  replay::Tape tape;
  std::uint64_t captured = 0;
  replay::Losses losses;
  std::string fault;  // why the source ended early; empty: it did not
};

// The whole source, sorted by time. Nothing: it is live or standard input, or does not fit --memory-mb.
// Throws std::runtime_error where it holds no request to send.
std::optional<Loaded> load(const ReplayOptions& options, StopSignals& signals, ProgressLine& progress);

// Reads on a thread of its own and feeds a run. Thread-safe but for finish().
class Reader {
 public:
  // Opens the source. Throws as open_requests().
  Reader(const ReplayOptions& options, replay::Feed& feed);
  ~Reader();
  // Ends it and takes what it counted; rethrows what went wrong.
  Loaded finish();

 private:
  void read();

  const ReplayOptions& options_;
  replay::Feed& feed_;
  std::atomic<bool> stop_{false};
  std::unique_ptr<Input> input_;
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace bidwell::apps
