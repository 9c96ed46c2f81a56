// Money and times as the commands print them.
#pragma once

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdint>
#include <ctime>
#include <string>

#include "bidwell/core/money.h"

namespace bidwell::apps {

// With at least two decimals and no more than it takes: "12.50", "0.0025".
inline std::string amount(Nanos nanos) {
  const Nanos positive = nanos < 0 ? -nanos : nanos;
  std::string text =
      fmt::format("{}{}.{:09}", nanos < 0 ? "-" : "", positive / kNanosPerUnit, positive % kNanosPerUnit);
  while (text.ends_with('0') && text[text.size() - 3] != '.') text.pop_back();
  return text;
}

// "2026-01-31 12:15 UTC"
inline std::string quarter_hour(std::int64_t unix_seconds) {
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(static_cast<std::time_t>(unix_seconds)));
}

}  // namespace bidwell::apps
