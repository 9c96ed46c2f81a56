// Runs a trace through a policy.
#include "bidwell/cache/simulate.h"

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <stdexcept>

#include "bidwell/core/hash.h"
#include "cache/belady.h"
#include "cache/policy.h"

namespace bidwell::cache {
namespace {

struct Thing {
  Node node;
  std::uint64_t id = 0;
};

// A cache of nothing but names and sizes.
class Pretended {
 public:
  Pretended(Simulated policy, const SimulateOptions& options) : bytes_max_(options.bytes_max) {
    L1Options l1;
    l1.eviction = policy == Simulated::lru ? Eviction::lru : Eviction::s3_fifo;
    l1.small_share = options.small_share;
    l1.promote_uses = options.promote_uses;
    policy_ = make_policy(l1);
  }

  bool request(const Request& request) {
    const auto found = things_.find(request.id);
    if (found != things_.end()) {
      policy_->use(found->second->node);
      return true;
    }
    if (request.size > bytes_max_) return false;
    while (bytes_ + request.size > bytes_max_) evict();
    Thing& thing = take();
    thing.id = request.id;
    thing.node.hash = mix(request.id, 0);
    thing.node.charge = request.size;
    thing.node.frequency = 0;
    policy_->add(thing.node);
    things_.emplace(request.id, &thing);
    bytes_ += request.size;
    return false;
  }

 private:
  void evict() {
    Node& node = *policy_->evict(never_dead, Time()).node;
    Thing& thing = reinterpret_cast<Thing&>(node);  // its first member
    bytes_ -= node.charge;
    things_.erase(thing.id);
    free_.push_back(&thing);
  }

  Thing& take() {
    if (free_.empty()) return all_.emplace_back();
    Thing& thing = *free_.back();
    free_.pop_back();
    return thing;
  }

  const std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  std::unique_ptr<Policy> policy_;
  boost::unordered_flat_map<std::uint64_t, Thing*> things_;
  std::deque<Thing> all_;
  std::vector<Thing*> free_;
};

}  // namespace

std::string_view name(Simulated policy) noexcept {
  switch (policy) {
    case Simulated::s3_fifo: return "s3fifo";
    case Simulated::lru: return "lru";
    case Simulated::belady: return "belady";
  }
  return "";
}

HitRatio simulate(const Trace& trace, Simulated policy, const SimulateOptions& options, const Progress& progress) {
  if (policy == Simulated::belady) return simulate_belady(trace, options.bytes_max, progress);
  Pretended cache(policy, options);
  HitRatio ratio;
  for (const Request& request : trace.requests) {
    if (progress && ratio.requests % (1 << 20) == 0) progress(ratio.requests, trace.requests.size());
    ++ratio.requests;
    ratio.bytes += request.size;
    if (!cache.request(request)) continue;
    ++ratio.hits;
    ratio.bytes_hit += request.size;
  }
  return ratio;
}

}  // namespace bidwell::cache
