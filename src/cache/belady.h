// Belady's policy, which knows the future: of all that is there, and what has just come, the one whose next request is
// furthest away goes.
#pragma once

#include "bidwell/cache/simulate.h"

namespace bidwell::cache {

HitRatio simulate_belady(const Trace& trace, std::uint64_t bytes_max, const Progress& progress);

}  // namespace bidwell::cache
