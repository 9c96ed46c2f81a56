#include "redis_latency/traffic.h"

#include <fmt/format.h>

#include <cstring>
#include <fstream>
#include <set>
#include <stdexcept>

#include "bidwell/core/hash.h"
#include "loopback/http_text.h"
#include "request_generator.h"

namespace bidwell::redis_latency {
namespace {

constexpr std::size_t kSegments = 20;
constexpr std::size_t kIfaLength = 36;

bool is_loaded(std::size_t user, const Options& options) {
  return (user + 1) * options.loaded / options.users != user * options.loaded / options.users;
}

void write_ifa(char* out, std::size_t user) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
  static_assert(kForm.size() == kIfaLength);
  std::uint64_t digits = mix(user, 0x1fa);
  for (std::size_t i = 0; i < kIfaLength; ++i) {
    if (i == 18) digits = mix(user, 0xfa1);
    out[i] = kForm[i] == 'x' ? "0123456789abcdef"[digits & 15] : kForm[i];
    digits >>= 4;
  }
}

std::string request_of(std::uint64_t number, std::uint64_t seed) {
  constexpr std::string_view kDevice = R"("device":{)";
  std::string body = bench::make_request(number, seed);
  const std::size_t device = body.find(kDevice);
  if (device == std::string::npos) throw std::runtime_error("a made-up request without a device");
  body.insert(device + kDevice.size(), fmt::format(R"("ifa":"{}",)", std::string(kIfaLength, 'x')));
  return loopback::make_post("/bid/demo", body);
}

}  // namespace

void write_profiles(const std::filesystem::path& path, const Options& options) {
  bench::Draw draw(mix(options.seed, 2));
  std::ofstream file(path, std::ios::binary);
  std::string ifa(kIfaLength, ' ');
  for (std::size_t user = 0; user < options.users; ++user) {
    if (!is_loaded(user, options)) continue;
    write_ifa(ifa.data(), user);
    std::set<std::string> segments;
    while (segments.size() < kSegments) segments.insert(bench::segments.draw(draw));
    file << fmt::format(R"({{"user":"ifa:{}","segments":[{}],"attributes":{{"income":"high","device":"new"}}}})", ifa,
                        fmt::join(segments, ","))
         << '\n';
  }
  if (!file.flush()) throw std::runtime_error(fmt::format("cannot write {}", path.string()));
}

Traffic::Traffic(const Options& options) : draw_(mix(options.seed, 3)), zipf_(options.users, options.zipf) {
  for (std::size_t i = 0; i < open_loop::kDifferentRequests; ++i) {
    std::string text = request_of(i, options.seed);
    const std::size_t ifa_at = text.find(std::string(kIfaLength, 'x'));
    templates_.push_back({std::move(text), ifa_at});
  }
}

open_loop::Request Traffic::next() {
  Template& chosen = templates_[next_];
  if (++next_ == templates_.size()) next_ = 0;
  write_ifa(chosen.text.data() + chosen.ifa_at, zipf_([this] { return draw_.unit(); }));
  return {.text = chosen.text};
}

double Traffic::mean_bytes() const {
  double sum = 0;
  for (const Template& one : templates_) sum += static_cast<double>(one.text.size());
  return sum / static_cast<double>(templates_.size());
}

}  // namespace bidwell::redis_latency
