// Days as people in a time zone count them: budgets are by the day of the campaign's zone. From the system's copy of
// the IANA time zone database (package tzdata).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace date {
class time_zone;
}

namespace bidwell {

// A day of a calendar. It has 23 to 25 hours where clocks are changed.
struct Day {
  std::int32_t number = 0;          // days since 1970-01-01
  std::int64_t begin = 0, end = 0;  // Unix seconds; the end is excluded
  bool operator==(const Day&) const = default;
  bool contains(std::int64_t unix_seconds) const noexcept { return unix_seconds >= begin && unix_seconds < end; }
};

// Copied freely; lives as long as the process. Thread-safe.
class TimeZone {
 public:
  TimeZone() = default;  // UTC

  // "Europe/Berlin"; nothing when the database has no such zone, or is not there.
  static std::optional<TimeZone> find(const std::string& name);

  // Some microseconds: not for the data path. Any time of the years 1 to 9999.
  Day day_at(std::int64_t unix_seconds) const;

  const std::string& name() const noexcept { return name_; }
  bool operator==(const TimeZone& other) const noexcept { return name_ == other.name_; }

 private:
  std::string name_ = "UTC";
  const date::time_zone* zone_ = nullptr;  // null: UTC
};

}  // namespace bidwell
