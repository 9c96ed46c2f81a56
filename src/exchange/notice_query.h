// The parameters of a notice: of its URL's query and, where they are not there, of a form in the body.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "bidwell/exchange/price.h"

namespace bidwell::exchange {

// One parameter's value, percent-decoded; '+' stays, since base64 has it.
class NoticeParameter {
 public:
  // Longer than any that means something: an encrypted price has 38 characters.
  static constexpr std::size_t kBytesMax = 64;

  // empty: it is not there, or has no value.
  MacroState state() const noexcept { return state_; }
  // Empty for a value that is too long: so it is none that makes sense.
  std::string_view text() const noexcept { return {text_.data(), size_}; }

  void set(std::string_view encoded) noexcept;
  bool given() const noexcept { return given_; }

 private:
  std::array<char, kBytesMax> text_;
  std::uint8_t size_ = 0;
  bool given_ = false;
  MacroState state_ = MacroState::empty;
};

struct NoticeQuery {
  NoticeParameter price;       // p
  NoticeParameter currency;    // c
  NoticeParameter min_to_win;  // m
  NoticeParameter loss;        // l
  NoticeParameter redirect;    // r

  // "p=1.25&c=USD". Of a parameter that comes twice the first counts, over several calls.
  void add(std::string_view form) noexcept;

  // A test rendering (OpenRTB 2.6, section 4.4).
  bool audit() const noexcept;
};

// Whether a request's body may be such a form: one begins with a name. (Some exchanges send JSON along.)
bool looks_like_form(std::string_view body) noexcept;

}  // namespace bidwell::exchange
