// Answers a native request with exactly the assets it asks for.
#pragma once

#include <optional>
#include <span>

#include "bidwell/catalog/snapshot.h"
#include "bidwell/openrtb/request.h"
#include "bidwell/openrtb/response.h"

namespace bidwell::bidding {

// What of the creative answers this asset, escaped for the answer; empty when nothing fits (too long a title, no
// image of the type and size, no such data, or video, which native creatives do not have).
std::optional<std::string_view> answer_asset(const openrtb::NativeAsset& asset,
                                             const catalog::CompiledCreative& creative) noexcept;

// Whether the creative can answer every required asset, and at least one at all.
bool can_answer(const openrtb::Native& native, const catalog::CompiledCreative& creative) noexcept;

}  // namespace bidwell::bidding
