// The creatives of a generated campaign (catalog_generator.h): banners in several sizes with some
// 300 to 600 bytes of markup, or video, native or audio.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>

#include "population.h"

namespace bidwell::bench {

nlohmann::ordered_json draw_creatives(Draw& draw, std::size_t campaign, std::size_t advertiser);

// One banner for each size of bench/loopback/request.json, with nothing that it blocks.
nlohmann::ordered_json matching_creatives(Draw& draw, std::size_t campaign);

}  // namespace bidwell::bench
