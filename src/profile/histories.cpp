#include "bidwell/profile/histories.h"

namespace bidwell::profile {

cache::ClassOptions history_class() {
  cache::ClassOptions cls;
  cls.name = "history";
  cls.prefix = "bidwell:history:";
  cls.soft_ttl = std::chrono::seconds(5);
  cls.hard_ttl = std::chrono::seconds(10);
  cls.negative_ttl = std::chrono::seconds(5);  // read again after half of it
  cls.wait_for_origin = true;                  // a table in memory, where there is one at all
  cls.hot_uses = 0;                            // read when somebody asks: who has gone is not read again
  return cls;
}

Histories::Seen::Seen(Histories& histories, const std::optional<cache::Key>& user, cache::Time now)
    : pin_(histories.port_.pin()) {
  if (!user) return;
  const cache::Found found = histories.port_.find(pin_, {kHistoryClass, *user}, now);
  missed_ = found.kind == cache::Found::Kind::miss;
  if (!missed_) history_ = History::of(found.bytes);
}

}  // namespace bidwell::profile
