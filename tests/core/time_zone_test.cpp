// Days of the zones where they are hard: clocks changed at night, at midnight itself, a quarter of an hour's offset.
#include "bidwell/core/time_zone.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace bidwell {
namespace {

constexpr std::int64_t kHour = 3600;

TimeZone zone(const std::string& name) {
  const auto found = TimeZone::find(name);
  if (!found) throw std::runtime_error("no " + name);
  return *found;
}

TEST(TimeZone, UtcIsThereAlways) {
  const TimeZone utc;
  EXPECT_EQ(utc.name(), "UTC");
  EXPECT_EQ(zone("UTC"), utc);
  EXPECT_EQ(utc.day_at(0), (Day{0, 0, 86400}));
  EXPECT_EQ(utc.day_at(86399), (Day{0, 0, 86400}));
  EXPECT_EQ(utc.day_at(86400).number, 1);
  EXPECT_EQ(utc.day_at(-1), (Day{-1, -86400, 0}));
  EXPECT_EQ(zone("Etc/UTC").day_at(1'700'000'000), utc.day_at(1'700'000'000));
}

TEST(TimeZone, UnknownNamesAreNone) {
  for (const char* name :
       {"", "Nowhere/City", "../x", "../../etc/passwd", "/etc/passwd", "Europe", "europe/berlin", "Europe/Berlin ",
        "Europe//Berlin", "Europe/../Europe/Berlin", "tzdata.zi", "zone.tab", "."}) {
    EXPECT_FALSE(TimeZone::find(name).has_value()) << name;
  }
  EXPECT_FALSE(TimeZone::find(std::string("Europe/Berlin\0x", 15)).has_value());
  EXPECT_FALSE(TimeZone::find(std::string(10'000, 'x')).has_value());
}

TEST(TimeZone, EqualByName) {
  EXPECT_EQ(zone("Europe/Berlin"), zone("Europe/Berlin"));
  EXPECT_FALSE(zone("Europe/Berlin") == zone("Europe/Paris"));
  EXPECT_EQ(zone("Europe/Berlin").name(), "Europe/Berlin");
}

struct Expected {
  const char* zone;
  std::int64_t at;
  std::int32_t number;
  std::int64_t begin, quarters;
};

TEST(TimeZone, DaysOfDaylightSaving) {
  const Expected days[] = {
      {"Europe/Berlin", 1711843200, 19813, 1711839600, 92},      // 2024-03-31, 02:00 is 03:00
      {"Europe/Berlin", 1730030400, 20023, 1729980000, 100},     // 2024-10-27, 03:00 is 02:00
      {"Europe/Berlin", 1704110400, 19723, 1704063600, 96},      // 2024-01-01
      {"America/New_York", 1710086400, 19792, 1710046800, 92},   // 2024-03-10
      {"America/New_York", 1730646000, 20030, 1730606400, 100},  // 2024-11-03
      {"Asia/Kathmandu", 1704110400, 19723, 1704046500, 96},     // 2024-01-01, +5:45
  };
  for (const Expected& expected : days) {
    const Day day = zone(expected.zone).day_at(expected.at);
    EXPECT_EQ(day.number, expected.number) << expected.zone;
    EXPECT_EQ(day.begin, expected.begin) << expected.zone;
    EXPECT_EQ((day.end - day.begin) / 900, expected.quarters) << expected.zone << " " << expected.number;
    EXPECT_TRUE(day.contains(expected.at));
  }
}

// 2018-11-04: clocks go from 23:59:59 to 01:00 in Sao Paulo. 2018-02-17: at midnight it is 23:00 again.
TEST(TimeZone, MidnightThatDoesNotExistOrComesTwice) {
  const TimeZone sao_paulo = zone("America/Sao_Paulo");
  const Day short_day = sao_paulo.day_at(1541343600);  // noon, UTC-2
  EXPECT_EQ(short_day.number, 17839);
  EXPECT_EQ(short_day.begin, 1541300400);  // 03:00 UTC, which is 01:00
  EXPECT_EQ(short_day.end - short_day.begin, 23 * kHour);
  EXPECT_EQ(sao_paulo.day_at(short_day.begin - 1).end, short_day.begin);
  EXPECT_EQ(sao_paulo.day_at(short_day.begin - 1).number, 17838);

  const Day long_day = sao_paulo.day_at(1518890400);  // 2018-02-17 at 16:00, UTC-2
  EXPECT_EQ(long_day.number, 17579);
  EXPECT_EQ(long_day.end - long_day.begin, 25 * kHour);
  EXPECT_TRUE(long_day.contains(long_day.end - 1));
  EXPECT_EQ(sao_paulo.day_at(long_day.end - 1), long_day);
  EXPECT_EQ(sao_paulo.day_at(long_day.end).number, 17580);

  const Day beirut = zone("Asia/Beirut").day_at(1648375200);  // 2022-03-27 begins at 01:00
  EXPECT_EQ(beirut.number, 19078);
  EXPECT_EQ(beirut.end - beirut.begin, 23 * kHour);
}

// Every moment is in one day, which says so, and days follow each other without a gap.
TEST(TimeZone, DaysFollowEachOther) {
  for (const char* name : {"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Beirut",
                           "Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana", "Africa/Cairo", "Asia/Tehran",
                           "America/Asuncion", "Pacific/Chatham", "America/Scoresbysund"}) {
    const TimeZone its_zone = zone(name);
    Day day = its_zone.day_at(1'388'534'400);  // 2014
    for (int i = 0; i < 20 * 365; ++i) {
      ASSERT_LT(day.begin, day.end) << name;
      ASSERT_EQ(its_zone.day_at(day.begin), day) << name;
      ASSERT_EQ(its_zone.day_at(day.end - 1), day) << name << " " << day.number;
      const Day next = its_zone.day_at(day.end);
      ASSERT_EQ(next.begin, day.end) << name;
      ASSERT_EQ(next.number, day.number + 1) << name;
      day = next;
    }
  }
}

TEST(TimeZone, FarTimes) {
  for (const std::int64_t at : {-62'135'596'800LL + 86400, -2'208'988'800LL, 253'402'300'799LL - 86400}) {
    for (const char* name : {"UTC", "Europe/Berlin", "Asia/Kathmandu"}) {
      const Day day = zone(name).day_at(at);
      EXPECT_TRUE(day.contains(at)) << name << " " << at;
    }
  }
}

}  // namespace
}  // namespace bidwell
