// A creative's landing page, with what the click's token says of the bid filled in.
#pragma once

#include <cstdint>
#include <span>

#include "bidwell/core/output_buffer.h"
#include "bidwell/exchange/token.h"
#include "bidwell/openrtb/response.h"

namespace bidwell::exchange {

// Appends the URL. {{auction_id}} is empty: a token does not carry it. {{timestamp}} is the bid's, as in its markup.
void append_landing(std::span<const openrtb::MarkupPart> landing, const BidToken& token, std::uint64_t random,
                    OutputBuffer& out) noexcept;

}  // namespace bidwell::exchange
