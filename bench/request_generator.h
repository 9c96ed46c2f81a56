// Bid requests that differ from one to the next, as an exchange's do: one request sent over and
// over finds all it needs in the processor's caches.
#pragma once

#include <cstdint>
#include <string>

namespace bidwell::bench {

// A bid request of some 1.2 to 2 kB from the same made-up world as the catalogs: a site or an app,
// one to three impressions, mostly banners. The same numbers give the same request.
std::string make_request(std::uint64_t number, std::uint64_t seed);

}  // namespace bidwell::bench
