#include "apps/replay/input.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace bidwell::apps {

using replay::Next;

ProgressLine::ProgressLine(bool wanted) : wanted_(wanted && isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  clear();
}

bool ProgressLine::due() const {
  return wanted_ && std::chrono::steady_clock::now() - last_ > std::chrono::milliseconds(100);
}

void ProgressLine::show(const std::string& text) {
  if (!wanted_) return;
  fmt::print(stderr, "\r\x1b[K{}", text);
  std::fflush(stderr);
  shown_ = true;
  last_ = std::chrono::steady_clock::now();
}

void ProgressLine::clear() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
  shown_ = false;
}

Input::Input(const InputOptions& options)
    : selection_(options.selection), source_(replay::open_requests(options.source, options.reading)) {}

Next Input::next(replay::CapturedRequest& out) {
  while (!selection_.done()) {
    const Next next = source_->next(out);
    if (next != Next::one) return next;
    ++given_;
    const auto refused = selection_.refuse(out);
    if (!refused) return Next::one;
    refused_.add(*refused);
  }
  return Next::end;
}

replay::Losses Input::losses() {
  replay::Losses all = source_->losses();
  all += refused_;
  return all;
}

std::string Input::progress() {
  const std::uint64_t of = source_->bytes_of(), read = source_->bytes_read();
  const std::string share = of == 0
                                ? fmt::format("{:.0f} MB", static_cast<double>(read) / 1e6)
                                : fmt::format("{:.0f} %", 100.0 * static_cast<double>(read) / static_cast<double>(of));
  return fmt::format("reading: {}, {} requests", share, given_);
}

void for_each_request(Input& input, ProgressLine& progress, const std::function<void(replay::CapturedRequest&)>& each) {
  replay::CapturedRequest request;
  for (;;) {
    const Next next = input.next(request);
    if (next == Next::end) break;
    if (next == Next::one) each(request);
    if (progress.due()) progress.show(input.progress());
  }
  progress.clear();
}

void print_losses(Input& input) {
  const replay::Losses losses = input.losses();
  for (std::size_t i = 0; i < replay::kLosses; ++i) {
    const auto loss = static_cast<replay::Loss>(i);
    if (losses.of(loss) == 0) continue;
    fmt::print(stderr, "{}: {} {}: {}\n", replay::is_choice(loss) ? "left out" : "not usable", losses.of(loss),
               replay::name_of(loss), replay::meaning_of(loss));
  }
  if (!input.fault().empty()) fmt::print(stderr, "the source ended early: {}\n", input.fault());
}

}  // namespace bidwell::apps
