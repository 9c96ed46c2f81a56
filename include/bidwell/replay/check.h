// Looks at answers beside the run: by the rules of a correct bid response, and against what was captured.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bidwell/replay/report.h"
#include "bidwell/replay/send.h"

namespace bidwell::replay {

struct CheckOptions {
  bool validate = false;                                               // the thirty rules (openrtb/validate.h)
  bool compare = false;                                                // with Prepared::answer
  std::vector<std::pair<std::string, double>> rates = {{"USD", 1.0}};  // currencies, for floors
  double price_tolerance = 0;                                          // relative
  std::size_t waiting_max = 16'384;  // answers that wait for the checker's thread; more are not checked, and counted
};

// What differs between two answers to the same request, in this order: "status", "unreadable" (one is no bid response),
// "bid/no bid", "currency", "impressions bid on", and of bids on the same impression "price", "creative", "advertiser",
// "deal"; empty: nothing. A 204 and a 200 without bids are the same. Ids and markup are not compared: they differ by
// nature. Thread-safe.
std::vector<std::string> differences(const CapturedAnswer& captured, unsigned status, std::string_view body,
                                     double price_tolerance);

// A thread of its own looks at answers; what is no answer (a closed connection, say) is not offered to it. At most
// waiting_max answers and 256 MB wait.
class Checker {
 public:
  explicit Checker(const CheckOptions& options);
  ~Checker();  // what is still queued is dropped
  // Thread-safe; copies, and waits for no check: what finds no room is counted as unchecked. To validate it needs
  // SendOptions::keep_bytes, and to compare, Prepared::answer; what has neither is not counted at all.
  void offer(const Sent& sent);
  void finish();                  // waits for what is queued; nothing is offered any more
  CheckResult validated() const;  // after finish()
  CheckResult compared() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::replay
