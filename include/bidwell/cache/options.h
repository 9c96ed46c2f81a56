// How long values live and how hard the cache tries for them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "bidwell/cache/l1.h"

namespace bidwell::cache {

using std::chrono::milliseconds;

// Values of one kind. Ages are counted from when the value was read from its origin; without an origin Redis is the
// truth, and they are counted from when it was read from there.
struct ClassOptions {
  std::string name;    // in metrics
  std::string prefix;  // of its keys in Redis: "<prefix>{<key>}:v"

  milliseconds soft_ttl{5 * 60'000};   // older: served once more, and refreshed behind
  milliseconds hard_ttl{60 * 60'000};  // older: not served. The bound of staleness
  double jitter = 0.1;                 // of both, subtracted at random: what was filled at once does not expire at once
  // Of "does not exist": not believed for longer; asked about again behind once half of it has passed.
  milliseconds negative_ttl{60'000};

  milliseconds wait{0};          // a request without the value may wait this long for it; 0: it is known next time
  bool wait_for_origin = false;  // wait on when Redis does not have it either
  // Uses since it was loaded that make a value hot: it is refreshed before it is stale. 1 to Entry::kUsesMax, 0: never.
  unsigned hot_uses = 2;
  // Others write these keys: have Redis tell us of changes (CLIENT TRACKING).
  bool written_by_others = false;
};

struct Options {
  std::vector<ClassOptions> classes;
  L1Options l1;

  std::size_t read_keys_max = 64;  // in one MGET
  milliseconds read_timeout{50};   // Redis' answer to a read; requests wait for less (ClassOptions::wait)
  milliseconds write_timeout{500};

  std::size_t refresh_keys_max = 256;  // in one batch of the refresher
  milliseconds refresh_linger{2};      // it waits this long for more
  // The refresh is due at a random point of the last `refresh_share` of the soft TTL.
  double refresh_share = 0.25;

  // The origin is asked for at most this many keys a second, after a burst of as many; more are not asked for.
  double origin_keys_per_s = 5'000;
  std::size_t origin_keys_max = 500;  // in one call
  milliseconds origin_timeout{2'000};
  // A lease lasts three times the origin's slow calls (p99), within these.
  milliseconds lease_min{250};
  milliseconds lease_max{5'000};

  std::size_t flights_max = 100'000;  // keys being fetched at once; more are answered "not known"
  std::size_t asks_max = 16'384;      // per port: keys asked for and not yet looked at by the cache's thread
  // After a lost connection values are taken for stale at a random time within this.
  milliseconds doubt_spread{10'000};

  std::uint64_t seed = 0;  // of all random times
  // For tests and benchmarks: what would happen without.
  bool leases = true;
  bool single_flight = true;
};

}  // namespace bidwell::cache
