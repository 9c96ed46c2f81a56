#include "bidwell/core/time_zone.h"

#include <date/tz.h>

#include <stdexcept>

namespace bidwell {
namespace {

using std::chrono::seconds;

std::int64_t unix_of(date::sys_time<seconds> time) {
  return time.time_since_epoch().count();
}

}  // namespace

std::optional<TimeZone> TimeZone::find(const std::string& name) {
  TimeZone zone;
  if (name == zone.name_) return zone;
  try {
    zone.zone_ = date::locate_zone(name);
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
  zone.name_ = name;
  return zone;
}

Day TimeZone::day_at(std::int64_t unix_seconds) const {
  const date::sys_time<seconds> time{seconds(unix_seconds)};
  if (zone_ == nullptr) {
    const auto day = date::floor<date::days>(time);
    return {static_cast<std::int32_t>(day.time_since_epoch().count()), unix_of(day), unix_of(day + date::days(1))};
  }
  const auto day = date::floor<date::days>(zone_->to_local(time));
  // Where clocks jump over midnight the day begins when they have; where midnight comes twice, with the first.
  const auto begin_of = [&](date::local_days local) {
    return unix_of(zone_->to_sys(date::local_time<seconds>(local), date::choose::earliest));
  };
  return {static_cast<std::int32_t>(day.time_since_epoch().count()), begin_of(day), begin_of(day + date::days(1))};
}

}  // namespace bidwell
