// Chooses the requests that are sent.
#include <algorithm>

#include "bidwell/core/hash.h"
#include "bidwell/core/text.h"
#include "bidwell/replay/lines.h"
#include "bidwell/replay/prepare.h"

namespace bidwell::replay {
namespace {

constexpr std::uint64_t kSampleSeed = 0x73616d706c65;

// "[::1]:80" -> "[::1]".
std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  return colon == std::string_view::npos || host.ends_with(']') ? host : host.substr(0, colon);
}

// Asked for with its port, or without: then any.
bool host_is_one_of(std::string_view host, const std::vector<std::string>& hosts) {
  return std::any_of(hosts.begin(), hosts.end(), [&](const std::string& asked) {
    return ascii_iequal(host, asked) || ascii_iequal(without_port(host), asked);
  });
}

bool sampled(std::string_view body, double share) {
  // 2^64 times the share; a product of 2^64 would not fit.
  return share >= 1 || (share > 0 && hash64(body, kSampleSeed) < static_cast<std::uint64_t>(share * 0x1p64));
}

}  // namespace

Selection::Selection(SelectOptions options) : options_(std::move(options)) {}

std::optional<Loss> Selection::refuse(const CapturedRequest& request) {
  if (done()) return Loss::filtered;
  if (!options_.hosts.empty()) {
    const std::string* const host = header_of(request.headers, "Host");
    if (host == nullptr || !host_is_one_of(*host, options_.hosts)) return Loss::filtered;
  }
  const auto begins = [&](const std::string& path) { return request.target.starts_with(path); };
  if (!options_.paths.empty() && std::none_of(options_.paths.begin(), options_.paths.end(), begins)) {
    return Loss::filtered;
  }
  if (!options_.all_methods) {
    if (const std::optional<Loss> loss = unfit(request)) return loss;
  }
  if (!sampled(request.body, options_.sample)) return Loss::sampled_out;
  if (skipped_ < options_.skip) {
    ++skipped_;
    return Loss::filtered;
  }
  ++taken_;
  return std::nullopt;
}

}  // namespace bidwell::replay
