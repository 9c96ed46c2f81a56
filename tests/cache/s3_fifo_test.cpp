// S3-FIFO against a model of it that is written down plainly, step by step.
#include "cache/s3_fifo.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <random>

#include "bidwell/core/hash.h"

namespace bidwell::cache {
namespace {

struct Thing : Node {
  std::uint64_t name = 0;
  bool dead = false;
};

bool is_dead(const Node& node, Time) {
  return static_cast<const Thing&>(node).dead;
}

// Newest at the back.
class Model {
 public:
  explicit Model(unsigned promote_uses) : promote_uses_(promote_uses) {}

  void add(std::uint64_t name, std::uint32_t size) {
    const auto ghost = std::find(ghosts_.begin(), ghosts_.end(), name);
    Items& queue = ghost == ghosts_.end() ? small_ : main_;
    if (ghost != ghosts_.end()) ghosts_.erase(ghost);
    queue.push_back({name, size, 0, false});
  }
  void use(std::uint64_t name) {
    unsigned& uses = item(name).uses;
    uses = std::min(uses + 1, 3u);
  }
  void resize(std::uint64_t name, std::uint32_t size) {
    item(name).size = size;
    item(name).dead = false;
  }
  void kill(std::uint64_t name) { item(name).dead = true; }
  void remove(std::uint64_t name) {
    for (Items* queue : {&small_, &main_}) {
      std::erase_if(*queue, [&](const Item& i) { return i.name == name; });
    }
  }

  std::uint64_t evict() {
    for (Items* queue : {&small_, &main_}) {
      for (std::size_t i = 0; i < std::min<std::size_t>(8, queue->size()); ++i) {
        if ((*queue)[i].dead) return take(*queue, i).name;
      }
    }
    while (!small_.empty() && (bytes(small_) > 0.25 * (bytes(small_) + bytes(main_)) || main_.empty())) {
      Item oldest = take(small_, 0);
      if (oldest.uses < promote_uses_) {
        ghosts_.push_back(oldest.name);
        if (ghosts_.size() > 16) ghosts_.pop_front();
        return oldest.name;
      }
      oldest.uses = 0;
      main_.push_back(oldest);
    }
    for (;;) {
      Item oldest = take(main_, 0);
      if (oldest.uses == 0) return oldest.name;
      --oldest.uses;
      main_.push_back(oldest);
    }
  }

 private:
  struct Item {
    std::uint64_t name;
    std::uint32_t size;
    unsigned uses;
    bool dead;
  };
  using Items = std::deque<Item>;

  static Item take(Items& queue, std::size_t at) {
    const Item item = queue[at];
    queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(at));
    return item;
  }
  static double bytes(const Items& queue) {
    double sum = 0;
    for (const Item& item : queue) sum += item.size;
    return sum;
  }
  Item& item(std::uint64_t name) {
    for (Items* queue : {&small_, &main_}) {
      for (Item& item : *queue) {
        if (item.name == name) return item;
      }
    }
    throw std::logic_error("not there");
  }

  const unsigned promote_uses_;
  Items small_, main_;
  std::deque<std::uint64_t> ghosts_;
};

class AgainstTheModel : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(PromoteUses, AgainstTheModel, testing::Values(1, 2, 3));

// With at most 16 values, the ghost's one bucket is an exact queue.
TEST_P(AgainstTheModel, EvictsTheSame) {
  S3Fifo policy(0.25, GetParam());
  Model model(GetParam());
  std::map<std::uint64_t, std::unique_ptr<Thing>> things;
  std::mt19937_64 random(GetParam());
  std::uint64_t evicted_alive = 0;
  for (int i = 0; i < 200'000; ++i) {
    // Small numbers are asked for more often.
    const std::uint64_t name = random() % (1 + random() % 60);
    const auto size = static_cast<std::uint32_t>(1 + random() % 9);
    auto& thing = things[name];
    switch (thing == nullptr ? 0 : 1 + random() % 16) {
      case 0: {
        things.erase(name);
        while (things.size() >= 16) {
          const Evicted evicted = policy.evict(is_dead, Time());
          ASSERT_NE(evicted.node, nullptr);
          const auto& victim = static_cast<const Thing&>(*evicted.node);
          ASSERT_EQ(victim.name, model.evict()) << "step " << i;
          ASSERT_TRUE(victim.dead || evicted.from != Evicted::From::dead);
          evicted_alive += !victim.dead;
          things.erase(victim.name);
        }
        auto fresh = std::make_unique<Thing>();
        fresh->name = name;
        fresh->hash = mix(name, 3);
        fresh->charge = size;
        policy.add(*fresh);
        model.add(name, size);
        things[name] = std::move(fresh);
        break;
      }
      case 1: {
        auto by = std::make_unique<Thing>();
        by->name = name;
        by->hash = thing->hash;
        by->charge = size;
        policy.replace(*thing, *by);
        model.resize(name, size);
        thing = std::move(by);
        break;
      }
      case 2:
        policy.remove(*thing);
        model.remove(name);
        things.erase(name);
        break;
      case 3:
        thing->dead = true;
        model.kill(name);
        break;
      default: policy.use(*thing); model.use(name);
    }
  }
  EXPECT_GT(evicted_alive, 10'000u);
  EXPECT_GT(policy.ghost_hits(), 1'000u);
}

TEST(S3Fifo, EmptyEvictsNothing) {
  S3Fifo policy(0.1, 1);
  EXPECT_EQ(policy.evict(never_dead, Time()).node, nullptr);
}

}  // namespace
}  // namespace bidwell::cache
