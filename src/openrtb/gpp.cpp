// Reads as much of a GPP string as tells whether a US user opted out. A GPP string is sections
// joined by '~'; the first is a header that lists the others' ids, Fibonacci-coded in base64url.
#include <array>
#include <optional>

#include "bidwell/openrtb/privacy.h"

namespace bidwell::openrtb {
namespace {

// Bits of base64url text, six a character.
class Bits {
 public:
  explicit Bits(std::string_view text) : text_(text) {}

  // -1 past the end or at a character that is not base64url.
  int next() noexcept {
    const std::size_t index = at_ / 6;
    if (index >= text_.size()) return -1;
    const int value = value_of(text_[index]);
    if (value < 0) return -1;
    const int bit = value >> (5 - at_ % 6) & 1;
    ++at_;
    return bit;
  }

  int number(int bits) noexcept {
    int value = 0;
    for (int i = 0; i < bits; ++i) {
      const int bit = next();
      if (bit < 0) return -1;
      value = value << 1 | bit;
    }
    return value;
  }

  // Fibonacci code: a bit for each Fibonacci number 1, 2, 3, 5, ... ending in two ones.
  int fibonacci() noexcept {
    int a = 1, b = 2, sum = 0, previous = 0;
    for (int i = 0; i < 20; ++i) {
      const int bit = next();
      if (bit < 0) return -1;
      if (bit == 1 && previous == 1) return sum;
      if (bit == 1) sum += a;
      previous = bit;
      const int c = a + b;
      a = b;
      b = c;
    }
    return -1;
  }

  void skip(std::size_t bits) noexcept { at_ += bits; }

 private:
  static int value_of(char c) noexcept {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '-' || c == '+') return 62;
    if (c == '_' || c == '/') return 63;
    return -1;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

constexpr int kFirstUsSection = 6, kLastUsSection = 12;

// Where a section's opt-out fields stand: two bits each, 1 = opted out.
struct UsSection {
  int id;
  std::array<int, 3> opt_out_at;  // bit offsets; 0 = no such field
};
constexpr UsSection kUsSections[] = {
    {7, {18, 20, 22}},  // usnat: sale, sharing, targeted advertising
    {8, {12, 14, 0}},   // usca: sale, sharing
    {9, {12, 14, 0}},   // usva: sale, targeted advertising
    {10, {12, 14, 0}},  // usco
    {11, {14, 16, 0}},  // usut
    {12, {12, 14, 0}},  // usct
};

// 1 yes, 0 no, -1 unreadable.
int section_opts_out(int id, std::string_view section) {
  if (id == 6) {  // uspv1: the CCPA string as it stands
    if (section.size() < 3) return -1;
    return section[2] == 'Y' || section[2] == 'y';
  }
  const std::size_t dot = section.find('.');
  const std::string_view core = section.substr(0, dot);
  for (const UsSection& known : kUsSections) {
    if (known.id != id) continue;
    for (const int at : known.opt_out_at) {
      if (at == 0) continue;
      Bits bits(core);
      bits.skip(static_cast<std::size_t>(at));
      const int value = bits.number(2);
      if (value < 0) return -1;
      if (value == 1) return 1;
    }
  }
  // The optional subsection of type 1 is Global Privacy Control.
  if (dot != std::string_view::npos) {
    Bits bits(section.substr(dot + 1));
    if (bits.number(2) == 1 && bits.next() == 1) return 1;
  }
  return 0;
}

bool applies(int id, std::span<const std::int32_t> sections) {
  if (sections.empty()) return true;
  for (const std::int32_t section : sections) {
    if (section == id) return true;
  }
  return false;
}

bool is_us(std::int32_t section) {
  return section >= kFirstUsSection && section <= kLastUsSection;
}

// The US sections among `sections`, as a bit for each id.
unsigned us_sections(std::span<const std::int32_t> sections) {
  unsigned set = 0;
  for (const std::int32_t section : sections) {
    if (is_us(section)) set |= 1u << section;
  }
  return set;
}

}  // namespace

bool gpp_opts_out(std::string_view gpp, std::span<const std::int32_t> sections) noexcept {
  // The US sections that must be read, for they were named.
  unsigned awaited = us_sections(sections);
  const auto unreadable = [&] { return awaited != 0; };
  std::size_t tilde = gpp.find('~');
  Bits header(gpp.substr(0, tilde));
  if (header.number(6) != 3) return unreadable();  // the header's own type
  if (header.number(6) < 0) return unreadable();   // version
  const int entries = header.number(12);
  if (entries < 0) return unreadable();

  int id = 0;
  for (int entry = 0; entry < entries; ++entry) {
    const int is_range = header.next();
    const int step = header.fibonacci();
    if (is_range < 0 || step < 0) return unreadable();
    int last = id + step;
    if (is_range == 1) {
      const int length = header.fibonacci();
      if (length < 0) return unreadable();
      id += step;
      last = id + length;
    } else {
      id = last;
    }
    for (; id <= last; ++id) {
      const bool counts = is_us(id) && applies(id, sections);
      if (tilde == std::string_view::npos) return counts || unreadable();
      const std::size_t start = tilde + 1;
      tilde = gpp.find('~', start);
      const std::string_view section =
          gpp.substr(start, tilde == std::string_view::npos ? std::string_view::npos : tilde - start);
      if (!counts) continue;
      if (section_opts_out(id, section) != 0) return true;
      awaited &= ~(1u << id);
    }
    id = last;
  }
  return unreadable();
}

}  // namespace bidwell::openrtb
