// What an impression offers: its formats, traits and floor.
#include "bidding/matcher.h"
#include "bidwell/core/text.h"

namespace bidwell::bidding {
namespace {

using catalog::Format;
using catalog::Media;
using openrtb::kAbsent;

bool is_size(std::int32_t w, std::int32_t h) {
  return w > 0 && h > 0 && w <= 0xffff && h <= 0xffff;
}

Format banner_format(std::int32_t w, std::int32_t h) {
  return {static_cast<std::uint8_t>(Media::banner), static_cast<std::uint16_t>(w), static_cast<std::uint16_t>(h)};
}

// OpenRTB 2.6, 3.2.10: a flexible ad has this ratio and at least the minimum width.
bool is_flexible_match(const openrtb::Format& offered, const Format& size) {
  if (offered.wratio <= 0 || offered.hratio <= 0) return false;
  if (offered.wmin != kAbsent && size.w < offered.wmin) return false;
  return std::int64_t{size.w} * offered.hratio == std::int64_t{size.h} * offered.wratio;
}

}  // namespace

void Offer::add(Format format) noexcept {
  for (std::size_t i = 0; i < count_; ++i) {
    if (formats_[i] == format) return;
  }
  if (count_ < kFormatsMax) formats_[count_++] = format;
}

void Offer::add_banner(const openrtb::Banner& banner, const catalog::Snapshot& snapshot) noexcept {
  if (is_size(banner.w, banner.h)) add(banner_format(banner.w, banner.h));
  for (const openrtb::Format& format : banner.format) {
    if (is_size(format.w, format.h)) add(banner_format(format.w, format.h));
    if (format.wratio == kAbsent) continue;
    for (const Format& size : snapshot.banner_formats()) {
      if (is_flexible_match(format, size)) add(size);
    }
  }
}

Reason Offer::prepare(const openrtb::Imp& imp, const CurrencyTable& currencies, const Currency& currency,
                      const catalog::Snapshot& snapshot) {
  imp_ = &imp;
  count_ = 0;
  if (imp.id.empty()) return Reason::imp_id_missing;
  if (imp.id_repeated) return Reason::imp_id_repeated;
  if (imp.bidfloor.state == openrtb::Floor::State::unreadable) return Reason::floor_unreadable;
  floor_currency_ = currencies.find(imp.bidfloor.currency);
  if (floor_currency_ == nullptr) return Reason::floor_currency_unknown;
  floor_ = convert(imp.bidfloor.micros, *floor_currency_, currency, Rounding::up);
  floor_usd_ = convert(imp.bidfloor.micros, *floor_currency_, *currencies.find("USD"), Rounding::down);

  if (imp.banner.present) add_banner(imp.banner, snapshot);
  if (imp.video.present) add({static_cast<std::uint8_t>(Media::video), 0, 0});
  if (imp.audio.present) add({static_cast<std::uint8_t>(Media::audio), 0, 0});
  if (imp.native.present && imp.native.state == openrtb::Native::State::read) {
    add({static_cast<std::uint8_t>(Media::native), 0, 0});
  }
  if (count_ == 0) return Reason::nothing_offered;
  traits_ = imp_traits(imp);
  return Reason::none;
}

const Currency* answer_currency(const openrtb::BidRequest& request, const Terms& terms) noexcept {
  if (request.cur.empty()) return terms.currencies->find("USD");
  for (const std::string_view accepted : request.cur) {
    if (ascii_iequal(accepted, terms.currency)) return terms.currencies->find(terms.currency);
  }
  for (const std::string_view accepted : request.cur) {
    if (const Currency* currency = terms.currencies->find(accepted)) return currency;
  }
  return nullptr;
}

}  // namespace bidwell::bidding
