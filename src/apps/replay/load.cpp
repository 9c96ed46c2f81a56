#include "apps/replay/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "apps/replay/preparing.h"

namespace bidwell::apps {
namespace {

using replay::CapturedRequest;
using replay::Next;
using replay::Prepared;

bool is_original(const ReplayOptions& options) {
  return options.schedule.kind == replay::ScheduleOptions::Kind::original;
}

bool is_stream(const std::string& source) {
  return source == "-" || source.starts_with("iface:");
}

// What one takes in memory, about.
std::size_t bytes_of(const Prepared& request) {
  return sizeof(Prepared) + request.bytes.capacity() + request.slots.capacity() * sizeof(replay::Slot) +
         (request.answer ? request.answer->body.capacity() + 256 : 0);
}

[[noreturn]] void nothing_to_send(const std::string& source, Input& input) {
  print_losses(input);
  throw std::runtime_error(
      fmt::format("{}: no request to send ({} were found; --all takes those that are no bid "
                  "requests, too)",
                  source, input.given()));
}

InputOptions with_answers(const ReplayOptions& options) {
  InputOptions out = options.input;
  out.reading.answers = options.diff;
  return out;
}

}  // namespace

std::optional<Loaded> load(const ReplayOptions& options, StopSignals& signals, ProgressLine& progress) {
  if (is_stream(options.input.source)) return std::nullopt;
  Input input(with_answers(options));
  const replay::PrepareOptions preparing = prepare_options(options);
  Loaded out;
  CapturedRequest request;
  std::size_t bytes = 0;
  while (input.next(request) == Next::one) {
    out.tape.push_back(replay::prepare(std::move(request), preparing));
    bytes += bytes_of(out.tape.back());
    if (bytes > options.input.memory_mb * 1'000'000) return std::nullopt;
    if (is_original(options)) check_times(out.tape.back());
    if (progress.due()) progress.show(input.progress());
    if (out.tape.size() % 1024 == 0 && signals.came()) throw std::runtime_error("stopped while reading");
  }
  progress.clear();
  if (out.tape.empty()) nothing_to_send(options.input.source, input);
  // Requests come in the order in which they were whole.
  std::ranges::stable_sort(out.tape, {}, &Prepared::at_ns);
  out.captured = input.given();
  out.losses = input.losses();
  out.fault = input.fault();
  return out;
}

Reader::Reader(const ReplayOptions& options, replay::Feed& feed) : options_(options), feed_(feed) {
  InputOptions wanted = with_answers(options);
  wanted.reading.packets.stop = &stop_;
  input_ = std::make_unique<Input>(wanted);
  thread_ = std::thread([this] {
    try {
      read();
    } catch (...) {
      error_ = std::current_exception();
    }
    feed_.end();
  });
}

Reader::~Reader() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void Reader::read() {
  const replay::PrepareOptions preparing = prepare_options(options_);
  CapturedRequest request;
  while (!stop_) {
    const Next next = input_->next(request);
    if (next == Next::end) return;
    if (next == Next::none) continue;
    Prepared prepared = replay::prepare(std::move(request), preparing);
    if (is_original(options_)) check_times(prepared);
    while (!feed_.offer(std::move(prepared))) {
      if (stop_) return;
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }
}

Loaded Reader::finish() {
  stop_ = true;
  thread_.join();
  if (error_) std::rethrow_exception(error_);
  return {{}, input_->given(), input_->losses(), std::string(input_->fault())};
}

}  // namespace bidwell::apps
