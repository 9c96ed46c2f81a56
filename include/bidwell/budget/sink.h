// Has the ledger follow the journals: every notice that says what was spent, or that a bid was lost, is confirmed
// together with the journal's position, so that a crash loses none and counts none twice. A Shipper drives it, as any
// sink.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "bidwell/budget/ledger.h"
#include "bidwell/core/time_zone.h"
#include "bidwell/events/sink.h"

namespace bidwell::budget {

class BudgetSink final : public events::Sink {
 public:
  struct Options {
    // Of a campaign's days. Called on the shipper's thread.
    std::function<TimeZone(std::string_view campaign)> zone_of;
    std::size_t resolved_max = 2000;  // in one call of the ledger
    std::chrono::seconds check_interval{30};
  };
  // The ledger must outlive it, and is used by the shipper's thread alone.
  BudgetSink(Ledger& ledger, Options options);

  std::vector<std::uint64_t> positions(std::span<const std::string> journals) override;
  void take(const events::Batch& batch) override;
  std::uint64_t stored(std::string_view journal) const override;
  // Every check_interval it looks whether the ledger still is where it was: one that lost its data and was made again
  // may be behind, also of journals that nothing is added to.
  void tend(std::chrono::system_clock::time_point now) override;
  void finish() override {}
  void interrupt() noexcept override;

 private:
  Ledger& ledger_;
  const Options options_;
  std::map<std::string, std::uint64_t, std::less<>> stored_;
  std::chrono::system_clock::time_point checked_;
};

}  // namespace bidwell::budget
