// Takes a query apart, without a copy of what nobody asks for.
#include "exchange/notice_query.h"

#include <algorithm>

namespace bidwell::exchange {
namespace {

// -1: not a hexadecimal digit.
int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void NoticeParameter::set(std::string_view encoded) noexcept {
  given_ = true;
  std::size_t size = 0;
  for (std::size_t i = 0; i < encoded.size(); ++i, ++size) {
    if (size == kBytesMax) {
      size_ = 0;
      state_ = MacroState::value;
      return;
    }
    char c = encoded[i];
    if (c == '%' && encoded.size() - i > 2) {
      const int high = hex_value(encoded[i + 1]), low = hex_value(encoded[i + 2]);
      if (high >= 0 && low >= 0) {
        c = static_cast<char>(high << 4 | low);
        i += 2;
      }
    }
    text_[size] = c;
  }
  size_ = static_cast<std::uint8_t>(size);
  state_ = state_of(text());
}

void NoticeQuery::add(std::string_view form) noexcept {
  while (!form.empty()) {
    const std::size_t end = std::min(form.find('&'), form.size());
    const std::string_view pair = form.substr(0, end);
    form.remove_prefix(std::min(end + 1, form.size()));
    if (pair.size() < 2 || pair[1] != '=') continue;
    NoticeParameter* parameter = nullptr;
    switch (pair[0]) {
      case 'p': parameter = &price; break;
      case 'c': parameter = &currency; break;
      case 'm': parameter = &min_to_win; break;
      case 'l': parameter = &loss; break;
      case 'r': parameter = &redirect; break;
      default: continue;
    }
    if (!parameter->given()) parameter->set(pair.substr(2));
  }
}

bool NoticeQuery::audit() const noexcept {
  return std::ranges::any_of(std::array{&price, &currency, &min_to_win, &loss},
                             [](const NoticeParameter* p) { return p->state() == MacroState::audit; });
}

bool looks_like_form(std::string_view body) noexcept {
  return !body.empty() && ((body[0] >= 'a' && body[0] <= 'z') || (body[0] >= 'A' && body[0] <= 'Z'));
}

}  // namespace bidwell::exchange
