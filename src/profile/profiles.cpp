#include "bidwell/profile/profiles.h"

namespace bidwell::profile {

std::optional<cache::Slot> Profiles::slot_of(const openrtb::BidRequest& request, std::string_view exchange) {
  const std::optional<cache::Key> key = keys_.key_of(request, exchange);
  if (key) return cache::Slot{kProfileClass, *key};
  counters_.without_user.add();
  return std::nullopt;
}

Profiles::Known::Known(Profiles& profiles, const std::optional<cache::Slot>& slot, cache::Time now)
    : pin_(profiles.port_.pin()) {
  if (!slot) return;
  const cache::Found found = profiles.port_.find(pin_, *slot, now);
  ProfileCounters& counters = profiles.counters_;
  switch (found.kind) {
    case cache::Found::Kind::miss: missed_ = true; return;
    case cache::Found::Kind::negative: counters.unknown.add(); return;
    case cache::Found::Kind::hit:
    case cache::Found::Kind::stale:
      if (const std::optional<Profile> profile = Profile::parse(found.bytes)) {
        profile_ = *profile;
        counters.known.add();
      } else {
        counters.undecodable.add();
      }
  }
}

void Profiles::fetch(const cache::Slot& slot) {
  counters_.not_known.add();
  port_.fetch(slot);
}

bool Profiles::wait(const cache::Slot& slot, std::uint64_t ticket) {
  if (port_.wait(slot, ticket)) return true;
  counters_.not_known.add();
  return false;
}

void Profiles::count_wait_ended(bool found) noexcept {
  if (!found) counters_.not_known.add();
  port_.count_wait_ended(kProfileClass, found);
}

}  // namespace bidwell::profile
