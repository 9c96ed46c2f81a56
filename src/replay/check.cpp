// The checker's queue, its thread, and what it found.
#include "bidwell/replay/check.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "bidwell/openrtb/validate.h"
#include "replay/words.h"

namespace bidwell::replay {
namespace {

constexpr std::size_t kWaitingBytesMax = 128 << 20;  // and as much that is being looked at
constexpr std::size_t kExamples = 20, kExamplesOfAKind = 4;
// Senders wake nobody, as that is a system call; the thread looks for itself.
constexpr std::chrono::milliseconds kLook{5};

constexpr std::array<std::string_view, 31> kRules = {
    "",         "id",      "form of answer", "bid.id",     "impid",   "price",  "cur",    "floors",
    "dealid",   "private", "seats",          "crid",       "adomain", "cat",    "attr",   "bundle",
    "language", "size",    "mtype",          "media",      "pods",    "secure", "markup", "macros",
    "DSA",      "groups",  "encoding",       "204's body", "test",    "tmax",   "bid ids"};

struct Waiting {
  std::uint64_t index = 0;
  unsigned status = 0;
  double elapsed_ms = 0;
  std::int64_t content_length = -1;
  std::string request, body;
  std::optional<CapturedAnswer> captured;  // without headers

  std::size_t bytes() const {
    return sizeof(*this) + request.size() + body.size() + (captured ? captured->body.size() : 0);
  }
};

std::string kind_of_rule(int rule) {
  const bool known = rule > 0 && rule < static_cast<int>(kRules.size());
  return known ? fmt::format("rule {} ({})", rule, kRules[static_cast<std::size_t>(rule)])
               : fmt::format("rule {}", rule);
}

// The few first examples of each kind.
class Findings {
 public:
  // `kinds` of one answer may name one several times.
  void add(const std::vector<std::pair<std::string, std::string>>& kinds) {
    ++result_.checked;
    if (kinds.empty()) return;
    ++result_.faulty;
    std::set<std::string_view> seen;
    for (const auto& [kind, example] : kinds) {
      if (!seen.insert(kind).second) continue;
      const std::uint64_t n = ++result_.by_kind[kind];
      if (n <= kExamplesOfAKind && result_.examples.size() < kExamples) result_.examples.push_back(example);
    }
  }
  CheckResult result() const { return result_; }

 private:
  CheckResult result_;
};

}  // namespace

struct Checker::Impl {
  explicit Impl(const CheckOptions& given) : options(given), thread([this] { run(); }) {}
  ~Impl() { stop(true); }

  void stop(bool drop) {
    if (!thread.joinable()) return;
    {
      const std::lock_guard lock(mutex);
      over = true;
      if (drop) dropping.store(true, std::memory_order_relaxed);
    }
    wake.notify_one();
    thread.join();
  }

  bool push(Waiting&& waiting) {
    // Held for a push or a swap by whoever has it.
    const std::lock_guard lock(mutex);
    if (over || queue.size() >= options.waiting_max || queued_bytes > kWaitingBytesMax) return false;
    queued_bytes += waiting.bytes();
    queue.push_back(std::move(waiting));
    return true;
  }

  void run() {
    std::vector<Waiting> batch;
    for (bool last = false; !last;) {
      batch.clear();
      {
        std::unique_lock lock(mutex);
        wake.wait_for(lock, kLook, [this] { return over; });
        last = over;
        batch.swap(queue);
        queued_bytes = 0;
      }
      for (const Waiting& waiting : batch) {
        if (dropping.load(std::memory_order_relaxed)) return;
        look_at(waiting);
      }
    }
  }

  void look_at(const Waiting& waiting) {
    if (!waiting.request.empty()) validated.add(violations(waiting));
    if (!waiting.captured) return;
    std::vector<std::pair<std::string, std::string>> kinds;
    for (const std::string& kind :
         differences(*waiting.captured, waiting.status, waiting.body, options.price_tolerance)) {
      kinds.emplace_back(
          kind, fmt::format("request {}: {}; captured {} {}, now {} {}", waiting.index, kind, waiting.captured->status,
                            plain(waiting.captured->body, 160), waiting.status, plain(waiting.body, 160)));
    }
    compared.add(kinds);
  }

  std::vector<std::pair<std::string, std::string>> violations(const Waiting& waiting) const {
    std::vector<std::pair<std::string, std::string>> out;
    for (const openrtb::Violation& violation : openrtb::validate(waiting.request,
                                                                 {.status = waiting.status,
                                                                 .body = waiting.body,
                                                                 .elapsed_ms = waiting.elapsed_ms,
                                                                 .content_length = waiting.content_length},
                                                                 {.rates = options.rates})) {
      out.emplace_back(kind_of_rule(violation.rule),
                       fmt::format("request {}: rule {} {}: {}", waiting.index, violation.rule,
                                   plain(violation.where, 100), plain(violation.what, 200)));
    }
    return out;
  }

  const CheckOptions options;
  std::atomic<std::uint64_t> unvalidated{0}, uncompared{0};
  std::atomic<bool> dropping{false};

  // The thread's own until it is joined.
  Findings validated, compared;

  std::mutex mutex;
  std::condition_variable wake;
  // Guarded by mutex.
  std::vector<Waiting> queue;
  std::size_t queued_bytes = 0;
  bool over = false;

  std::thread thread;  // last: it uses all of the above
};

Checker::Checker(const CheckOptions& options) : impl_(std::make_unique<Impl>(options)) {}

Checker::~Checker() = default;

void Checker::offer(const Sent& sent) {
  const CheckOptions& options = impl_->options;
  if (sent.answer.outcome != Outcome::answered || sent.request == nullptr) return;
  const Prepared& request = *sent.request;
  const bool validate = options.validate && request.body_at < sent.bytes.size();
  const bool compare = options.compare && request.answer.has_value();
  if (!validate && !compare) return;
  Waiting waiting;
  waiting.index = sent.index;
  waiting.status = sent.answer.status;
  waiting.elapsed_ms = std::chrono::duration<double, std::milli>(sent.answer.done - sent.due).count();
  waiting.content_length = sent.answer.content_length;
  waiting.body = sent.answer.body;
  if (validate) waiting.request = sent.bytes.substr(request.body_at);
  if (compare) {
    waiting.captured.emplace();
    waiting.captured->status = request.answer->status;
    waiting.captured->body = request.answer->body;
  }
  if (impl_->push(std::move(waiting))) return;
  if (validate) impl_->unvalidated.fetch_add(1, std::memory_order_relaxed);
  if (compare) impl_->uncompared.fetch_add(1, std::memory_order_relaxed);
}

void Checker::finish() {
  impl_->stop(false);
}

CheckResult Checker::validated() const {
  CheckResult out = impl_->validated.result();
  out.unchecked = impl_->unvalidated.load();
  return out;
}

CheckResult Checker::compared() const {
  CheckResult out = impl_->compared.result();
  out.unchecked = impl_->uncompared.load();
  return out;
}

}  // namespace bidwell::replay
