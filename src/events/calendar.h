// Dates of events in UTC: as text in lines of JSON, and as the folders of the NDJSON files.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace bidwell::events {

// Times before 1970 or after 9999, which no clock says, are taken for the nearest of those.
inline constexpr std::int64_t kLastUs = 253'402'300'799'999'999;
inline constexpr std::int64_t kHourUs = 3'600'000'000;

constexpr std::int64_t hour_of(std::int64_t us) noexcept {
  return std::clamp<std::int64_t>(us, 0, kLastUs) / kHourUs;
}

namespace calendar {

inline char* digits(char* out, std::uint64_t value, int count) noexcept {
  for (int i = count - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
  return out + count;
}

// "2026-11-23"
inline char* write_date(char* out, std::int64_t days) noexcept {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  out = digits(out, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  *out++ = '-';
  out = digits(out, static_cast<unsigned>(date.month()), 2);
  *out++ = '-';
  return digits(out, static_cast<unsigned>(date.day()), 2);
}

}  // namespace calendar

// "2026-11-23T21:38:54.123456Z", with three decimals in place of six where `with_micros` is false: 27 or 24 bytes.
inline char* write_time(char* out, std::int64_t us, bool with_micros) noexcept {
  us = std::clamp<std::int64_t>(us, 0, kLastUs);
  const auto seconds = static_cast<std::uint64_t>(us / 1'000'000);
  const auto fraction = static_cast<std::uint64_t>(us % 1'000'000);
  out = calendar::write_date(out, static_cast<std::int64_t>(seconds / 86'400));
  *out++ = 'T';
  out = calendar::digits(out, seconds / 3600 % 24, 2);
  *out++ = ':';
  out = calendar::digits(out, seconds / 60 % 60, 2);
  *out++ = ':';
  out = calendar::digits(out, seconds % 60, 2);
  *out++ = '.';
  out = with_micros ? calendar::digits(out, fraction, 6) : calendar::digits(out, fraction / 1000, 3);
  *out++ = 'Z';
  return out;
}

// "dt=2026-11-23/hour=21": 21 bytes.
inline char* write_hour_folder(char* out, std::int64_t hour) noexcept {
  for (const char c : {'d', 't', '='}) *out++ = c;
  out = calendar::write_date(out, hour / 24);
  for (const char c : {'/', 'h', 'o', 'u', 'r', '='}) *out++ = c;
  return calendar::digits(out, static_cast<std::uint64_t>(hour % 24), 2);
}

}  // namespace bidwell::events
