// See population.h.
#include "population.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>
#include <string_view>

namespace bidwell::bench {
namespace {

constexpr std::string_view country_names[] = {
    "USA", "GBR", "DEU", "IND", "BRA", "FRA", "JPN", "CAN", "ITA", "MEX", "ESP", "AUS", "IDN", "NLD", "KOR",
    "TUR", "POL", "PHL", "THA", "VNM", "ARG", "SWE", "ZAF", "COL", "MYS", "BEL", "SAU", "ARE", "CHE", "EGY",
    "AUT", "NOR", "DNK", "SGP", "ROU", "CHL", "PRT", "GRC", "CZE", "FIN", "ISR", "HUN", "PER", "NZL", "IRL",
    "TWN", "HKG", "PAK", "BGD", "NGA", "KEN", "MAR", "UKR", "BGR", "HRV", "SVK", "LTU", "SVN", "EST", "LVA"};

constexpr std::string_view region_names[] = {"CA", "TX", "NY",  "FL", "IL", "PA", "ENG", "BY", "NW",
                                             "SP", "ON", "IDF", "MH", "GA", "OH", "NC",  "WA", "BE"};

constexpr std::string_view city_names[] = {"London", "New York", "Los Angeles", "Paris",   "Sao Paulo", "Tokyo",
                                           "Berlin", "Chicago",  "Mexico City", "Toronto", "Sydney",    "Mumbai"};

constexpr std::string_view category_names[] = {
    "IAB12",   "IAB17",    "IAB1",   "IAB9",    "IAB19", "IAB22", "IAB13",  "IAB7",    "IAB20",  "IAB2",  "IAB12-2",
    "IAB9-30", "IAB17-12", "IAB8",   "IAB10",   "IAB3",  "IAB6",  "IAB1-6", "IAB19-6", "IAB5",   "IAB18", "IAB4",
    "IAB13-7", "IAB20-27", "IAB2-3", "IAB22-1", "IAB14", "IAB15", "IAB16",  "IAB21",   "IAB8-5", "IAB9-9"};

constexpr std::string_view language_names[] = {"en", "es", "pt", "de", "fr", "ja", "hi",
                                               "id", "it", "nl", "tr", "ko", "pl", "ar"};

template <const auto& names>
constexpr Vocabulary listed{std::size(names), [](std::size_t rank) { return std::string(names[rank]); }};

std::string city(std::size_t rank) {
  if (rank < std::size(city_names)) return std::string(city_names[rank]);
  return fmt::format("Newtown {}", rank);
}

std::string domain(std::size_t rank) {
  return rank == 40 ? "news.example.com" : fmt::format("site-{}.example", rank);
}

std::string bundle(std::size_t rank) {
  return fmt::format("com.example.studio{}.app{}", rank % 997, rank);
}

std::string publisher(std::size_t rank) {
  return rank == 30 ? "9071" : fmt::format("{}", 20'000 + rank);
}

std::string segment(std::size_t rank) {
  switch (rank) {
    case 12: return "1042";
    case 60: return "2387";
    case 300: return "90115";
    default: return fmt::format("{}", 500'000 + rank);
  }
}

std::string deal(std::size_t rank) {
  return fmt::format("deal-{:x}", 0xa10000 + rank * 7919);
}

}  // namespace

const Vocabulary countries = listed<country_names>;
const Vocabulary regions = listed<region_names>;
const Vocabulary cities{3'000, city};
const Vocabulary domains{20'000, domain};
const Vocabulary bundles{20'000, bundle};
const Vocabulary publishers{4'000, publisher};
const Vocabulary segments{30'000, segment};
const Vocabulary deals{5'000, deal};
const Vocabulary categories = listed<category_names>;
const Vocabulary languages = listed<language_names>;

double Draw::unit() {
  return static_cast<double>(engine_() >> 11) * 0x1p-53;
}

std::size_t Draw::below(std::size_t limit) {
  return engine_() % limit;
}

int Draw::between(int least, int most) {
  return least + static_cast<int>(below(static_cast<std::size_t>(most - least) + 1));
}

bool Draw::chance(double share) {
  return unit() < share;
}

// The inverse of the distribution function of density 1/x: Zipf's law with exponent 1.
std::size_t Draw::rank(std::size_t size) {
  const double place = std::pow(static_cast<double>(size) + 1, unit()) - 1;
  return std::min(static_cast<std::size_t>(place), size - 1);
}

// Box and Muller.
double Draw::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - unit()));
  return radius * std::cos(2 * std::numbers::pi * unit());
}

}  // namespace bidwell::bench
