// Writes profiles, and checks written ones once so that reading them needs no checks.
#include "bidwell/profile/profile.h"

#include <algorithm>
#include <limits>

namespace bidwell::profile {
namespace {

constexpr unsigned char kFormat = 1;
enum Kind : unsigned char { kSegments = 1, kAttributes = 2, kHistory = 3 };

void append_varint(std::string& out, std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void append_fixed64(std::string& out, std::uint64_t value) {
  for (unsigned i = 0; i < 8; ++i) out.push_back(static_cast<char>(value >> 8 * i));
}

void append_section(std::string& out, Kind kind, std::size_t count, std::string_view items) {
  if (count == 0) return;
  std::string head;
  append_varint(head, static_cast<std::uint32_t>(count));
  out.push_back(static_cast<char>(kind));
  append_varint(out, static_cast<std::uint32_t>(head.size() + items.size()));
  out.append(head).append(items);
}

std::string_view name_of(std::string_view attribute) {
  return attribute.substr(0, attribute.find('='));
}

// Whether it is "name=value".
bool named(std::string_view attribute) {
  const std::size_t equals = attribute.find('=');
  return equals != 0 && equals != std::string_view::npos;
}

// Sorts by what `key` says, and keeps the last of equal ones.
template <class T, class KeyOf>
void sort_keep_last(std::vector<T>& list, KeyOf key) {
  std::reverse(list.begin(), list.end());
  std::stable_sort(list.begin(), list.end(), [&](const T& a, const T& b) { return key(a) < key(b); });
  const auto same = [&](const T& a, const T& b) { return key(a) == key(b); };
  list.erase(std::unique(list.begin(), list.end(), same), list.end());
}

}  // namespace

std::string encode(Contents contents) {
  std::string out(1, static_cast<char>(kFormat)), items;
  std::sort(contents.segments.begin(), contents.segments.end());
  contents.segments.erase(std::unique(contents.segments.begin(), contents.segments.end()), contents.segments.end());
  std::uint32_t before = 0;
  for (const std::uint32_t id : contents.segments) {
    append_varint(items, id - before);
    before = id;
  }
  append_section(out, kSegments, contents.segments.size(), items);

  items.clear();
  std::erase_if(contents.attributes, [](const std::string& attribute) { return !named(attribute); });
  sort_keep_last(contents.attributes, [](const std::string& attribute) { return name_of(attribute); });
  for (const std::string& attribute : contents.attributes) {
    append_varint(items, static_cast<std::uint32_t>(attribute.size()));
    items.append(attribute);
  }
  append_section(out, kAttributes, contents.attributes.size(), items);

  items.clear();
  sort_keep_last(contents.history, [](const Shown& shown) { return shown.subject; });
  for (const Shown& shown : contents.history) {
    append_fixed64(items, shown.subject);
    append_varint(items, shown.times);
    append_varint(items, shown.last_minute);
  }
  append_section(out, kHistory, contents.history.size(), items);
  return out;
}

// Walks with every check; false at the first fault.
struct Profile::Checker {
  const char* at;
  const char* end;

  std::size_t left() const noexcept { return static_cast<std::size_t>(end - at); }

  bool varint(std::uint32_t& value) noexcept {
    value = 0;
    for (unsigned shift = 0; shift < 35 && at != end; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at++);
      if (shift == 28 && byte > 0x0f) return false;  // more than 32 bits
      value |= static_cast<std::uint32_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return byte != 0 || shift == 0;
    }
    return false;
  }

  bool segments(std::uint32_t count) noexcept {
    std::uint32_t id = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      std::uint32_t distance;
      if (!varint(distance) || distance > std::numeric_limits<std::uint32_t>::max() - id) return false;
      if (i != 0 && distance == 0) return false;
      id += distance;
    }
    return true;
  }

  bool attributes(std::uint32_t count) noexcept {
    std::string_view before;
    for (std::uint32_t i = 0; i < count; ++i) {
      std::uint32_t size;
      if (!varint(size) || size > left()) return false;
      const std::string_view attribute(at, size);
      if (!named(attribute) || name_of(attribute) <= before) return false;
      before = name_of(attribute);
      at += size;
    }
    return true;
  }

  bool history(std::uint32_t count) noexcept {
    std::uint64_t before = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (left() < 8) return false;
      const std::uint64_t subject = fixed64(at);
      std::uint32_t times, last_minute;
      if (i != 0 && subject <= before) return false;
      if (!varint(times) || !varint(last_minute)) return false;
      before = subject;
    }
    return true;
  }

  // A whole section, which ends where `end` is.
  bool section(unsigned char kind, Section& out) noexcept {
    if (!varint(out.count) || out.count == 0) return false;
    out.at = at;
    const bool good = kind == kSegments     ? segments(out.count)
                      : kind == kAttributes ? attributes(out.count)
                                            : history(out.count);
    return good && at == end;
  }
};

std::optional<Profile> Profile::parse(std::string_view bytes) noexcept {
  if (bytes.empty() || bytes.size() > kBytesMax) return std::nullopt;
  if (static_cast<unsigned char>(bytes[0]) != kFormat) return std::nullopt;
  Profile profile;
  Checker all{bytes.data() + 1, bytes.data() + bytes.size()};
  unsigned char before = 0;
  while (all.at != all.end) {
    const auto kind = static_cast<unsigned char>(*all.at++);
    std::uint32_t size;
    if (kind <= before || !all.varint(size) || size > all.left()) return std::nullopt;
    before = kind;
    Checker inside{all.at, all.at + size};
    all.at += size;
    Section* known = kind == kSegments     ? &profile.segments_
                     : kind == kAttributes ? &profile.attributes_
                     : kind == kHistory    ? &profile.history_
                                           : nullptr;
    if (known != nullptr && !inside.section(kind, *known)) return std::nullopt;
  }
  return profile;
}

std::string_view Profile::attribute(std::string_view name) const noexcept {
  std::string_view value;
  each_attribute([&](std::string_view attribute) {
    if (name_of(attribute) == name) value = attribute.substr(name.size() + 1);
  });
  return value;
}

}  // namespace bidwell::profile
