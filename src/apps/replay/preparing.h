// How requests are made ready, from what the command line says.
#pragma once

#include "apps/replay/commands.h"
#include "bidwell/replay/client.h"
#include "bidwell/replay/prepare.h"

namespace bidwell::apps {

// With the target's host and path where nothing else was asked for.
replay::PrepareOptions prepare_options(const ReplayOptions& options);

// Throws std::runtime_error that says what to do for a request without a time, which has no original timing.
void check_times(const replay::Prepared& request);

}  // namespace bidwell::apps
