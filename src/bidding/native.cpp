#include "bidwell/bidding/native.h"

namespace bidwell::bidding {
namespace {

using openrtb::kAbsent;
using openrtb::NativeAsset;

bool fits(std::int32_t length, std::int32_t most) {
  return most == kAbsent || most <= 0 || length <= most;
}

// Exact where an exact size is asked for, at least the minimum otherwise.
bool fits_size(std::int32_t size, std::int32_t exact, std::int32_t least) {
  if (exact != kAbsent && exact > 0) return size == exact;
  return least == kAbsent || size >= least;
}

}  // namespace

std::optional<std::string_view> answer_asset(const NativeAsset& asset,
                                             const catalog::CompiledCreative& creative) noexcept {
  switch (asset.kind) {
    case NativeAsset::Kind::title:
      for (const auto& title : creative.titles) {
        if (fits(title.length, asset.len)) return title.text;
      }
      break;
    case NativeAsset::Kind::img:
      for (const auto& image : creative.images) {
        if (asset.type != kAbsent && image.type != asset.type) continue;
        if (fits_size(image.w, asset.w, asset.wmin) && fits_size(image.h, asset.h, asset.hmin)) return image.text;
      }
      break;
    case NativeAsset::Kind::data:
      for (const auto& data : creative.data) {
        if (data.type == asset.type && fits(data.length, asset.len)) return data.text;
      }
      break;
    case NativeAsset::Kind::video:
    case NativeAsset::Kind::unknown: break;
  }
  return std::nullopt;
}

namespace {

bool is_repeated(std::span<const NativeAsset> assets, std::size_t index) {
  for (std::size_t i = 0; i < index; ++i) {
    if (assets[i].id == assets[index].id) return true;
  }
  return false;
}

}  // namespace

bool can_answer(const openrtb::Native& native, const catalog::CompiledCreative& creative) noexcept {
  bool any = false;
  for (std::size_t i = 0; i < native.assets.size(); ++i) {
    const NativeAsset& asset = native.assets[i];
    if (is_repeated(native.assets, i)) return false;  // an answer would be ambiguous
    const bool answered = asset.id != kAbsent && answer_asset(asset, creative).has_value();
    if (asset.required && !answered) return false;
    any |= answered;
  }
  return any;
}

}  // namespace bidwell::bidding
