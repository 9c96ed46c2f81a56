// See simulate.h.
#include "bidwell/budget/simulate.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>

#include "budget/simulate_world.h"

namespace bidwell::budget {
namespace {

constexpr std::string_view kCampaign = "c";
constexpr std::int64_t kBegin = 20'000 * kDaySeconds;
// When all notices have come: the latest, and those that were sent again.
constexpr std::int64_t kDrain = 3600;
constexpr std::int64_t kDelayMax = 1800;
constexpr std::int64_t kPointSeconds = 300, kLookSeconds = 10;
constexpr std::int64_t kLookFrom = 1800;  // of the day: the deviation
constexpr std::int64_t kAwayAt = 10 * 3600;
constexpr double kLifeSeconds = 7200;  // in the mean, with churn
constexpr std::int64_t kRestartSeconds = 60;
constexpr std::int64_t kMassDeathAt = 20 * 3600;

struct Instance {
  std::unique_ptr<Banker> banker;  // null: it is dead
  Purse* purse = nullptr;
  std::unique_ptr<SimulatedJournal> journal;
  std::int64_t starts_at = 0;
};

class Simulation {
 public:
  explicit Simulation(const SimulationOptions& options)
      : options_(options),
        traffic_(options),
        ledger_(options.ledger, options.answers_lost, options.seed + 1),
        random_(options.seed),
        due_(static_cast<std::size_t>(kDrain)),
        cost_(std::llround(options.cpm * 1e6)) {
    result_.options = options;
  }

  SimulationResult run();

 private:
  void second(std::int64_t at);
  void start(Instance& instance);
  void churn(std::int64_t second);
  void offer(std::int64_t at);
  void bid(std::int64_t at, Purse& purse);
  void post(const Notice& notice, double delay);
  void deliver(std::int64_t at);
  void tick(std::int64_t at);
  void look(std::int64_t second);
  void add_point(std::int64_t second);
  void finish();
  double unit() { return static_cast<double>(random_() >> 11) * 0x1p-53; }
  double exponential(double mean) { return -mean * std::log(1 - unit()); }
  Steady steady(double at) const { return Steady(std::chrono::microseconds(std::llround(at * 1e6))); }
  bool last_day() const noexcept { return day_ + 1 == options_.days; }

  const SimulationOptions& options_;
  const Traffic traffic_;
  SimulatedLedger ledger_;
  std::mt19937_64 random_;
  std::vector<std::vector<Notice>> due_;  // by the second, round and round
  const Nanos cost_;
  std::vector<Instance> instances_;
  std::vector<std::size_t> alive_;
  std::vector<std::unique_ptr<SimulatedJournal>> orphans_;  // of the dead; somebody adopts them
  std::uint64_t serial_ = 0, next_bid_ = 0;
  std::int64_t day_ = 0;
  Nanos spent_today_ = 0;     // billed for bids of the last day
  Nanos billed_ = 0;          // of distinct bids
  double target_ = 0;         // as of the latest point
  std::uint64_t offers_ = 0;  // since the last point
  std::uint64_t calls_before_ = 0;
  SimulationResult result_;
};

void Simulation::start(Instance& instance) {
  BankerOptions options;
  options.holder = "i" + std::to_string(++serial_) + "-" + std::to_string(options_.seed);
  options.ledger = options_.ledger;
  instance.banker = std::make_unique<Banker>(options, 1);
  AccountTerms terms;
  terms.campaign = kCampaign;
  terms.limits.daily = options_.daily;
  terms.pacing = options_.pacing;
  terms.bid = cost_;
  instance.purse = &instance.banker->wallet(0).purse(instance.banker->enlist({&terms, 1})[0]);
  instance.journal = std::make_unique<SimulatedJournal>(options.holder + "/0");
}

// Without a word: its lease runs out, and its journal waits for somebody to adopt it.
void Simulation::churn(std::int64_t second) {
  const auto all = static_cast<double>(instances_.size());
  std::size_t count = unit() < all / kLifeSeconds ? 1 : 0;
  if (second == kMassDeathAt) count = std::max<std::size_t>(1, instances_.size() / 10);
  for (std::size_t i = 0; i < count; ++i) {
    Instance& instance = instances_[random_() % instances_.size()];
    if (instance.banker == nullptr) continue;
    instance.banker.reset();
    orphans_.push_back(std::move(instance.journal));
    instance.starts_at = second + kRestartSeconds;
  }
}

void Simulation::offer(std::int64_t at) {
  const double rate = traffic_.rate(at % kDaySeconds, last_day());
  const auto count = rate > 0 ? std::poisson_distribution<std::uint64_t>(rate)(random_) : 0;
  offers_ += count;
  if (alive_.empty()) return;
  for (std::uint64_t i = 0; i < count; ++i) {
    Purse& purse = *instances_[alive_[random_() % alive_.size()]].purse;
    const double when = static_cast<double>(at) + static_cast<double>(i) / static_cast<double>(count);
    purse.offer(cost_);
    if (purse.ask(cost_, 0, random_(), steady(when)) == Purse::Answer::yes) bid(at, purse);
  }
}

void Simulation::bid(std::int64_t at, Purse& purse) {
  purse.use(cost_);
  ++result_.bids;
  Notice notice{++next_bid_, at, cost_, 0, unit() < options_.win_rate, false};
  if (!notice.billed) {
    if (options_.loss_share > 0 && unit() < options_.loss_share) post(notice, exponential(1));
    return;
  }
  notice.cost = std::llround(static_cast<double>(cost_) * (0.6 + 0.4 * unit()));
  billed_ += notice.cost;
  ++result_.bills;
  const double delay = exponential(unit() < options_.late_share ? 120 : 4);
  post(notice, delay);
  if (unit() < options_.repeat_share) {
    notice.repeat = true;
    post(notice, delay + exponential(60));
  }
}

void Simulation::post(const Notice& notice, double delay) {
  const std::int64_t seconds = std::clamp<std::int64_t>(std::llround(delay), 1, kDelayMax);
  due_[static_cast<std::size_t>((notice.bid_at + seconds) % kDrain)].push_back(notice);
}

void Simulation::deliver(std::int64_t at) {
  std::vector<Notice>& due = due_[static_cast<std::size_t>(at % kDrain)];
  std::vector<Notice> kept;
  for (const Notice& notice : due) {
    if (alive_.empty()) {  // exchanges try again
      kept.push_back(notice);
      continue;
    }
    const bool of_last = (notice.bid_at - kBegin) / kDaySeconds + 1 == options_.days;
    if (notice.billed && !notice.repeat && of_last) spent_today_ += notice.cost;
    instances_[alive_[random_() % alive_.size()]].journal->add(notice);
  }
  due.clear();
  for (const Notice& notice : kept) due_[static_cast<std::size_t>((at + 1) % kDrain)].push_back(notice);
}

void Simulation::tick(std::int64_t at) {
  ledger_.now_ms = (at + 1) * 1000;
  for (const std::size_t i : alive_) {
    instances_[i].journal->ship(ledger_, kCampaign);
    instances_[i].banker->tick(ledger_, {ledger_.now_ms, steady(static_cast<double>(at + 1))});
  }
  if (alive_.empty()) return;
  for (auto& orphan : orphans_) orphan->ship(ledger_, kCampaign);
  std::erase_if(orphans_, [](const auto& orphan) { return orphan->empty(); });
}

void Simulation::second(std::int64_t at) {
  const std::int64_t second = at % kDaySeconds;
  const std::size_t wanted =
      last_day() || at + 120 >= kBegin + (options_.days - 1) * kDaySeconds ? options_.instances : 1;
  while (instances_.size() < wanted) instances_.emplace_back();
  if (options_.churn && last_day()) churn(second);
  alive_.clear();
  for (std::size_t i = 0; i < instances_.size(); ++i) {
    if (instances_[i].banker == nullptr && second >= instances_[i].starts_at) start(instances_[i]);
    if (instances_[i].banker != nullptr) alive_.push_back(i);
  }
  ledger_.away = last_day() && second >= kAwayAt && static_cast<double>(second - kAwayAt) < options_.ledger_away_s;
  if (day_ < options_.days) offer(at);
  deliver(at);
  tick(at);
}

void Simulation::look(std::int64_t second) {
  if (alive_.empty()) return;
  const AccountView view = instances_[alive_[0]].banker->view()[0];
  if (!view.answered) return;  // began a moment ago, or while the ledger was away
  const double share = static_cast<double>(spent_today_ - view.target_today) / static_cast<double>(options_.daily);
  result_.open_max =
      std::max(result_.open_max, static_cast<double>(view.standing.open_today) / static_cast<double>(options_.daily));
  if (second < kLookFrom || std::abs(share) <= std::abs(result_.worst_deviation)) return;
  result_.worst_deviation = std::abs(share);
  result_.worst_deviation_at = static_cast<double>(second) / 3600;
}

void Simulation::add_point(std::int64_t second) {
  SimulationPoint& point = result_.points.emplace_back();
  point.hour = static_cast<double>(second) / 3600;
  point.spent = static_cast<double>(spent_today_) / static_cast<double>(options_.daily);
  point.offered_rate = static_cast<double>(offers_) / traffic_.per_day() * 3600 / kPointSeconds;
  offers_ = 0;
  for (const std::size_t i : alive_) {
    const AccountView view = instances_[i].banker->view()[0];
    point.chance += view.chance / static_cast<double>(alive_.size());
    if (view.answered) target_ = static_cast<double>(view.target_today) / static_cast<double>(options_.daily);
  }
  point.target = target_;
}

SimulationResult Simulation::run() {
  for (day_ = 0; day_ < options_.days; ++day_) {
    if (last_day()) calls_before_ = ledger_.calls, offers_ = 0;
    for (std::int64_t second_of_day = 0; second_of_day < kDaySeconds; ++second_of_day) {
      second(kBegin + day_ * kDaySeconds + second_of_day);
      const std::int64_t passed = second_of_day + 1;
      // The very last answers are of the next day.
      if (last_day() && passed % kLookSeconds == 0 && passed < kDaySeconds) look(passed);
      if (last_day() && passed % kPointSeconds == 0 && passed < kDaySeconds) add_point(passed);
    }
  }
  result_.ledger_calls_per_s = static_cast<double>(ledger_.calls - calls_before_) / kDaySeconds;
  finish();
  return std::move(result_);
}

void Simulation::finish() {
  const std::int64_t end = kBegin + options_.days * kDaySeconds;
  for (std::int64_t at = end; at < end + kDrain; ++at) second(at);
  const auto daily = static_cast<double>(options_.daily);
  const Spent spent = ledger_.book.spent(kCampaign);
  const auto day = spent.days.find(static_cast<std::int32_t>((end - 1) / kDaySeconds));
  const Nanos of_day = day == spent.days.end() ? 0 : day->second;
  result_.delivery = static_cast<double>(of_day) / daily;
  result_.overspend = std::max(0.0, result_.delivery - 1);
  result_.books_agree = spent.in_all == billed_ && of_day == spent_today_;
  SimulationPoint last = result_.points.empty() ? SimulationPoint{} : result_.points.back();
  last.hour = 24, last.spent = result_.delivery, last.target = 1;
  result_.points.push_back(last);
  if (options_.pacing == Pacing::asap) result_.worst_deviation = result_.worst_deviation_at = 0;
}

}  // namespace

SimulationResult simulate(const SimulationOptions& options) {
  return Simulation(options).run();
}

}  // namespace bidwell::budget
