// One worker's profiles over a cache of its own, whose origin answers when the test says so.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bidwell/cache/tiered.h"
#include "bidwell/profile/profiles.h"

namespace bidwell::exchange::testing {

class HeldOrigin final : public cache::Origin {
 public:
  void load(std::vector<cache::Slot> slots, std::function<void(std::vector<cache::Loaded>)> done) override {
    const std::lock_guard lock(mutex_);
    calls_.push_back({slots.size(), std::move(done)});
    changed_.notify_all();
  }

  // Waits for the next call and answers each of its keys alike.
  void answer(const cache::Loaded& loaded) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(30), [&] { return !calls_.empty(); })) {
      ADD_FAILURE() << "nobody asked the origin";
      return;
    }
    auto [count, done] = std::move(calls_.front());
    calls_.pop_front();
    lock.unlock();
    done(std::vector<cache::Loaded>(count, loaded));
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<std::size_t, std::function<void(std::vector<cache::Loaded>)>>> calls_;
};

inline cache::Loaded profile_of(profile::Contents contents) {
  return {true, profile::encode(std::move(contents))};
}

class KnownUsers {
 public:
  // `wake`: the port has answered tickets, on the cache's thread; null: the test asks for them by next_ticket().
  explicit KnownUsers(std::chrono::milliseconds wait, std::size_t asks_max = 64, std::function<void()> wake = nullptr)
      : tiered(options(wait, asks_max), nullptr, &origin),
        keys({*profile::parse_identifier("buyeruid")}, profile::make_secret("a test's")),
        port(tiered.make_port(wake ? std::move(wake) : [this] { woken(); })),
        profiles(keys, *port) {}

  // Waits for it.
  std::uint64_t next_ticket() {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (const std::uint64_t ticket = port->next_answered(); ticket != 0) return ticket;
      if (!changed_.wait_for(lock, std::chrono::seconds(30), [&] { return std::exchange(woken_, false); })) {
        ADD_FAILURE() << "no ticket came back";
        return 0;
      }
    }
  }

  // Waits until so many values are there.
  void becomes(std::size_t entries) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (tiered.l1_stats().entries != entries) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::yield();
    }
  }

  const cache::PortCounters& counted() const { return port->counters(profile::kProfileClass); }

  HeldOrigin origin;
  cache::Tiered tiered;
  profile::KeyMaker keys;

 private:
  static cache::Options options(std::chrono::milliseconds wait, std::size_t asks_max) {
    cache::Options options;
    options.classes.resize(1);
    options.classes[0].name = "profiles";
    options.classes[0].wait = wait;
    options.classes[0].wait_for_origin = true;
    options.l1.bytes_max = 16 << 20;
    options.asks_max = asks_max;
    options.origin_timeout = std::chrono::minutes(1);
    return options;
  }
  void woken() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;

 public:
  std::unique_ptr<cache::Port> port;
  profile::Profiles profiles;
};

}  // namespace bidwell::exchange::testing
