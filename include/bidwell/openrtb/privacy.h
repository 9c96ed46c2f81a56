// Privacy comes first: what the law or the user forbids is removed from a request before anything looks at it.
#pragma once

#include <cstdint>
#include <string_view>

#include "bidwell/openrtb/request.h"

namespace bidwell::openrtb {

enum class PrivacyBasis : std::uint8_t {
  none,              // nothing was removed
  coppa,             // regs.coppa = 1
  gdpr,              // regs.gdpr = 1 and no consent string
  us_privacy,        // opted out of sale by the CCPA string's third character
  gpp,               // opted out by a US section of the GPP string, or that section cannot be read
  limit_ad_tracking  // device.lmt = 1 or device.dnt = 1
};

std::string_view describe(PrivacyBasis basis) noexcept;

// Removes buyeruid, user.id, eids, ifa, gender, yob, segments, IP addresses and all geography finer than the
// region where one of the above applies. Returns the first that does.
PrivacyBasis scrub(BidRequest& request) noexcept;

// Whether a GPP string opts out of sale, sharing or targeted advertising in one of the US sections `sections`
// (empty: in any it has). A section that is named, in `sections` or by the string's own header, but is not there or
// cannot be read counts as an opt-out.
// IAB Global Privacy Platform, "Consent String Specification" 1.0 and its US sections 6 to 12.
bool gpp_opts_out(std::string_view gpp, std::span<const std::int32_t> sections) noexcept;

}  // namespace bidwell::openrtb
