// A campaign catalog as large as a real bidder's, made up but reproducible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace bidwell::loopback {

// A catalog file's text with `campaigns` campaigns; the same seed gives the same text. Of them some
// must bid on both impressions of request.json, for any number of requests: no budget, pacing or
// frequency cap may run out on those, since the client takes nothing but a 200 for an answer.
std::string make_catalog(std::size_t campaigns, std::uint64_t seed);

}  // namespace bidwell::loopback
