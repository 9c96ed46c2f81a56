// The places where profiles stand, as they are configured: what the commands that look at them share.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/ops/config.h"
#include "bidwell/profile/place.h"
#include "bidwell/profile/user_key.h"

namespace bidwell::apps {

profile::KeyMaker key_maker(const ops::Config& config);

// `place`: "file", "redis" or "postgres".
bool is_configured(const ops::Config& config, std::string_view place);

// In the order in which they are written: Redis last, as the cache fills it from the others.
std::vector<std::string> configured_places(const ops::Config& config);

// Throws std::runtime_error where it cannot be reached.
std::unique_ptr<profile::Place> open_place(const ops::Config& config, std::string_view place);

// Where it stands what users were shown; null without Redis: in the memory of the bidder.
std::unique_ptr<profile::Place> history_place(const ops::Config& config);

// What one place has to say.
struct Answer {
  std::string place, state, note, profile;
  bool found = false;
  bool failed = false;  // it cannot be asked; the note says why
};

// Never throws, as another place may know more.
Answer ask_place(const ops::Config& config, const std::string& place, const cache::Key& key);

}  // namespace bidwell::apps
