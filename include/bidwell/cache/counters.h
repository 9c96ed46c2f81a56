// What the cache counts, by class of values. Each block is written by one thread and readable from any.
#pragma once

#include "bidwell/core/counter.h"
#include "bidwell/core/histogram.h"

namespace bidwell::cache {

// Of one class, by one port: what look-ups met. A request that waits looks twice.
struct alignas(64) PortCounters {
  Counter hits;          // younger than the soft TTL
  Counter stale;         // served past it
  Counter negative;      // known not to exist
  Counter misses;        // not there, or past the hard TTL
  Counter waits;         // misses that waited
  Counter wait_hits;     // of those, answered in time
  Counter non_answers;   // misses that went on without: optimistic ones, and waits that brought nothing
  Counter dropped_asks;  // the way to the cache's thread was full
  Histogram age_ms;      // of what was served
};

// Of one class, by the cache's thread: what it did about it.
struct alignas(64) LoopCounters {
  Counter asks;    // from the ports
  Counter joined;  // found the same key being fetched already: single flight
  Counter waiters_released;
  Counter flights_refused;  // past flights_max

  Counter store_hits, store_stale, store_negative, store_misses, store_nonsense;
  Counter store_failures;  // reads that the store did not answer
  Counter leases_won, leases_busy, leases_newer, leases_failed;
  Counter lease_waits;  // came back after a busy lease: by its announcement or its end
  Counter commits, commits_rejected, commits_failed;

  Counter origin_calls_miss;  // batches, by what caused them (the first of its keys)
  Counter origin_calls_refresh;
  Counter origin_keys, origin_found, origin_failures, origin_timeouts;
  Counter origin_throttled;  // keys not asked for: over origin_keys_per_s, or soon after it failed

  Counter refreshes_refused;                 // not scheduled: too many are
  Counter refreshes_due, refreshes_started;  // by the refresher; the difference had changed meanwhile
  Counter invalidations;                     // announced by anybody
  Counter changes;                           // noticed by CLIENT TRACKING
  Counter doubts;                            // times that announcements may have been missed
  Counter overtaken;                         // fills that an invalidation overtook

  Histogram read_batch_keys;
  Histogram origin_batch_keys;
  Histogram origin_us;
  Histogram refresh_lag_ms;  // started this long after it was due
  Histogram invalidation_lag_ms;
};

}  // namespace bidwell::cache
