// Where values come from in the end: slow, asked for many keys at once, never on a request's path.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bidwell/cache/slot.h"

namespace bidwell::cache {

struct Loaded {
  bool found = false;  // not found is an answer too
  std::string bytes;
};

class Origin {
 public:
  virtual ~Origin() = default;

  // `done` gets one Loaded for each slot, in order, or an empty list when the origin could not be asked. It may be
  // called from any thread, once, also inside this call; late is allowed: after the cache's own timeout it is ignored.
  // Must not block the caller for longer than a look-up in memory takes.
  virtual void load(std::vector<Slot> slots, std::function<void(std::vector<Loaded>)> done) = 0;
};

}  // namespace bidwell::cache
