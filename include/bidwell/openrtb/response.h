// What a bid response is written from: views of the request's ids, of the catalog's pre-serialised creatives
// and of the decision. Written straight into the connection's buffer.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "bidwell/core/money.h"
#include "bidwell/core/output_buffer.h"

namespace bidwell::openrtb {

// Values that markup may ask for, as {{auction_id}}. Percent-encoded, so that they may stand in a URL. The last three
// need Bid::notices: the two URLs as they are, and native's impression tracker in the form of its version, with the
// comma before it.
enum class Macro : std::uint8_t { none, auction_id, imp_id, bid_id, timestamp, random, imp_url, click_url, native_imp };

// A piece of markup: text that is already JSON-escaped, then a macro's value.
struct MarkupPart {
  std::string_view text;
  Macro macro = Macro::none;
};

// One asset of a native answer: {"id":N,<text>}, text already escaped for a JSON string.
struct NativeAssetAnswer {
  std::int32_t id = 0;
  bool required = false;
  std::string_view text;
};

// Where the notices of one bid go. All parts are ready for a JSON string; the URLs have no slash at their end.
struct Notices {
  std::string_view url;         // of the exchange's own calls: <url>/win/<token><mac><win_query>
  std::string_view markup_url;  // of the markup's: <markup_url>/imp/<token><markup_mac>
  std::string_view token, mac, markup_mac;
  std::string_view win_query, bill_query, loss_query;  // "?p=${AUCTION_PRICE}...": the exchange fills them in
};

struct Bid {
  std::string_view id;
  std::string_view impid;
  Micros price = 0;                 // CPM in the response's currency
  std::string_view dealid;          // empty: open auction
  std::string_view seat;            // bids of one seat must stand together
  std::string_view fixed;           // members that do not depend on the request, each with a comma before it
  std::string_view ext;             // the `ext` object, or empty
  std::span<const MarkupPart> adm;  // for native: what follows the assets
  bool native = false;
  bool native_wrapped = false;
  std::string_view native_ver;  // for native: as asked for, empty if it was not said
  std::span<const NativeAssetAnswer> assets;
  const Notices* notices = nullptr;  // null: nobody listens
};

struct BidResponse {
  std::string_view id;  // the request's
  std::string_view cur;
  std::span<const Bid> bids;
  std::int64_t timestamp_ms = 0;  // Unix time, for {{timestamp}}
  std::uint64_t random = 0;       // for {{random}}
};

void write(const BidResponse& response, OutputBuffer& out) noexcept;

// {"id":...,"seatbid":[],"nbr":N}: for exchanges that want a reason in place of a 204.
void write_no_bid(std::string_view request_id, int nbr, OutputBuffer& out) noexcept;

// Appends `text` with what a JSON string must escape escaped; without the quotes.
void append_json_escaped(std::string_view text, OutputBuffer& out) noexcept;

}  // namespace bidwell::openrtb
