// Who asks, and what: users of whom half are known to Redis, and their bid requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "bidwell/cache/trace.h"
#include "open_loop/request_source.h"
#include "population.h"
#include "redis_latency/options.h"

namespace bidwell::redis_latency {

// NDJSON for `bidwell profiles import`: the users that are loaded, spread evenly over the popular and the rare, each
// in some twenty segments that campaigns ask for and with two attributes. Throws std::runtime_error.
void write_profiles(const std::filesystem::path& path, const Options& options);

// Requests that differ, each of a user drawn anew.
class Traffic final : public open_loop::RequestSource {
 public:
  explicit Traffic(const Options& options);

  open_loop::Request next() override;

  double mean_bytes() const;

 private:
  struct Template {
    std::string text;
    std::size_t ifa_at;
  };

  std::vector<Template> templates_;
  std::size_t next_ = 0;
  bench::Draw draw_;
  cache::Zipf zipf_;
};

}  // namespace bidwell::redis_latency
