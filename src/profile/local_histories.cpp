// A table of histories, and a list of its users in the order in which they were last shown something.
#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <list>
#include <mutex>
#include <utility>

#include "bidwell/profile/histories.h"

namespace bidwell::profile {

struct LocalHistories::Impl {
  explicit Impl(std::size_t max) : users_max(std::max<std::size_t>(1, max)) {}

  struct User {
    cache::Slot slot;
    std::string shows;
  };
  using Users = std::list<User>;

  const std::size_t users_max;
  std::mutex mutex;
  // Guarded by mutex.
  Users users;  // the one who was shown something last comes first
  boost::unordered_flat_map<cache::Slot, Users::iterator> by_slot;
};

LocalHistories::LocalHistories(std::size_t users_max) : impl_(std::make_unique<Impl>(users_max)) {}
LocalHistories::~LocalHistories() = default;

void LocalHistories::load(std::vector<cache::Slot> slots, std::function<void(std::vector<cache::Loaded>)> done) {
  std::vector<cache::Loaded> loaded(slots.size());
  {
    const std::lock_guard lock(impl_->mutex);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const auto at = impl_->by_slot.find(slots[i]);
      if (at != impl_->by_slot.end()) loaded[i] = {true, at->second->shows};
    }
  }
  done(std::move(loaded));
}

bool LocalHistories::add(const cache::Key& user, const Show& show, std::string& history) {
  char record[kShowBytes];
  encode(show, record);
  const cache::Slot slot{kHistoryClass, user};
  Impl& impl = *impl_;
  const std::lock_guard lock(impl.mutex);

  const auto [place, is_new] = impl.by_slot.try_emplace(slot);
  if (is_new) {
    impl.users.push_front({slot, {}});
    place->second = impl.users.begin();
  }
  const Impl::Users::iterator at = place->second;
  impl.users.splice(impl.users.begin(), impl.users, at);
  if (impl.users.size() > impl.users_max) {
    impl.by_slot.erase(impl.users.back().slot);
    impl.users.pop_back();
  }

  std::string& shows = at->shows;
  bool repeat = false;
  for (std::size_t i = 0; i < shows.size(); i += kShowBytes) {
    repeat = repeat || shows.compare(i, kShowIdBytes, record, kShowIdBytes) == 0;
  }
  if (!repeat) {
    if (shows.size() == kShowsMax * kShowBytes) shows.erase(0, kShowBytes);
    shows.append(record, kShowBytes);
  }
  history = shows;
  return !repeat;
}

}  // namespace bidwell::profile
