#include "apps/meter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace bidwell::apps {
namespace {

constexpr std::chrono::milliseconds kBarEvery{100}, kLineEvery{5000};
constexpr std::size_t kBarWidth = 24;

}  // namespace

std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

Meter::Meter(std::uint64_t total_bytes, bool terminal) : total_bytes_(total_bytes), terminal_(terminal) {
  if (!terminal_) next_ += kLineEvery;
}

double Meter::seconds() const {
  return std::chrono::duration<double>(Clock::now() - begun_).count();
}

void Meter::update(std::uint64_t bytes, std::uint64_t rows, std::uint64_t refused) {
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + (terminal_ ? kBarEvery : kLineEvery);
  const std::string text = line(bytes, rows, refused);
  if (!terminal_) {
    fmt::print(stderr, "{}\n", text);
    return;
  }
  fmt::print(stderr, "\r{:<{}}", text, shown_);
  std::fflush(stderr);
  shown_ = text.size();
}

void Meter::clear() {
  if (shown_ == 0) return;
  fmt::print(stderr, "\r{:<{}}\r", "", shown_);
  shown_ = 0;
}

std::string Meter::line(std::uint64_t bytes, std::uint64_t rows, std::uint64_t refused) const {
  const double taken = std::max(seconds(), 1e-3);
  std::string text;
  if (total_bytes_ != 0) {
    const double share = std::min(1.0, static_cast<double>(bytes) / static_cast<double>(total_bytes_));
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(kBarWidth));
    if (terminal_) text = fmt::format("[{}{}] ", std::string(filled, '='), std::string(kBarWidth - filled, ' '));
    text += fmt::format("{:3.0f} %  ", 100 * share);
  }
  text += fmt::format("{} rows  {:.1f} MB  {} rows/s", grouped(rows), static_cast<double>(bytes) / 1e6,
                      grouped(static_cast<std::uint64_t>(static_cast<double>(rows) / taken)));
  if (refused != 0) text += fmt::format("  {} refused", grouped(refused));
  if (total_bytes_ > bytes && bytes != 0) {
    const auto left =
        static_cast<std::uint64_t>(static_cast<double>(total_bytes_ - bytes) * taken / static_cast<double>(bytes));
    text += fmt::format("  {}:{:02} left", left / 60, left % 60);
  }
  return text;
}

}  // namespace bidwell::apps
