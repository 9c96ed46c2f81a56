// Cases of the rules on the creative and its markup: 11-16 and 21-23.
#include "tests/openrtb/validate_cases.h"

namespace bidwell::openrtb {
namespace {

std::string bid(const char* key) {
  return std::string("/seatbid/0/bid/0/") + key;
}

Edits adm(const char* markup) {
  return {{bid("adm"), markup}};
}

std::string with(std::string text, const std::string& part, const std::string& other) {
  return text.replace(text.find(part), part.size(), other);
}

}  // namespace

std::vector<Case> creative_cases() {
  const Base b = Base::banner;
  const Base v = Base::video;
  const Base n = Base::native;
  const Edits secure = {{"/imp/0/secure", 1}};
  const std::string vast = response_of({0, false, "", v, {}, {}}).at(Json::json_pointer(bid("adm")));
  const auto vast_with = [&](const char* part, const char* other) {
    return Edits{{bid("adm"), with(vast, part, other)}};
  };
  const auto native_with = [](const char* path, const Json& value) {
    Json answer = native_answer();
    answer[Json::json_pointer(path)] = value;
    return Edits{{bid("adm"), answer.dump()}};
  };
  return {
      {11, false, "Crid", b, {}, {{bid("crid"), "c"}}},
      {11, true, "CridMissing", b, {}, {{bid("crid"), gone()}}},
      {11, true, "CridEmpty", b, {}, {{bid("crid"), ""}}},
      {12, false, "Adomains", b, {}, {{bid("adomain"), {"shop.example", "a.b.co.uk"}}}},
      {12, true, "AdomainMissing", b, {}, {{bid("adomain"), gone()}}},
      {12, true, "AdomainEmpty", b, {}, {{bid("adomain"), Json::array()}}},
      {12, true, "AdomainAsText", b, {}, {{bid("adomain"), "shop.example"}}},
      {12, true, "AdomainAUrl", b, {}, {{bid("adomain"), {"https://shop.example"}}}},
      {12, true, "AdomainWithPath", b, {}, {{bid("adomain"), {"shop.example/sale"}}}},
      {12, true, "AdomainWithoutDot", b, {}, {{bid("adomain"), {"shop"}}}},
      {12, true, "Badv", b, {{"/badv", {"shop.example"}}}, {}},
      {12, true, "BadvOfAnotherCase", b, {{"/badv", "SHOP.example"}}, {}},
      {12, true, "BadvOfParent", b, {{"/badv", {"shop.example"}}}, {{bid("adomain"), {"eu.shop.example"}}}},
      {12, false, "BadvOfSubdomain", b, {{"/badv", {"eu.shop.example", "hop.example"}}}, {}},
      {13, true, "Bcat", b, {{"/bcat", {"IAB22"}}}, {}},
      {13, true, "BcatOfParent", b, {{"/bcat", {"IAB25"}}}, {{bid("cat"), {"IAB25-3"}}}},
      {13, false, "BcatOfChild", b, {{"/bcat", {"IAB22-1", "IAB2"}}}, {}},
      {13, true, "BcatOfNumbers", b, {{"/bcat", {22}}}, {{bid("cat"), {"22"}}}},
      {13, false, "OtherTaxonomy", b, {{"/bcat", {"IAB22"}}}, {{bid("cattax"), 2}}},
      {13, true, "SameTaxonomy", b, {{"/bcat", {"53"}}, {"/cattax", 6}}, {{bid("cattax"), 6}, {bid("cat"), {"53"}}}},
      {13,
       true,
       "TaxonomyUnderExt",
       b,
       {{"/bcat", {"53"}}, {"/ext", {{"cattax", 6}}}},
       {{bid("cattax"), 6}, {bid("cat"), {"53"}}}},
      {13,
       false,
       "NoParentsElsewhere",
       b,
       {{"/bcat", {"5"}}, {"/cattax", 6}},
       {{bid("cattax"), 6}, {bid("cat"), {"5-3"}}}},
      {13, false, "Acat", b, {{"/acat", {"IAB22"}}}, {{bid("cat"), {"IAB22-4"}}}},
      {13, true, "NotInAcat", b, {{"/acat", {"IAB1"}}}, {}},
      {13, true, "AcatWithoutCat", b, {{"/acat", {"IAB1"}}}, {{bid("cat"), gone()}}},
      {14, false, "Attr", b, {}, {{bid("attr"), {1, 14}}}},
      {14, true, "Battr", b, {}, {{bid("attr"), {1, 13}}}},
      {14, true, "BattrAsText", b, {{"/imp/0/banner/battr", "1"}}, {}},
      {14, true, "BattrOfNative", n, {}, {{bid("attr"), {4}}}},
      {15, false, "Bundle", b, {{"/bapp", {"com.other"}}}, {{bid("bundle"), "com.shop"}}},
      {15, true, "Bapp", b, {{"/bapp", {"com.shop"}}}, {{bid("bundle"), "com.shop"}}},
      {15, true, "BappOfNumbers", b, {{"/bapp", {12345}}}, {{bid("bundle"), "12345"}}},
      {16, false, "Language", b, {{"/wlang", {"de", "EN"}}}, {{bid("language"), "en-GB"}}},
      {16, false, "LanguageUnsaid", b, {{"/wlang", {"de"}}}, {}},
      {16, false, "WlangEmpty", b, {{"/wlang", {""}}}, {{bid("language"), "en"}}},
      {16, true, "OtherLanguage", b, {{"/wlang", {"de", "", "eng"}}}, {{bid("language"), "en"}}},

      {21, true, "InsecureImage", b, {}, adm("<img src='HTTP://cdn.example/1.png'>")},
      {21, true, "InsecureScript", b, {}, adm("<script>load(\"http://cdn.example/1.js\")</script>")},
      {21, true, "InsecureStyle", b, {}, adm("<div style='background:url(http://cdn.example/1.png)'>")},
      {21, true, "InsecureLinkElement", b, {}, adm("<link href=http://cdn.example/1.css>")},
      {21, true, "ImageWithinLink", b, {}, adm("<a href='http://x.example'><img src='http://c.example/1'></a>")},
      {21, true, "InsecureWinNotice", b, {}, {{bid("nurl"), "http://bidder.example/win"}}},
      {21, true, "InsecureSample", b, {}, {{bid("iurl"), "http://bidder.example/sample.png"}}},
      {21, false, "NotSecure", b, {{"/imp/0/secure", 0}}, {{bid("iurl"), "http://bidder.example/sample.png"}}},
      {21, true, "SecureAsText", b, {{"/imp/0/secure", "1"}}, {{bid("iurl"), "http://bidder.example/s.png"}}},
      {21,
       false,
       "LinkWithinUrl",
       b,
       {},
       adm("<a href=\"https://click.example/?to=http://shop.example\">x</a>"
           "<img src=\"https://cdn.example/?for=http://shop.example\">")},
      {21,
       false,
       "NamesOfDocumentTypes",
       b,
       {},
       adm("<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0//EN\" "
           "\"http://www.w3.org/TR/xhtml1.dtd\">"
           "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:x='http://ns.example/x'></svg>")},
      {21, false, "LandingPageOfVast", v, secure, {}},
      {21, true, "InsecureMediaFile", v, secure, vast_with("https://cdn", "http://cdn")},
      {21, true, "InsecureImpression", v, secure, vast_with("https://bidder", "http://bidder")},
      {21, true, "HtmlWithinVast", v, secure,
       vast_with("</Creatives>",
                 "</Creatives><Extensions><Html><![CDATA[<img src=\"http://c.example/\">]]>"
                 "</Html></Extensions>")},
      {21, true, "InsecureNativeImage", n, {}, native_with("/assets/1/img/url", "http://cdn.example/1.jpg")},
      {21, true, "InsecureNativeTracker", n, {}, native_with("/imptrackers", {"http://bidder.example/i"})},
      {21, true, "InsecureClickTracker", n, {}, native_with("/link/clicktrackers", {"http://bidder.example/c"})},
      {21, false, "NativePagesAndTexts", n, {}, native_with("/link/fallback", "http://shop.example/")},

      {22, false, "NoticeOnly", b, {}, {{bid("adm"), gone()}}},
      {22, false, "MarkupOnly", b, {}, {{bid("nurl"), gone()}}},
      {22, true, "WinNoticeNoUrl", b, {}, {{bid("nurl"), "bidder.example/win"}}},
      {22, true, "BillingNoticeNoString", b, {}, {{bid("burl"), 5}}},
      {22, true, "BillingNoticeWithBlank", b, {}, {{bid("burl"), "https://b.example/?p= ${AUCTION_PRICE}"}}},
      {22, true, "LossNoticeNoUrl", b, {}, {{bid("lurl"), "javascript:alert(1)"}}},
      {22,
       false,
       "Notices",
       b,
       {},
       {{bid("burl"), "https://b.example/bill?p=${AUCTION_PRICE}"}, {bid("lurl"), "HTTPS://b.example/loss"}}},
      {22, false, "EmptyNotices", b, {}, {{bid("burl"), ""}, {bid("lurl"), nullptr}}},
      {22, true, "NoMarkup", b, {}, {{bid("adm"), ""}, {bid("nurl"), gone()}}},
      {22, true, "MarkupNoString", b, {}, {{bid("adm"), {{"a", 1}}}, {bid("nurl"), "https://b.example/"}}},
      {22, true, "VideoWithoutVast", v, {}, adm("<b>ad</b>")},
      {22, true, "BrokenVast", v, {}, vast_with("</VAST>", "")},

      {23,
       false,
       "StandardMacros",
       b,
       {},
       adm("${AUCTION_ID} ${AUCTION_BID_ID} ${AUCTION_IMP_ID} ${AUCTION_SEAT_ID} ${AUCTION_AD_ID} "
           "${AUCTION_PRICE:B64} ${AUCTION_CURRENCY} ${AUCTION_MBR} ${AUCTION_LOSS} "
           "${AUCTION_MIN_TO_WIN} ${AUCTION_MULTIPLIER} ${AUCTION_IMP_TS}")},
      {23, true, "PrivateMacro", b, {}, adm("<b>{{campaign_id}}</b>")},
      {23, true, "UnknownMacro", b, {}, adm("<b>${AUCTION_WINNER}</b>")},
      {23, true, "MacroOfOtherCase", b, {}, adm("<b>${auction_price}</b>")},
      {23, true, "UnclosedMacro", b, {}, adm("<b>${AUCTION_PRICE</b>")},
      {23, true, "MacroInBillingNotice", b, {}, {{bid("burl"), "https://b.example/{{token}}"}}},
      {23, true, "MacroInExtension", b, {}, {{bid("ext"), {{"deep", {"${x}"}}}}}},
      {23, false, "BracesOfJson", n, {}, native_with("/ext", {{"a", {{"b", Json::object()}}}})},
  };
}

}  // namespace bidwell::openrtb
