// What there is to look up in a captured request.
#include "bidwell/replay/request.h"

#include <algorithm>

#include "bidwell/core/text.h"

namespace bidwell::replay {

const std::string* header_of(const std::vector<Header>& headers, std::string_view name) noexcept {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const Header& header) { return ascii_iequal(header.name, name); });
  return found == headers.end() ? nullptr : &found->value;
}

}  // namespace bidwell::replay
