// Looks at answers beside the run: by the rules of a correct bid response, and against what was captured.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
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

// What differs between two answers to the same request: "status", "bid/no bid", "impressions bid on", "price",
// "creative", "advertiser", "deal", "currency"; empty: nothing. Ids and markup are not compared: they differ by nature.
std::vector<std::string> differences(const CapturedAnswer& captured, unsigned status, std::string_view body,
                                     double price_tolerance);

// A thread of its own; offer() is thread-safe and copies.
class Checker {
 public:
  explicit Checker(const CheckOptions& options);
  ~Checker();
  void offer(const Sent& sent);
  void finish();                  // waits for what is queued
  CheckResult validated() const;  // after finish()
  CheckResult compared() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::replay
