// What is known of a request's user: the key, the look-up in the cache, the decoded profile. One per worker.
#pragma once

#include <optional>
#include <string_view>

#include "bidwell/cache/tiered.h"
#include "bidwell/core/counter.h"
#include "bidwell/openrtb/request.h"
#include "bidwell/profile/profile.h"
#include "bidwell/profile/user_key.h"

namespace bidwell::profile {

// The class of profiles in the cache.
inline constexpr cache::ClassId kProfileClass = 0;

// Every request ends in one of these.
struct alignas(64) ProfileCounters {
  Counter without_user;  // requests that name nobody, or may not
  Counter known;         // a profile was there
  Counter unknown;       // known not to exist
  Counter not_known;     // nothing in time: the non-answer
  Counter undecodable;   // taken as nothing
};

class Profiles {
 public:
  // Both must outlive it. `port` belongs to the worker.
  Profiles(const KeyMaker& keys, cache::Port& port) : keys_(keys), port_(port) {}

  // A user's slot in the cache; nothing for nobody. The request must have been scrubbed (openrtb/privacy.h).
  std::optional<cache::Slot> slot_of(const openrtb::BidRequest& request, std::string_view exchange);

  // The look-up and what it found: `profile` is empty where nothing is known. Keeps the worker's pin: short-lived, one
  // at a time.
  class Known {
   public:
    const Profile& profile() const noexcept { return profile_; }
    bool missed() const noexcept { return missed_; }  // may be there in a moment: worth a wait

   private:
    friend class Profiles;
    Known(Profiles& profiles, const std::optional<cache::Slot>& slot, cache::Time now);
    cache::Port::Pin pin_;
    Profile profile_;
    bool missed_ = false;
  };
  Known find(const std::optional<cache::Slot>& slot, cache::Time now) { return Known(*this, slot, now); }

  // After a miss, the one or the other: as cache::Port.
  void fetch(const cache::Slot& slot);
  bool wait(const cache::Slot& slot, std::uint64_t ticket);
  cache::Duration wait_max() const noexcept { return port_.wait_max(kProfileClass); }
  // `found`: the look-up after the wait did not miss again.
  void count_wait_ended(bool found) noexcept;

  const ProfileCounters& counters() const noexcept { return counters_; }

 private:
  const KeyMaker& keys_;
  cache::Port& port_;
  ProfileCounters counters_;
};

}  // namespace bidwell::profile
