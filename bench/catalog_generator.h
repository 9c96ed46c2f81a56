// A campaign catalog as large as a real bidder's, made up but reproducible.
//
// What is held fixed, whatever the size and the seed:
// - The first four campaigns are made for bench/loopback/request.json and always bid on both of its
//   impressions: nothing of theirs ends, runs out or depends on the time. Their prices lie amid the
//   others', so they win only where no other campaign that matches pays more.
// - Campaign n is the same in a catalog of any size: a smaller one is the beginning of a larger
// one.
// - The shape of the population: countries by Zipf's law; 3 of 4 campaigns with two to six banner
//   sizes, the others video, native or audio; device and system for half of them; for two thirds a
//   further dimension (lists of domains or bundles, cities, segments, deals, ...); prices
//   log-normal, 0.3 to 12 USD for a thousand impressions. Some match the request by chance, and
//   their number grows with the catalog.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace bidwell::bench {

inline constexpr std::size_t matching_campaigns = 4;

// A catalog file's text with `campaigns` campaigns, at least those four; the same seed gives the
// same text. `limited`: each has a budget, a cap of its own and one of its advertiser's.
std::string make_catalog(std::size_t campaigns, std::uint64_t seed, bool limited = false);

}  // namespace bidwell::bench
