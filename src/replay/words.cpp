// Three or four digits of everything: more are not read.
#include "replay/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bidwell::replay {
namespace {

// Four digits in all: 3.074, 30.74, 307.4, 3074.
std::string digits(double value) {
  const double size = std::abs(value);
  return fmt::format("{:.{}f}", value, size < 9.9995 ? 3 : size < 99.995 ? 2 : size < 999.95 ? 1 : 0);
}

// The length of the UTF-8 character at the begin of `text`; 0: none.
std::size_t character(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t size = byte(0) < 0x80   ? 1
                           : byte(0) < 0xc2 ? 0
                           : byte(0) < 0xe0 ? 2
                           : byte(0) < 0xf0 ? 3
                           : byte(0) < 0xf5 ? 4
                                            : 0;
  if (size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Longer than need be, a surrogate, or past the last character; and the controls of Latin-1.
  if (size == 3 && ((byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xed && byte(1) > 0x9f))) return 0;
  if (size == 4 && ((byte(0) == 0xf0 && byte(1) < 0x90) || (byte(0) == 0xf4 && byte(1) > 0x8f))) return 0;
  if (byte(0) < 0x20 || byte(0) == 0x7f || (byte(0) == 0xc2 && byte(1) < 0xa0)) return 0;
  return size;
}

}  // namespace

std::string time_text(double ns) {
  const double size = std::abs(ns);
  if (size < 999.5) return fmt::format("{:.0f} ns", ns);
  if (size < 999'950) return digits(ns / 1e3) + " us";
  if (size < 999'950'000) return digits(ns / 1e6) + " ms";
  return digits(ns / 1e9) + " s";
}

std::string count_text(std::uint64_t count) {
  std::string out = std::to_string(count);
  for (std::size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, 1, ',');
  return out;
}

std::string rate_text(double per_second) {
  if (per_second < 99.95) return fmt::format("{:.1f}", std::max(per_second, 0.0));
  return count_text(static_cast<std::uint64_t>(std::llround(std::min(per_second, 1e15))));
}

std::string bytes_text(std::uint64_t bytes) {
  const auto size = static_cast<double>(bytes);
  if (size < 1e3) return fmt::format("{} B", bytes);
  if (size < 1e6) return fmt::format("{:.1f} kB", size / 1e3);
  if (size < 1e9) return fmt::format("{:.1f} MB", size / 1e6);
  return fmt::format("{:.2f} GB", size / 1e9);
}

std::string share_text(double share) {
  const double percent = 100 * share;
  if (percent == 0 || percent >= 9.995) return fmt::format("{:.1f} %", percent);
  // Never all or nothing where it is not.
  return percent < 0.001 ? "< 0.001 %" : fmt::format("{:.{}f} %", percent, percent < 0.1 ? 4 : 2);
}

std::string price_text(double micros) {
  return fmt::format("{:.3f}", micros / 1e6);
}

std::string span_text(double seconds) {
  if (seconds < 119.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

double share_of(std::uint64_t part, std::uint64_t whole) noexcept {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string status_name(unsigned status) {
  switch (status) {
    case 200: return "200 OK";
    case 204: return "204 no bid";
    case 400: return "400 bad request";
    case 404: return "404 not found";
    case 413: return "413 too large";
    case 429: return "429 too many requests";
    case 500: return "500 internal error";
    case 502: return "502 bad gateway";
    case 503: return "503 unavailable";
    case 504: return "504 gateway timeout";
    default: return std::to_string(status);
  }
}

std::string_view meaning_of(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::answered: return "a whole answer came, of any status";
    case Outcome::connect_failed: return "no connection: nobody listens there, or its queue is full";
    case Outcome::closed: return "the connection was closed before the answer was whole";
    case Outcome::malformed: return "what came is no HTTP answer";
    case Outcome::unanswered: return "given up: no answer in time, or the run was over";
    case Outcome::count_: break;
  }
  return "";
}

bool is_time(const Slo::Bound& bound) noexcept {
  return bound.name == "mean" || bound.name == "max" || bound.name.starts_with('p');
}

std::string verdict_text(const Verdict& verdict) {
  const Slo::Bound& bound = verdict.bound;
  if (std::isnan(verdict.value)) return bound.text + ": nothing to judge it by";
  const auto text = [&](double value) { return is_time(bound) ? time_text(value) : share_text(value); };
  return fmt::format("{} {}, {} {}", bound.name, text(verdict.value), bound.at_least ? "at least" : "at most",
                     bound.text.substr(bound.text.find('=') + 1));
}

std::string plain(std::string_view text, std::size_t max) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = character(text);
    if (out.size() + std::max<std::size_t>(size, 1) > max) return out + "...";
    if (size == 0) {
      out += '?';
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

}  // namespace bidwell::replay
