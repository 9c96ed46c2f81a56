// Serialises a bid response. Nearly all of it was serialised when the catalog was compiled; this
// copies it and fills in what the request decides.
#include "bidwell/openrtb/response.h"

namespace bidwell::openrtb {
namespace {

constexpr char kHex[] = "0123456789abcdef";

constexpr bool plain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

constexpr bool unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

// Appends `text` with the characters that are not plain replaced by what `replace` appends.
template <class IsPlain, class Replace>
void append_replaced(std::string_view text, OutputBuffer& out, IsPlain is_plain, Replace replace) {
  std::size_t clean = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_plain(text[i])) continue;
    out.append(text.substr(clean, i - clean));
    clean = i + 1;
    replace(text[i]);
  }
  out.append(text.substr(clean));
}

void append_hex(char c, OutputBuffer& out) {
  out.append(kHex[static_cast<unsigned char>(c) >> 4]);
  out.append(kHex[static_cast<unsigned char>(c) & 15]);
}

void append_percent_encoded(std::string_view text, OutputBuffer& out) {
  append_replaced(text, out, unreserved, [&](char c) {
    out.append('%');
    append_hex(c, out);
  });
}

void append_money(Micros amount, OutputBuffer& out) {
  if (char* at = out.reserve(kMicrosTextSize)) out.commit(write_micros(at, amount));
}

void append_markup_url(std::string_view kind, const Notices& notices, OutputBuffer& out) {
  out.append(notices.markup_url);
  out.append(kind);
  out.append(notices.token);
  out.append(notices.markup_mac);
}

// Native 1.2 asks for event trackers, what came before knows only of these URLs. A request that does not say its
// version gets the older form, which 1.2 still takes.
void append_native_impression(const Bid& bid, OutputBuffer& out) {
  const bool event_trackers = bid.native_ver >= "1.2";
  out.append(event_trackers ? R"(,\"eventtrackers\":[{\"event\":1,\"method\":1,\"url\":\")"
                            : R"(,\"imptrackers\":[\")");
  append_markup_url("/imp/", *bid.notices, out);
  out.append(event_trackers ? R"(\"}])" : R"(\"])");
}

void append_macro(Macro macro, const BidResponse& response, const Bid& bid, OutputBuffer& out) {
  if (macro >= Macro::imp_url && bid.notices == nullptr) return;
  switch (macro) {
    case Macro::none: break;
    case Macro::auction_id: append_percent_encoded(response.id, out); break;
    case Macro::imp_id: append_percent_encoded(bid.impid, out); break;
    case Macro::bid_id: append_percent_encoded(bid.id, out); break;
    case Macro::timestamp: out.append_number(response.timestamp_ms); break;
    case Macro::random: out.append_number(response.random); break;
    case Macro::imp_url: append_markup_url("/imp/", *bid.notices, out); break;
    case Macro::click_url: append_markup_url("/click/", *bid.notices, out); break;
    case Macro::native_imp: append_native_impression(bid, out); break;
  }
}

// The markup is JSON inside a JSON string, hence the escaped quotes.
void append_native_head(const Bid& bid, OutputBuffer& out) {
  if (bid.native_wrapped) out.append(R"({\"native\":)");
  out.append('{');
  if (!bid.native_ver.empty()) {
    out.append(R"(\"ver\":\")");
    append_percent_encoded(bid.native_ver, out);  // digits and dots, unless somebody plays tricks
    out.append(R"(\",)");
  }
  out.append(R"(\"assets\":[)");
  bool first = true;
  for (const NativeAssetAnswer& asset : bid.assets) {
    out.append(first ? R"({\"id\":)" : R"(,{\"id\":)");
    first = false;
    out.append_number(asset.id);
    if (asset.required) out.append(R"(,\"required\":1)");
    out.append(',');
    out.append(asset.text);
    out.append('}');
  }
  out.append(']');
}

// `head` is what stands before the URL: ,"nurl":"
void append_notice(std::string_view head, std::string_view kind, std::string_view query, const Notices& notices,
                   OutputBuffer& out) {
  out.append(head);
  out.append(notices.url);
  out.append(kind);
  out.append(notices.token);
  out.append(notices.mac);
  out.append(query);
  out.append('"');
}

void append_bid(const BidResponse& response, const Bid& bid, OutputBuffer& out) {
  out.append(R"({"id":")");
  out.append(bid.id);
  out.append(R"(","impid":")");
  append_json_escaped(bid.impid, out);
  out.append(R"(","price":)");
  append_money(bid.price, out);
  if (!bid.dealid.empty()) {
    out.append(R"(,"dealid":")");
    append_json_escaped(bid.dealid, out);
    out.append('"');
  }
  out.append(bid.fixed);
  if (const Notices* notices = bid.notices) {
    append_notice(R"(,"nurl":")", "/win/", notices->win_query, *notices, out);
    append_notice(R"(,"burl":")", "/bill/", notices->bill_query, *notices, out);
    append_notice(R"(,"lurl":")", "/loss/", notices->loss_query, *notices, out);
  }
  out.append(R"(,"adm":")");
  if (bid.native) append_native_head(bid, out);
  for (const MarkupPart& part : bid.adm) {
    out.append(part.text);
    append_macro(part.macro, response, bid, out);
  }
  if (bid.native) out.append(bid.native_wrapped ? "}}" : "}");
  out.append('"');
  if (!bid.ext.empty()) {
    out.append(R"(,"ext":)");
    out.append(bid.ext);
  }
  out.append('}');
}

}  // namespace

void append_json_escaped(std::string_view text, OutputBuffer& out) noexcept {
  append_replaced(text, out, plain, [&](char c) {
    if (c == '"' || c == '\\') {
      out.append('\\');
      out.append(c);
    } else {
      out.append("\\u00");
      append_hex(c, out);
    }
  });
}

void write(const BidResponse& response, OutputBuffer& out) noexcept {
  out.append(R"({"id":")");
  append_json_escaped(response.id, out);
  out.append(R"(","cur":")");
  out.append(response.cur);
  out.append(R"(","seatbid":[)");
  for (std::size_t i = 0; i < response.bids.size(); ++i) {
    const Bid& bid = response.bids[i];
    if (i != 0 && response.bids[i - 1].seat == bid.seat) {
      out.append(',');
    } else {
      out.append(i == 0 ? R"({"seat":")" : R"(]},{"seat":")");
      append_json_escaped(bid.seat, out);
      out.append(R"(","bid":[)");
    }
    append_bid(response, bid, out);
  }
  out.append(response.bids.empty() ? "]}" : "]}]}");
}

void write_no_bid(std::string_view request_id, int nbr, OutputBuffer& out) noexcept {
  out.append(R"({"id":")");
  append_json_escaped(request_id, out);
  out.append(R"(","seatbid":[],"nbr":)");
  out.append_number(nbr);
  out.append('}');
}

}  // namespace bidwell::openrtb
