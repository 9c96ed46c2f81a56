// What notices tell of money, into the ledger, with the journals' positions.
#include "bidwell/budget/sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace bidwell::budget {
namespace {

using events::Event;
using events::Kind;

std::int64_t seconds_of(const Event& event) {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::milliseconds(event.bid_at_ms)).count();
}

// The day of a bid. Most of a batch are of few campaigns and one day.
class Days {
 public:
  explicit Days(const std::function<TimeZone(std::string_view)>& zone_of) : zone_of_(zone_of) {}

  std::int32_t day_of(std::string_view campaign, std::int64_t at) {
    auto known = campaigns_.find(campaign);
    if (known == campaigns_.end()) known = campaigns_.emplace(campaign, Known{zone_of_(campaign), {}}).first;
    Known& last = known->second;
    if (!last.day.contains(at)) last.day = last.zone.day_at(at);
    return last.day.number;
  }

 private:
  struct Known {
    TimeZone zone;
    Day day;
  };
  const std::function<TimeZone(std::string_view)>& zone_of_;
  std::unordered_map<std::string_view, Known> campaigns_;
};

// A campaign's bids from before it had a budget were never open, so there is nothing to release: their losses say
// nothing, and of their bills only what was spent counts.
bool says_something(const Event& event) {
  if (event.kind != Kind::win && event.kind != Kind::bill && event.kind != Kind::loss) return false;
  return event.spend >= 0 || (event.kind == Kind::loss && event.from_purse && event.reserved >= 0);
}

Resolved resolved_of(const Event& event, Days& days) {
  Resolved out;
  out.bid_id = {reinterpret_cast<const char*>(event.bid_id.data()), event.bid_id.size()};
  out.campaign = event.campaign_id;
  out.bid_at = seconds_of(event);
  out.day = days.day_of(event.campaign_id, out.bid_at);
  out.reserved = event.from_purse ? std::max<Nanos>(event.reserved, 0) : 0;
  if (event.spend >= 0) out.cost = event.spend;
  return out;
}

}  // namespace

BudgetSink::BudgetSink(Ledger& ledger, Options options) : ledger_(ledger), options_(std::move(options)) {}

std::vector<std::uint64_t> BudgetSink::positions(std::span<const std::string> journals) {
  std::vector<std::uint64_t> positions = ledger_.positions(journals);
  stored_.clear();
  for (std::size_t i = 0; i < journals.size(); ++i) stored_[journals[i]] = positions[i];
  return positions;
}

// A large batch goes in several calls. Each takes its journals as far as the first row that it leaves to the next; so
// wherever it breaks off, positions() says what was done.
void BudgetSink::take(const events::Batch& batch) {
  Days days(options_.zone_of);
  std::vector<Resolved> resolved;
  std::vector<Advance> advances;  // the last one goes on while rows of its journal come
  const auto confirm = [&] {
    try {
      ledger_.confirm(resolved, advances);
    } catch (const JournalMoved& moved) {
      throw events::PositionMoved(moved.what());
    }
    for (const Advance& advance : advances) stored_[advance.journal] = advance.to;
    resolved.clear();
    advances.clear();
  };

  auto row = batch.rows.begin();
  for (std::uint32_t number = 0; number < batch.advances.size(); ++number) {
    const events::Advance& whole = batch.advances[number];
    advances.push_back({whole.journal, whole.from, whole.to});
    for (; row != batch.rows.end() && row->advance == number; ++row) {
      if (!says_something(row->event)) continue;
      if (resolved.size() == options_.resolved_max) {
        advances.back().to = row->position;
        confirm();
        advances.push_back({whole.journal, row->position, whole.to});
      }
      resolved.push_back(resolved_of(row->event, days));
    }
  }
  if (!advances.empty()) confirm();
}

void BudgetSink::tend(std::chrono::system_clock::time_point now) {
  if (now >= checked_ && now - checked_ < options_.check_interval) return;
  std::vector<std::string> journals;
  for (const auto& [journal, position] : stored_) journals.push_back(journal);
  const std::vector<std::uint64_t> positions = ledger_.positions(journals);
  for (std::size_t i = 0; i < journals.size(); ++i) {
    if (positions[i] == stored_.at(journals[i])) continue;
    throw events::PositionMoved(
        fmt::format("the ledger has journal {} to {}, not {}", journals[i], positions[i], stored_.at(journals[i])));
  }
  checked_ = now;
}

std::uint64_t BudgetSink::stored(std::string_view journal) const {
  const auto found = stored_.find(journal);
  return found == stored_.end() ? 0 : found->second;
}

void BudgetSink::interrupt() noexcept {
  ledger_.interrupt();
}

}  // namespace bidwell::budget
