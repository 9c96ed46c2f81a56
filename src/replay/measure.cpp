// A recorder per thread writes what is its own alone; only intervals are handed over while the run goes on.
#include "bidwell/replay/measure.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "replay/bids.h"
#include "replay/gaps.h"
#include "replay/intervals.h"

namespace bidwell::replay {
namespace {

using std::chrono::nanoseconds;

// Past so many intervals of which something is still to be handed over a recorder waits for its turn.
constexpr std::size_t kPartsMax = 64;

std::uint64_t count(nanoseconds span) noexcept {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(span.count(), 0));
}

bool is_error(const Answer& answer) noexcept {
  return answer.outcome != Outcome::answered || (answer.status != 200 && answer.status != 204);
}

// Sums stay where they are rather than overflow: a hostile server's prices.
void add_price(std::int64_t& sum, std::int64_t more) noexcept {
  if (__builtin_add_overflow(sum, more, &sum)) sum = INT64_MAX;
}

// What one request tells.
struct Facts {
  nanoseconds due{}, given{};  // since the run's start
  std::uint64_t latency_ns = 0, service_ns = 0, lateness_ns = 0;
  bool answered = false, error = false, has_tmax = false, late = false;
};

Facts facts_of(const Sent& sent, SteadyTime start, std::uint32_t default_tmax_ms) noexcept {
  Facts out;
  out.due = std::max(sent.due - start, nanoseconds(0));
  out.given = sent.given - start;
  out.latency_ns = count(sent.answer.done - sent.due);
  out.service_ns = count(sent.answer.done - sent.answer.sent);
  out.lateness_ns = count(sent.given - sent.due);
  out.answered = sent.answer.outcome == Outcome::answered;
  out.error = is_error(sent.answer);
  const std::uint32_t own_tmax_ms = sent.request != nullptr ? sent.request->tmax_ms : 0;
  const std::uint64_t tmax_ms = own_tmax_ms != 0 ? own_tmax_ms : default_tmax_ms;
  out.has_tmax = tmax_ms != 0;
  out.late = out.has_tmax && (!out.answered || out.latency_ns > tmax_ms * 1'000'000);
  return out;
}

}  // namespace

Tally& Tally::operator+=(const Tally& other) {
  latency += other.latency, service += other.service, lateness += other.lateness;
  gap_error += other.gap_error, price += other.price;
  sent += other.sent, answered += other.answered;
  for (std::size_t i = 0; i < outcomes.size(); ++i) outcomes[i] += other.outcomes[i];
  for (const auto& [status, n] : other.statuses) statuses[status] += n;
  first_sent_ns = std::min(first_sent_ns, other.first_sent_ns);
  last_sent_ns = std::max(last_sent_ns, other.last_sent_ns);
  bids += other.bids, with_bids += other.with_bids, no_bids += other.no_bids, unreadable += other.unreadable;
  late += other.late, with_tmax += other.with_tmax;
  for (const auto& [currency, sum] : other.price_sums) add_price(price_sums[currency], sum);
  return *this;
}

std::uint64_t Tally::errors() const {
  const auto of = [this](unsigned status) {
    const auto found = statuses.find(status);
    return found == statuses.end() ? 0 : found->second;
  };
  return sent - of(200) - of(204);
}

double Tally::answered_per_s() const {
  if (last_sent_ns <= first_sent_ns) return 0;
  return static_cast<double>(answered - 1) * 1e9 / static_cast<double>(last_sent_ns - first_sent_ns);
}

struct Measurement::Impl {
  // A thread's own, until the run is over.
  struct Thread {
    Thread() : gaps(tally.gap_error) {}
    Tally tally;
    GapMeter gaps;
    BidReader reader;
    Intervals::Parts parts, spare;
    IntervalPart* current = nullptr;  // the part that the last request belonged to
    nanoseconds hand_over{0};         // when next
    nanoseconds last_due{0};
    std::atomic<std::int64_t> told_until_ns{0};  // intervals up to here are over for this thread
  };
  class Recorder;

  explicit Impl(const Options& given) : options(given) {
    if (options.interval <= nanoseconds(0)) throw std::invalid_argument("an interval of nothing");
  }

  const Options options;
  mutable std::mutex mutex;
  // Guarded by mutex.
  std::vector<std::unique_ptr<Thread>> threads;
  std::unique_ptr<Intervals> intervals;  // from the first recorder on
  bool over = false;
};

class Measurement::Impl::Recorder : public Observer {
 public:
  Recorder(std::shared_ptr<Impl> impl, Thread& own, SteadyTime start, Also also)
      : impl_(std::move(impl)),
        options_(impl_->options),
        intervals_(*impl_->intervals),
        own_(own),
        start_(start),
        also_(std::move(also)) {
    own_.hand_over = period();
  }

  void observed(const Sent& sent) override {
    const Facts facts = facts_of(sent, start_, options_.tmax_ms);
    own_.last_due = std::max(own_.last_due, facts.due);
    const Bidding bidding = read_bids(sent.answer);
    add_to_interval(facts, bidding);
    if (facts.due >= options_.warm_up) add_to_tally(facts, sent.answer, bidding);
    if (also_) also_(sent);
  }

  void tick(SteadyTime now) override {
    const nanoseconds at = now - start_;
    if (at < own_.hand_over) return;
    if (!intervals_.try_add(own_.parts)) return;
    empty_parts();
    own_.told_until_ns.store((at - at % options_.interval).count(), std::memory_order_relaxed);
    own_.hand_over = at - at % period() + period();
  }

 private:
  nanoseconds period() const { return std::max<nanoseconds>(options_.interval, std::chrono::seconds(1)); }

  // none also where it was not looked.
  Bidding read_bids(const Answer& answer) {
    if (answer.outcome != Outcome::answered || answer.status != 200 || !options_.read_bids) return Bidding::none;
    return own_.reader.read(answer.status, answer.body);
  }

  void add_to_interval(const Facts& facts, Bidding bidding) {
    IntervalPart& part = part_of(facts.due / options_.interval);
    ++part.sent;
    part.answered += facts.answered;
    part.errors += facts.error;
    part.late += facts.late;
    part.bids += bidding == Bidding::bids;
    part.lateness_max_ns = std::max(part.lateness_max_ns, facts.lateness_ns);
    part.latency.record(facts.latency_ns);
    if (facts.answered) part.service.record(facts.service_ns);
  }

  void add_to_tally(const Facts& facts, const Answer& answer, Bidding bidding) {
    Tally& tally = own_.tally;
    ++tally.sent;
    tally.latency.record(facts.latency_ns);
    tally.lateness.record(facts.lateness_ns);
    own_.gaps.add(facts.due, facts.given);
    ++tally.outcomes[static_cast<std::size_t>(answer.outcome)];
    tally.with_tmax += facts.has_tmax;
    tally.late += facts.late;
    if (!facts.answered) return;
    ++tally.answered;
    const std::int64_t sent_ns = nanoseconds(answer.sent - start_).count();
    tally.first_sent_ns = std::min(tally.first_sent_ns, sent_ns);
    tally.last_sent_ns = std::max(tally.last_sent_ns, sent_ns);
    tally.service.record(facts.service_ns);
    ++tally.statuses[answer.status];
    if (answer.status == 204 || (answer.status == 200 && options_.read_bids)) add_bids(bidding);
  }

  void add_bids(Bidding bidding) {
    Tally& tally = own_.tally;
    if (bidding == Bidding::unreadable) ++tally.unreadable;
    if (bidding == Bidding::none) ++tally.no_bids;
    if (bidding != Bidding::bids) return;
    const BidReader& reader = own_.reader;
    ++tally.with_bids;
    tally.bids += reader.bids();
    for (std::size_t i = 0; i < std::min(reader.bids(), BidReader::kPrices); ++i) {
      tally.price.record(reader.prices()[i]);
    }
    add_price(tally.price_sums[std::string(reader.currency())], reader.sum());
  }

  IntervalPart& part_of(std::int64_t number) {
    if (own_.current != nullptr && own_.current->number == number) return *own_.current;
    const auto found = std::ranges::find(own_.parts, number, [](const auto& part) { return part->number; });
    if (found == own_.parts.end()) {
      own_.current = &new_part(number);
    } else {
      own_.current = found->get();
    }
    return *own_.current;
  }

  IntervalPart& new_part(std::int64_t number) {
    if (own_.parts.size() == kPartsMax) {
      intervals_.add(own_.parts);
      empty_parts();
    }
    if (own_.spare.empty()) own_.spare.push_back(std::make_unique<IntervalPart>());
    own_.parts.push_back(std::move(own_.spare.back()));
    own_.spare.pop_back();
    own_.parts.back()->number = number;
    return *own_.parts.back();
  }

  void empty_parts() {
    for (auto& part : own_.parts) {
      part->clear();
      own_.spare.push_back(std::move(part));
    }
    own_.parts.clear();
    own_.current = nullptr;
  }

  const std::shared_ptr<Impl> impl_;
  const Options& options_;
  Intervals& intervals_;
  Thread& own_;
  const SteadyTime start_;
  const Also also_;
};

Measurement::Measurement(const Options& options) : impl_(std::make_shared<Impl>(options)) {}

Measurement::~Measurement() = default;

std::unique_ptr<Observer> Measurement::recorder(unsigned, SteadyTime start, const Schedule& schedule, Also also) {
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->intervals) impl_->intervals = std::make_unique<Intervals>(impl_->options.interval, schedule);
  impl_->threads.push_back(std::make_unique<Impl::Thread>());
  return std::make_unique<Impl::Recorder>(impl_, *impl_->threads.back(), start, std::move(also));
}

std::vector<Interval> Measurement::intervals() const {
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->intervals) return {};
  std::int64_t until_ns = INT64_MAX;
  if (!impl_->over) {
    for (const auto& thread : impl_->threads) until_ns = std::min(until_ns, thread->told_until_ns.load());
  }
  return impl_->intervals->read(nanoseconds(until_ns));
}

Tally Measurement::total() {
  const std::lock_guard lock(impl_->mutex);
  Tally out;
  nanoseconds last_due{0};
  for (const auto& thread : impl_->threads) {
    thread->gaps.flush();
    out += thread->tally;
    last_due = std::max(last_due, thread->last_due);
    impl_->intervals->add(thread->parts);
    thread->parts.clear();
    thread->current = nullptr;
  }
  if (impl_->intervals && !impl_->over) impl_->intervals->end(last_due);
  impl_->over = true;
  return out;
}

}  // namespace bidwell::replay
