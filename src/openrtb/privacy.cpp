#include "bidwell/openrtb/privacy.h"

namespace bidwell::openrtb {
namespace {

void coarsen(Geo& geo) {
  geo.lat = geo.lon = kNoCoordinate;
  geo.city = geo.zip = geo.metro = {};
}

PrivacyBasis basis_of(const BidRequest& request) {
  const Regs& regs = request.regs;
  if (regs.coppa == 1) return PrivacyBasis::coppa;
  if (regs.gdpr == 1 && request.user.consent.empty()) return PrivacyBasis::gdpr;
  if (regs.us_privacy.size() >= 3 && (regs.us_privacy[2] == 'Y' || regs.us_privacy[2] == 'y')) {
    return PrivacyBasis::us_privacy;
  }
  if (!regs.gpp.empty() && gpp_opts_out(regs.gpp, regs.gpp_sid)) return PrivacyBasis::gpp;
  if (request.device.lmt == 1 || request.device.dnt == 1) return PrivacyBasis::limit_ad_tracking;
  return PrivacyBasis::none;
}

}  // namespace

std::string_view describe(PrivacyBasis basis) noexcept {
  switch (basis) {
    case PrivacyBasis::none: return "nothing removed";
    case PrivacyBasis::coppa: return "COPPA: a child";
    case PrivacyBasis::gdpr: return "GDPR applies and there is no consent string";
    case PrivacyBasis::us_privacy: return "opted out of sale (us_privacy)";
    case PrivacyBasis::gpp: return "opted out (GPP)";
    case PrivacyBasis::limit_ad_tracking: return "the device limits ad tracking";
  }
  return "unknown";
}

PrivacyBasis scrub(BidRequest& request) noexcept {
  const PrivacyBasis basis = basis_of(request);
  if (basis == PrivacyBasis::none) return basis;
  User& user = request.user;
  user.id = user.buyeruid = user.gender = {};
  user.yob = kAbsent;
  user.eids = {};
  user.segments = {};
  coarsen(user.geo);
  request.device.ifa = request.device.ip = request.device.ipv6 = {};
  coarsen(request.device.geo);
  return basis;
}

}  // namespace bidwell::openrtb
