// The made-up world that catalogs and requests are drawn from: the same names on both sides, the
// frequent ones frequent on both, so that some campaigns match a request by chance, as they do in
// a market.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace bidwell::bench {

// Reproducible draws: the standard fixes what the engine yields, but not what its distributions do.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : engine_(seed) {}

  double unit();                         // in [0, 1)
  std::size_t below(std::size_t limit);  // 0 to limit - 1; the limit is not 0
  int between(int least, int most);      // both included
  bool chance(double share);
  std::size_t rank(std::size_t size);  // 0 to size - 1, the n-th about n times rarer than the first
  double normal();                     // mean 0, deviation 1

 private:
  std::mt19937_64 engine_;
};

// A set of names by falling frequency. Those that bench/loopback/request.json has stand among them
// at a place where such values would.
struct Vocabulary {
  std::size_t size;
  std::string (*name)(std::size_t rank);

  std::string draw(Draw& draw) const { return name(draw.rank(size)); }
};

extern const Vocabulary countries;  // ISO 3166 alpha-3
extern const Vocabulary regions;    // some ISO 3166-2 subdivisions, without the country
extern const Vocabulary cities;
extern const Vocabulary domains;     // of sites
extern const Vocabulary bundles;     // of apps
extern const Vocabulary publishers;  // ids
extern const Vocabulary segments;    // ids
extern const Vocabulary deals;       // ids
extern const Vocabulary categories;  // IAB Content Taxonomy 1.0
extern const Vocabulary languages;   // ISO 639-1

struct Size {
  int w;
  int h;
};
inline constexpr Size banner_sizes[] = {{300, 250}, {320, 50},  {728, 90}, {160, 600}, {300, 600}, {320, 100},
                                        {970, 250}, {320, 480}, {468, 60}, {336, 280}, {970, 90},  {120, 600}};

struct Model {
  const char* make;
  const char* model;
  const char* os;  // as the catalog calls it
  bool tablet;
};
inline constexpr Model models[] = {
    {"Apple", "iPhone", "ios", false},           {"Samsung", "SM-S918B", "android", false},
    {"Xiaomi", "2201117TG", "android", false},   {"Apple", "iPad", "ios", true},
    {"Google", "Pixel 7", "android", false},     {"Samsung", "SM-X700", "android", true},
    {"Google", "Pixel Tablet", "android", true}, {"Motorola", "moto g(60)", "android", false}};

}  // namespace bidwell::bench
