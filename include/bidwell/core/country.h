// Countries as numbers. OpenRTB asks for ISO 3166-1 alpha-3, exchanges also send alpha-2.
#pragma once

#include <cstdint>
#include <string_view>

namespace bidwell {

// 0: not a country's code.
using CountryCode = std::uint16_t;
CountryCode country_code(std::string_view text) noexcept;

}  // namespace bidwell
