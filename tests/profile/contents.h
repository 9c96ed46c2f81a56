// Profiles for tests: random ones, and what is read of one.
#pragma once

#include <map>
#include <random>
#include <set>
#include <string>

#include "bidwell/profile/profile.h"

namespace bidwell::profile::testing {

inline Contents contents_of(const Profile& profile) {
  Contents contents;
  profile.each_segment([&](std::uint32_t id) { contents.segments.push_back(id); });
  profile.each_attribute([&](std::string_view attribute) { contents.attributes.emplace_back(attribute); });
  profile.each_shown([&](const Shown& shown) { contents.history.push_back(shown); });
  return contents;
}

// What encode() is to make of them, the slow way.
inline Contents tidy(const Contents& contents) {
  const std::set<std::uint32_t> segments(contents.segments.begin(), contents.segments.end());
  std::map<std::string, std::string> attributes;
  for (const std::string& attribute : contents.attributes) {
    const std::size_t equals = attribute.find('=');
    attributes[attribute.substr(0, equals)] = attribute.substr(equals);
  }
  std::map<std::uint64_t, Shown> history;
  for (const Shown& shown : contents.history) history[shown.subject] = shown;

  Contents out{{segments.begin(), segments.end()}, {}, {}};
  for (const auto& [name, rest] : attributes) out.attributes.push_back(name + rest);
  for (const auto& [subject, shown] : history) out.history.push_back(shown);
  return out;
}

// Not sorted, with repeats, and with integers of every length.
inline Contents random_contents(std::mt19937_64& random) {
  const auto integer = [&] { return static_cast<std::uint32_t>(random()) >> random() % 32; };
  const auto word = [&](std::size_t most) {
    std::string text;
    for (auto n = 1 + random() % most; n > 0; --n) text.push_back(static_cast<char>('a' + random() % 4));
    return text;
  };
  Contents contents;
  for (auto n = random() % 40; n > 0; --n) contents.segments.push_back(integer());
  for (auto n = random() % 6; n > 0; --n) contents.attributes.push_back(word(2) + "=" + (n % 2 ? word(200) : ""));
  for (auto n = random() % 6; n > 0; --n) contents.history.push_back({random() % 8, integer(), integer()});
  return contents;
}

}  // namespace bidwell::profile::testing
