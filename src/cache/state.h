// What an entry is worth at a time.
#pragma once

#include "bidwell/cache/l1.h"
#include "bidwell/cache/tiered.h"

namespace bidwell::cache {

// Announcements may have been missed: what was loaded before `since` is stale from a time within `spread` after
// `begun`, another for each key. Everything else keeps its own time. A doubt that comes while another is running does
// not put that off: `begun` is the first one's.
struct Doubt {
  Time since{}, begun{};
  Duration spread{};
};

inline Time soft_of(const Entry& entry, const Doubt& doubt) noexcept {
  const Time soft{Duration(entry.soft.load(std::memory_order_relaxed))};
  if (entry.loaded >= doubt.since) return soft;
  const Duration wait = doubt.spread / 1024 * static_cast<Duration::rep>(entry.slot.key.low % 1024);
  return std::min(soft, doubt.begun + wait);
}

inline Found::Kind state_of(const Entry& entry, const Doubt& doubt, Time now) noexcept {
  if (now >= entry.hard) return Found::Kind::miss;
  if (entry.negative) return Found::Kind::negative;
  return now < soft_of(entry, doubt) ? Found::Kind::hit : Found::Kind::stale;
}

}  // namespace bidwell::cache
