// Figures as people read them: for the terminal and the HTML report.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bidwell/replay/report.h"

namespace bidwell::replay {

std::string time_text(double ns);             // "873 ns", "41.2 us", "3.07 ms", "1.52 s"
std::string count_text(std::uint64_t count);  // "1,234,567"
std::string rate_text(double per_second);     // "19,998" or "12.5"
std::string bytes_text(std::uint64_t bytes);  // "1.21 GB"
std::string share_text(double share);         // "0.0213 %"
std::string price_text(double micros);        // "1.284"
std::string span_text(double seconds);        // "7.5 s", "10:00", "2:00:05"

double share_of(std::uint64_t part, std::uint64_t whole) noexcept;  // 0 of nothing
std::string status_name(unsigned status);                           // "200 OK"; of the common ones
std::string_view meaning_of(Outcome outcome) noexcept;

// "p99 0.87 ms, at most 5 ms", or why there was nothing to judge.
std::string verdict_text(const Verdict& verdict);
bool is_time(const Slo::Bound& bound) noexcept;

// Control characters and what is not UTF-8 become "?"; more than `max` bytes are cut: for what others wrote.
std::string plain(std::string_view text, std::size_t max = 300);

}  // namespace bidwell::replay
