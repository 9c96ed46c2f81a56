// bidwell-replay --dry-run: what would be sent, and when.
#include <fmt/format.h>

#include <algorithm>

#include "apps/replay/input.h"
#include "apps/replay/preparing.h"

namespace bidwell::apps {
namespace {

std::string first_line(const replay::Prepared& request) {
  return request.bytes.substr(0, request.bytes.find("\r\n"));
}

}  // namespace

int replay_dry_run(const ReplayOptions& options) {
  const replay::PrepareOptions preparing = prepare_options(options);
  Input input(options.input);
  ProgressLine none(false);
  replay::Schedule schedule(options.schedule);
  const bool original = options.schedule.kind == replay::ScheduleOptions::Kind::original;
  std::uint64_t count = 0, bytes = 0;
  std::int64_t first_ns = 0;
  for_each_request(input, none, [&](replay::CapturedRequest& captured) {
    const replay::Prepared request = replay::prepare(std::move(captured), preparing);
    if (original) check_times(request);
    if (count == 0) {
      first_ns = request.at_ns;
      fmt::print("the first request, as sent (the last {} characters of its id differ each time):\n{}\n\n", 13,
                 request.bytes);
    }
    const auto due = schedule.due(count, original ? request.at_ns - first_ns : 0);
    fmt::print("{:+14.6f} s  connection of flow {:<4} {:>6} bytes  {}\n", static_cast<double>(due.count()) / 1e9,
               request.flow, request.bytes.size(), first_line(request));
    ++count, bytes += request.bytes.size();
  });
  fmt::print("{} requests, {} bytes; nothing was sent\n", count, bytes);
  print_losses(input);
  return 0;
}

}  // namespace bidwell::apps
