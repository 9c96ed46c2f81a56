#include "apps/replay/preparing.h"

#include <stdexcept>

namespace bidwell::apps {

replay::PrepareOptions prepare_options(const ReplayOptions& options) {
  replay::PrepareOptions out = options.prepare;
  replay::Target target;
  target.host = "localhost";  // --dry-run does without one
  if (!options.target.empty()) target = replay::parse_target(options.target);
  if (out.host.empty()) out.host = target.host;
  if (out.path.empty()) out.path = target.path;
  return out;
}

void check_times(const replay::Prepared& request) {
  if (request.at_ns != replay::CapturedRequest::kNoTime) return;
  throw std::runtime_error("these requests have no times of their own: give --rate N, --ramp or --max");
}

}  // namespace bidwell::apps
