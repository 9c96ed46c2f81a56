// The sinks behind the journals, as they are configured.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bidwell/events/sink.h"
#include "bidwell/ops/config.h"

namespace bidwell::apps {

struct NamedSink {
  std::string name;
  std::unique_ptr<events::Sink> sink;
  std::function<std::string()> totals;  // a line for people; may be called while the sink works
};

// `seed`: a random number of the process. Throws std::runtime_error when a directory cannot be used; a database that
// is away is no fault.
std::vector<NamedSink> make_sinks(const ops::Config& config, std::uint64_t seed);

// For its log and those of the journals.
void warn_of_events(const std::string& line);

}  // namespace bidwell::apps
