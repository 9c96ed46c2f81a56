// What the law or the user forbids is gone before anything looks at a request.
#include "bidwell/openrtb/privacy.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/openrtb/gpp_encoder.h"

namespace bidwell::openrtb {
namespace {

using Sections = std::vector<std::int32_t>;

// ---- What is removed, and what stays ----

const Eid kEids[] = {{"e.example", "x"}};
const Segment kSegments[] = {{"p", "s"}};

Geo place() {
  Geo geo;
  geo.lat = 51.5, geo.lon = -0.1;
  geo.country = "GBR", geo.region = "ENG", geo.city = "London", geo.zip = "SW1", geo.metro = "m";
  geo.utcoffset = 60;
  return geo;
}

BidRequest full_request() {
  BidRequest request;
  request.id = "r";
  request.user.id = "u", request.user.buyeruid = "b", request.user.gender = "F", request.user.yob = 1990;
  request.user.eids = kEids, request.user.segments = kSegments, request.user.geo = place();
  request.device.ifa = "i", request.device.ip = "1.2.3.4", request.device.ipv6 = "::1", request.device.ua = "agent";
  request.device.os = "iOS", request.device.geo = place();
  return request;
}

void expect_place_by_region_only(const Geo& geo) {
  EXPECT_FALSE(geo.located());
  EXPECT_EQ(geo.lat, kNoCoordinate);
  EXPECT_EQ(geo.lon, kNoCoordinate);
  EXPECT_EQ(geo.city, "");
  EXPECT_EQ(geo.zip, "");
  EXPECT_EQ(geo.metro, "");
  EXPECT_EQ(geo.country, "GBR");
  EXPECT_EQ(geo.region, "ENG");
  EXPECT_EQ(geo.utcoffset, 60);
}

void expect_scrubbed(const BidRequest& request) {
  EXPECT_EQ(request.user.id, "");
  EXPECT_EQ(request.user.buyeruid, "");
  EXPECT_EQ(request.user.gender, "");
  EXPECT_EQ(request.user.yob, kAbsent);
  EXPECT_TRUE(request.user.eids.empty());
  EXPECT_TRUE(request.user.segments.empty());
  EXPECT_EQ(request.device.ifa, "");
  EXPECT_EQ(request.device.ip, "");
  EXPECT_EQ(request.device.ipv6, "");
  expect_place_by_region_only(request.user.geo);
  expect_place_by_region_only(request.device.geo);
  EXPECT_EQ(request.id, "r");
  EXPECT_EQ(request.device.ua, "agent");
  EXPECT_EQ(request.device.os, "iOS");
}

void expect_untouched(const BidRequest& request) {
  EXPECT_EQ(request.user.id, "u");
  EXPECT_EQ(request.user.buyeruid, "b");
  EXPECT_EQ(request.user.gender, "F");
  EXPECT_EQ(request.user.yob, 1990);
  EXPECT_EQ(request.user.eids.size(), 1u);
  EXPECT_EQ(request.user.segments.size(), 1u);
  EXPECT_EQ(request.device.ifa, "i");
  EXPECT_EQ(request.device.ip, "1.2.3.4");
  EXPECT_EQ(request.device.ipv6, "::1");
  for (const Geo& geo : {request.user.geo, request.device.geo}) {
    EXPECT_TRUE(geo.located());
    EXPECT_EQ(geo.city, "London");
    EXPECT_EQ(geo.zip, "SW1");
    EXPECT_EQ(geo.metro, "m");
  }
}

struct Signal {
  const char* name;
  PrivacyBasis basis;
  void (*set)(BidRequest&);
};

const std::string kOptedOut = gpp_string({{7, us_section(7, {{"SaleOptOut", 1}}, 2)}});
const std::string kNotOptedOut = gpp_string({{7, us_section(7, {{"SaleOptOut", 2}}, 2)}});
const std::int32_t kUsnat[] = {7}, kTcf[] = {2};

const Signal kSignals[] = {
    {"nothing", PrivacyBasis::none, [](BidRequest&) {}},
    {"coppa", PrivacyBasis::coppa, [](BidRequest& r) { r.regs.coppa = 1; }},
    {"no coppa", PrivacyBasis::none, [](BidRequest& r) { r.regs.coppa = 0; }},
    {"gdpr", PrivacyBasis::gdpr, [](BidRequest& r) { r.regs.gdpr = 1; }},
    {"gdpr with consent", PrivacyBasis::none, [](BidRequest& r) { r.regs.gdpr = 1, r.user.consent = "CP"; }},
    {"no gdpr", PrivacyBasis::none, [](BidRequest& r) { r.regs.gdpr = 0; }},
    {"us_privacy", PrivacyBasis::us_privacy, [](BidRequest& r) { r.regs.us_privacy = "1YYN"; }},
    {"us_privacy in small letters", PrivacyBasis::us_privacy, [](BidRequest& r) { r.regs.us_privacy = "1yyn"; }},
    {"us_privacy not opted out", PrivacyBasis::none, [](BidRequest& r) { r.regs.us_privacy = "1YNY"; }},
    {"us_privacy not applicable", PrivacyBasis::none, [](BidRequest& r) { r.regs.us_privacy = "1---"; }},
    {"us_privacy cut short", PrivacyBasis::none, [](BidRequest& r) { r.regs.us_privacy = "1Y"; }},
    {"gpp", PrivacyBasis::gpp, [](BidRequest& r) { r.regs.gpp = kOptedOut; }},
    {"gpp named", PrivacyBasis::gpp, [](BidRequest& r) { r.regs.gpp = kOptedOut, r.regs.gpp_sid = kUsnat; }},
    {"gpp named otherwise", PrivacyBasis::none, [](BidRequest& r) { r.regs.gpp = kOptedOut, r.regs.gpp_sid = kTcf; }},
    {"gpp not opted out", PrivacyBasis::none, [](BidRequest& r) { r.regs.gpp = kNotOptedOut; }},
    {"lmt", PrivacyBasis::limit_ad_tracking, [](BidRequest& r) { r.device.lmt = 1; }},
    {"dnt", PrivacyBasis::limit_ad_tracking, [](BidRequest& r) { r.device.dnt = 1; }},
    {"the first counts", PrivacyBasis::coppa, [](BidRequest& r) { r.regs.coppa = r.regs.gdpr = r.device.lmt = 1; }},
    {"consent is not for all", PrivacyBasis::limit_ad_tracking,
     [](BidRequest& r) { r.regs.gdpr = 1, r.user.consent = "CP", r.device.lmt = 1; }},
};

TEST(Scrub, RemovesAllOrNothing) {
  for (const Signal& signal : kSignals) {
    SCOPED_TRACE(signal.name);
    BidRequest request = full_request();
    signal.set(request);
    EXPECT_EQ(describe(scrub(request)), describe(signal.basis));
    if (signal.basis == PrivacyBasis::none) {
      expect_untouched(request);
    } else {
      expect_scrubbed(request);
    }
  }
}

// ---- GPP ----

TEST(Gpp, EncoderAgreesWithThePublicExamples) {
  EXPECT_EQ(gpp_header({{2, 2}}), "DBABMA");
  EXPECT_EQ(gpp_header({{2, 2}, {6, 6}}), "DBACNYA");
  EXPECT_EQ(gpp_header({{7, 7}}), "DBABLA");
}

TEST(Gpp, ReadsThePublicExamples) {
  const char* const kTcfSection = "CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA";
  EXPECT_FALSE(gpp_opts_out(std::string("DBABMA~") + kTcfSection, {}));
  EXPECT_FALSE(gpp_opts_out(std::string("DBABMA~") + kTcfSection, Sections{2}));
  EXPECT_FALSE(gpp_opts_out(std::string("DBACNYA~") + kTcfSection + "~1YNN", {}));
  EXPECT_TRUE(gpp_opts_out(std::string("DBACNYA~") + kTcfSection + "~1YYN", {}));
  EXPECT_FALSE(gpp_opts_out("DBABLA~BVVqAAAAAmA.QA", Sections{7}));
  EXPECT_TRUE(gpp_opts_out("DBABLA~BVVqAAAAAmA.YA", Sections{7})) << "Global Privacy Control";
}

TEST(Gpp, FindsEachOptOutOfEachSection) {
  for (unsigned id = 7; id <= 12; ++id) {
    int opt_outs = 0;
    for (const auto& [name, width] : us_fields(id)) {
      const bool is_opt_out = name.ends_with("OptOut");
      opt_outs += is_opt_out;
      if (name == "Version" || width != 2) continue;
      for (unsigned value = 0; value <= 2; ++value) {
        const std::string gpp = gpp_string({{id, us_section(id, {{name, value}}, 2)}});
        EXPECT_EQ(gpp_opts_out(gpp, {}), is_opt_out && value == 1) << id << " " << name << "=" << value;
      }
    }
    EXPECT_GE(opt_outs, 2) << id;
    // Everything else says yes, and nobody opted out.
    const std::string loud =
        us_section(id, {{"SaleOptOut", 2}, {"SharingOptOut", 2}, {"TargetedAdvertisingOptOut", 0}}, 1);
    EXPECT_FALSE(gpp_opts_out(gpp_string({{id, loud}}), Sections{static_cast<std::int32_t>(id)})) << id;
  }
}

TEST(Gpp, HeedsGlobalPrivacyControl) {
  for (unsigned id = 7; id <= 12; ++id) {
    const std::string quiet = us_section(id, {}, 2);
    EXPECT_TRUE(gpp_opts_out(gpp_string({{id, quiet + gpc_subsection(true)}}), {})) << id;
    EXPECT_FALSE(gpp_opts_out(gpp_string({{id, quiet + gpc_subsection(false)}}), {})) << id;
  }
}

TEST(Gpp, ReadsTheOldUsPrivacyString) {
  EXPECT_TRUE(gpp_opts_out(gpp_string({{6, "1YYN"}}), {}));
  EXPECT_TRUE(gpp_opts_out(gpp_string({{6, "1YYN"}}), Sections{6}));
  EXPECT_FALSE(gpp_opts_out(gpp_string({{6, "1YNY"}}), {}));
  EXPECT_FALSE(gpp_opts_out(gpp_string({{6, "1---"}}), {}));
  EXPECT_TRUE(gpp_opts_out(gpp_string({{6, "1"}}), {})) << "cannot be read";
}

TEST(Gpp, FindsTheSectionAmongOthers) {
  const std::string out = us_section(8, {{"SharingOptOut", 1}}, 2), in = us_section(8, {}, 2);
  EXPECT_TRUE(gpp_opts_out(gpp_string({{2, "CP"}, {5, "x"}, {8, out}}), {}));
  EXPECT_TRUE(gpp_opts_out(gpp_string({{8, out}, {9, us_section(9, {}, 2)}, {22, "x"}}), {}));
  EXPECT_FALSE(gpp_opts_out(gpp_string({{2, "CP"}, {5, "x"}, {8, in}, {60, "x"}}), {}));
  EXPECT_TRUE(gpp_opts_out(gpp_string({{7, us_section(7, {}, 2)}, {8, out}}), Sections{7, 8}));
  EXPECT_FALSE(gpp_opts_out(gpp_string({{7, us_section(7, {}, 2)}, {8, out}}), Sections{7})) << "8 does not apply";
  // Ids as ranges: 2, then 6 to 8.
  EXPECT_TRUE(gpp_opts_out(gpp_header({{2, 2}, {6, 8}}) + "~CP~1YNN~" + us_section(7, {}, 2) + "~" + out, {}));
  EXPECT_FALSE(gpp_opts_out(gpp_header({{2, 2}, {6, 8}}) + "~CP~1YNN~" + us_section(7, {}, 2) + "~" + in, {}));
  EXPECT_TRUE(gpp_opts_out(gpp_header({{6, 7}, {9, 10}}) + "~1YNN~" + us_section(7, {}, 2) + "~" +
                               us_section(9, {}, 2) + "~" + us_section(10, {{"SaleOptOut", 1}}, 2),
                           {}));
}

TEST(Gpp, CountsWhatIsNamedButCannotBeReadAsAnOptOut) {
  const std::string in = us_section(7, {}, 2);
  EXPECT_TRUE(gpp_opts_out(gpp_string({{7, ""}}), {}));
  EXPECT_TRUE(gpp_opts_out(gpp_string({{7, "B"}}), {})) << "ends before the fields";
  EXPECT_TRUE(gpp_opts_out(gpp_string({{7, "B!!!!!!!!"}}), {}));
  EXPECT_TRUE(gpp_opts_out(gpp_header({{7, 7}}), {})) << "only in the header";
  EXPECT_TRUE(gpp_opts_out(gpp_header({{7, 8}}) + "~" + in, {})) << "8 is missing";
  EXPECT_TRUE(gpp_opts_out(gpp_string({{2, "CP"}}), Sections{7})) << "named, but not in the string";
  EXPECT_TRUE(gpp_opts_out(gpp_string({{7, in}}), Sections{7, 8}));
  EXPECT_FALSE(gpp_opts_out(gpp_string({{2, "CP"}}), Sections{-1}));
  EXPECT_FALSE(gpp_opts_out(gpp_header({{2, 2}}), {}));
  for (const char* garbage : {"", "~", "D", "DB", "DBAB", "garbage", "DBABMA", "~~~~", "\xff\xfe", "1YYN", "DB~1YYN",
                              "CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA", "D//////////////////"}) {
    EXPECT_TRUE(gpp_opts_out(garbage, Sections{7})) << garbage;
    EXPECT_FALSE(gpp_opts_out(garbage, Sections{2})) << garbage;
    EXPECT_FALSE(gpp_opts_out(garbage, {})) << garbage << ": no US section is named";
  }
}

TEST(Gpp, SurvivesAnything) {
  std::mt19937_64 random(3);
  static constexpr std::string_view kAlphabet = "ABCDYZadyz019-_~~~.. \x80";
  for (int i = 0; i < 100'000; ++i) {
    std::string text = i % 2 == 0 ? "D" : "";
    for (std::uint64_t size = random() % 40; size > 0; --size) text += kAlphabet[random() % kAlphabet.size()];
    gpp_opts_out(text, {});
    gpp_opts_out(text, Sections{6, 7, 8, 9, 10, 11, 12});
  }
}

TEST(Gpp, DamageNeverTurnsAnOptOutIntoConsentByCuttingItShort) {
  const std::string gpp = gpp_string({{7, us_section(7, {{"TargetedAdvertisingOptOut", 1}}, 2)}});
  for (std::size_t size = 1; size <= gpp.size(); ++size) {
    EXPECT_TRUE(gpp_opts_out(gpp.substr(0, size), Sections{7})) << size;
  }
}

}  // namespace
}  // namespace bidwell::openrtb
