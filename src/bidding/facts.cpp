#include "bidding/facts.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "bidwell/core/text.h"

namespace bidwell::bidding {
namespace {

using catalog::Dimension;
using catalog::Trait;
using openrtb::kAbsent;

constexpr std::int64_t kDay = 86'400;
constexpr std::size_t kDomainSizeMax = 253;  // RFC 1035: a longer name is none

// gmtime_r would take a lock.
int year_of(std::int64_t unix_seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds(unix_seconds)};
  return static_cast<int>(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time)).year());
}

// 0 = Monday 00:00 to 00:59.
int hour_of_week_at(std::int64_t local_seconds) {
  const std::int64_t day = local_seconds / kDay - (local_seconds % kDay < 0);
  const std::int64_t weekday = ((day + 3) % 7 + 7) % 7;  // 1 January 1970 was a Thursday
  return static_cast<int>(weekday * 24 + (local_seconds - day * kDay) / 3600);
}

std::int64_t inventory_value(const openrtb::BidRequest& request) {
  if (request.app.present) return 2;
  if (request.site.present) return 1;
  return request.dooh.present ? 3 : 0;
}

// The device's place if it is given, else the user's home.
const openrtb::Geo& geo_of(const openrtb::BidRequest& request) {
  const openrtb::Geo& device = request.device.geo;
  return device.country.empty() && !request.user.geo.country.empty() ? request.user.geo : device;
}

std::string_view gender_of(const openrtb::BidRequest& request, const profile::Profile& profile) {
  return request.user.gender.empty() ? profile.attribute("gender") : request.user.gender;
}

std::int32_t yob_of(const openrtb::BidRequest& request, const profile::Profile& profile) {
  if (request.user.yob != kAbsent) return request.user.yob;
  const std::string_view text = profile.attribute("yob");
  std::int32_t year = kAbsent;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), year);
  return error == std::errc{} && end == text.data() + text.size() ? year : kAbsent;
}

}  // namespace

template <class Add>
void Facts::fill_tokens(Dimension dimension, Add&& add) {
  if (!snapshot_.uses(dimension)) return;
  const std::size_t first = tokens_.size();
  std::uint64_t word = 0;
  bool present = false;
  const auto put = [&](std::uint64_t token) {
    tokens_.push_back(token);
    word |= catalog::bloom_bit(token);
  };
  add([&](std::uint64_t token) {
    present = true;
    if (token != 0) put(token);
  });
  if (!present) return;
  put(catalog::any_token(dimension));
  words_[static_cast<std::size_t>(dimension)] = word;
  ranges_[static_cast<std::size_t>(dimension)] = {static_cast<std::uint32_t>(first),
                                                  static_cast<std::uint32_t>(tokens_.size() - first)};
  if (catalog::Index::is_selective(dimension)) look_up(dimension);
}

template <class Add>
void Facts::fill(Dimension dimension, Add&& add) {
  fill_tokens(dimension, [&](auto&& put) {
    add([&](std::string_view value) {
      if (const std::uint64_t token = catalog::token(dimension, value); token != 0) put(token);
    });
  });
}

// Which of the dimension's tokens campaigns are posted under.
void Facts::look_up(Dimension dimension) {
  for (const std::uint64_t token : tokens(dimension)) {
    const auto* value = snapshot_.index().value(token);
    if (value != nullptr) hits_.push_back({token, value, dimension == Dimension::deal});
  }
}

Facts::Facts(const openrtb::BidRequest& request, const profile::Profile& profile, const Terms& terms,
             const catalog::Snapshot& snapshot, Moment moment, Workspace& workspace)
    : snapshot_(snapshot), tokens_(workspace.tokens_), hits_(workspace.hits_), geo_(geo_of(request)) {
  tokens_.clear();
  hits_.clear();
  words_[catalog::kNoDimension] = ~std::uint64_t{0};
  const openrtb::Channel& channel = request.channel();
  const openrtb::Device& device = request.device;

  os_ = catalog::os_value(device.os);
  os_version_ = catalog::parse_version(device.osv, 0);
  traits_ = catalog::trait_bit(Trait::inventory, inventory_value(request)) |
            catalog::trait_bit(Trait::device_type, device.devicetype) | catalog::trait_bit(Trait::os, os_) |
            catalog::trait_bit(Trait::connection, device.connectiontype) |
            catalog::trait_bit(Trait::gender, catalog::gender_value(gender_of(request, profile)));

  const std::int32_t offset = geo_.utcoffset == kAbsent ? 0 : geo_.utcoffset;
  hour_of_week_ = hour_of_week_at(moment.unix_seconds + std::int64_t{offset} * 60);
  if (const std::int32_t yob = yob_of(request, profile); yob > 1900) {
    const int age = year_of(moment.unix_seconds) - yob;
    if (age >= 0) age_ = age;
  }

  country_ = catalog::token(Dimension::country, geo_.country);

  // The exchange's token is ready made.
  if (snapshot.uses(Dimension::exchange)) {
    const std::uint64_t any = catalog::any_token(Dimension::exchange);
    words_[static_cast<std::size_t>(Dimension::exchange)] =
        catalog::bloom_bit(terms.exchange) | catalog::bloom_bit(any);
    ranges_[static_cast<std::size_t>(Dimension::exchange)] = {static_cast<std::uint32_t>(tokens_.size()), 2};
    tokens_.push_back(terms.exchange);
    tokens_.push_back(any);
  }
  const auto one = [&](Dimension dimension, std::string_view value) {
    fill(dimension, [&](auto&& add) { add(value); });
  };
  const auto categories = [](auto& add, openrtb::Strings list) {
    for (const std::string_view category : list) {
      add(category);
      if (const auto parent = catalog::parent_category(category); !parent.empty()) add(parent);
    }
  };
  one(Dimension::bundle, channel.bundle);
  fill(Dimension::domain, [&](auto&& add) {
    // "a.example.com" is within "example.com" too.
    std::string_view domain = channel.domain;
    if (domain.size() > kDomainSizeMax) return;
    while (domain.find('.') != std::string_view::npos) {
      add(domain);
      domain.remove_prefix(domain.find('.') + 1);
    }
  });
  one(Dimension::publisher, channel.publisher.id);
  fill(Dimension::content_category, [&](auto&& add) { categories(add, channel.content.cat); });
  fill(Dimension::page_category, [&](auto&& add) {
    categories(add, channel.cat);
    categories(add, channel.sectioncat);
    categories(add, channel.pagecat);
  });
  one(Dimension::country, geo_.country);
  one(Dimension::region, geo_.region);
  one(Dimension::city, geo_.city);
  one(Dimension::postal_code, geo_.zip);
  one(Dimension::make, device.make);
  one(Dimension::model, device.model);
  one(Dimension::language, device.language);
  one(Dimension::carrier, device.carrier);
  fill_segments(request.user.segments, profile);
  tokens_before_deals_ = tokens_.size();
  hits_before_deals_ = hits_.size();
}

// Segments that the request and the profile both name count once.
void Facts::fill_segments(std::span<const openrtb::Segment> segments, const profile::Profile& profile) {
  fill_tokens(Dimension::segment, [&](auto&& put) {
    const std::size_t first = tokens_.size();
    const auto add = [&](std::string_view value) {
      if (const std::uint64_t token = catalog::token(Dimension::segment, value); token != 0) put(token);
    };
    for (const openrtb::Segment& segment : segments) {
      add(segment.id);
      // Also as "provider:id", for ids that mean something else elsewhere.
      char qualified[256];
      const std::size_t size = segment.provider.size() + 1 + segment.id.size();
      if (segment.provider.empty() || size > sizeof qualified) continue;
      segment.provider.copy(qualified, segment.provider.size());
      qualified[segment.provider.size()] = ':';
      segment.id.copy(qualified + segment.provider.size() + 1, segment.id.size());
      add(std::string_view(qualified, size));
    }
    const std::size_t sent = tokens_.size();
    profile.each_segment([&](std::uint32_t number) {
      const std::uint64_t token = snapshot_.segment_token(number);
      const auto end = tokens_.begin() + static_cast<std::ptrdiff_t>(sent);
      if (token == 0 || std::find(end - static_cast<std::ptrdiff_t>(sent - first), end, token) == end) put(token);
    });
    profile.each_attribute(add);
  });
}

void Facts::set_deals(const openrtb::Imp& imp) {
  tokens_.resize(tokens_before_deals_);
  hits_.resize(hits_before_deals_);
  ranges_[static_cast<std::size_t>(Dimension::deal)] = {};
  if (imp.deals.empty()) return;
  fill(Dimension::deal, [&](auto&& add) {
    for (const openrtb::Deal& deal : imp.deals) add(deal.id);
  });
}

std::uint64_t imp_traits(const openrtb::Imp& imp) noexcept {
  const std::int32_t pos = imp.banner.present && imp.banner.pos != kAbsent ? imp.banner.pos : imp.video.pos;
  return catalog::trait_bit(Trait::position, pos) | catalog::trait_bit(Trait::instl, imp.instl == 1) |
         catalog::trait_bit(Trait::rewarded, imp.rwdd == 1);
}

}  // namespace bidwell::bidding
