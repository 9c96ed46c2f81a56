// The networked tier of a cache, as it is configured.
#pragma once

#include <cstdint>

#include "bidwell/cache/tiered.h"
#include "bidwell/ops/config.h"

namespace bidwell::apps {

// With seeds made from a random number of the process, and room for as many readers as there may be workers.
cache::Options seeded(cache::Options options, std::uint64_t seed);

// Null without Redis.
cache::Tiered::MakeStore make_store(const ops::Config& config, const cache::Options& cache, std::uint64_t seed);

}  // namespace bidwell::apps
