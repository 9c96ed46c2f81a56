// Whoever writes a campaign file is told everything that is wrong with it at once, and where.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/catalog/sample.h"

namespace bidwell::catalog {
namespace {

using testing::campaign;
using testing::creative;
using Places = std::vector<std::string>;

Places places(const Loaded& loaded) {
  Places list;
  for (const Fault& fault : loaded.faults) list.push_back(fault.where);
  std::sort(list.begin(), list.end());
  return list;
}

Loaded load(const Json& json) {
  return load_campaigns(json.dump(), testing::currencies());
}

// A change and the one fault it makes, by its place below the campaign or the creative.
struct Mistake {
  const char* where;
  const char* patch;
};

TEST(CampaignFaults, AreFoundWhereTheyAre) {
  const Mistake mistakes[] = {
      {"/id", R"({"id": null})"},
      {"/id", R"({"id": ""})"},
      {"/id", R"({"id": 5})"},
      {"/id", R"({"id": "a{{b"})"},
      {"/name", R"({"name": 5})"},
      {"/name", R"({"name": "Save {{50}}"})"},
      {"/advertiser", R"({"advertiser": null})"},
      {"/seat", R"({"seat": null})"},
      {"/status", R"({"status": "running"})"},
      {"/status", R"({"status": true})"},
      {"/flight", R"({"flight": "2026"})"},
      {"/flight/start", R"({"flight": {"start": "soon"}})"},
      {"/flight/start", R"({"flight": {"start": "31.01.2026"}})"},
      {"/flight/start", R"({"flight": {"start": "26-01-31"}})"},
      {"/flight/start", R"({"flight": {"start": "2026-1-31"}})"},
      {"/flight/start", R"({"flight": {"start": "2026-02-29"}})"},
      {"/flight/start", R"({"flight": {"start": "2026-13-01"}})"},
      {"/flight/start", R"({"flight": {"start": "2026-01-31T25:00:00Z"}})"},
      {"/flight/start", R"({"flight": {"start": "2026-01-31T12:00:00"}})"},
      {"/flight/start", R"({"flight": {"start": "2026-01-31 "}})"},
      {"/flight/start", R"({"flight": {"start": 1769817600}})"},
      {"/flight/end", R"({"flight": {"start": "2026-02-01", "end": "2026-02-01"}})"},
      {"/flight/until", R"({"flight": {"until": "2026-02-01"}})"},
      {"/currency", R"({"currency": "XTS"})"},
      {"/currency", R"({"currency": "euro"})"},
      {"/currency", R"({"currency": 978})"},
      {"/bid", R"({"bid": null})"},
      {"/bid", R"({"bid": 1.5})"},
      {"/bid/price", R"({"bid": {"price": null}})"},
      {"/bid/price", R"({"bid": {"price": 0}})"},
      {"/bid/price", R"({"bid": {"price": -1}})"},
      {"/bid/price", R"({"bid": {"price": 200001}})"},
      {"/bid/price", R"({"bid": {"price": "1.5"}})"},
      {"/bid/price", R"({"bid": {"model": "cpc", "price": 0.000001, "expected_ctr": 0.000001}})"},
      {"/bid/model", R"({"bid": {"model": "cpv"}})"},
      {"/bid/expected_cvr", R"({"bid": {"model": "cpa", "expected_ctr": 0.1}})"},
      {"/bid/expected_ctr", R"({"bid": {"model": "cpa", "expected_cvr": 0.1}})"},
      {"/bid/expected_cvr", R"({"bid": {"model": "cpc", "expected_ctr": 0.1, "expected_cvr": 0.1}})"},
      {"/bid/expected_cvr", R"({"bid": {"model": "cpa", "expected_ctr": 0.1, "expected_cvr": 0}})"},
      {"/bid/max", R"({"bid": {"max": 0}})"},
      {"/bid/max", R"({"bid": {"max": "1"}})"},
      {"/bid/max", R"({"bid": {"max": 200001}})"},
      {"/budget", R"({"budget": 500})"},
      {"/budget", R"({"budget": {}})"},
      {"/budget", R"({"budget": {"pacing": "asap"}})"},
      {"/budget/daily", R"({"budget": {"daily": "500"}})"},
      {"/budget/daily", R"({"budget": {"daily": 0}})"},
      {"/budget/daily", R"({"budget": {"daily": -1}})"},
      {"/budget/daily", R"({"budget": {"daily": 0.000999}})"},
      {"/budget/daily", R"({"budget": {"daily": 4000000001}})"},
      {"/budget/total", R"({"budget": {"total": 4000000001, "daily": 1}})"},
      {"/budget/total", R"({"budget": {"total": 1, "daily": 2}})"},
      {"/budget/time_zone", R"({"budget": {"daily": 1, "time_zone": "Europe/Berln"}})"},
      {"/budget/time_zone", R"({"budget": {"daily": 1, "time_zone": "CEST+2"}})"},
      {"/budget/time_zone", R"({"budget": {"daily": 1, "time_zone": 1}})"},
      {"/budget/pacing", R"({"budget": {"daily": 1, "pacing": "smooth"}})"},
      {"/budget/pacing", R"({"budget": {"total": 100}})"},
      {"/budget/weekly", R"({"budget": {"daily": 1, "weekly": 5}})"},
      {"/frequency", R"({"frequency": 3})"},
      {"/frequency/caps", R"({"frequency": {}})"},
      {"/frequency/caps", R"({"frequency": {"caps": []}})"},
      {"/frequency/caps", R"({"frequency": {"caps": {"times": 1, "per": "1d"}}})"},
      {"/frequency/caps/0/times", R"({"frequency": {"caps": [{"per": "1d"}]}})"},
      {"/frequency/caps/0/times", R"({"frequency": {"caps": [{"times": 0, "per": "1d"}]}})"},
      {"/frequency/caps/0/times", R"({"frequency": {"caps": [{"times": 65, "per": "1d"}]}})"},
      {"/frequency/caps/0/times", R"({"frequency": {"caps": [{"times": 1.5, "per": "1d"}]}})"},
      {"/frequency/caps/0/per", R"({"frequency": {"caps": [{"times": 1}]}})"},
      {"/frequency/caps/0/per", R"({"frequency": {"caps": [{"times": 1, "per": "30s"}]}})"},
      {"/frequency/caps/0/per", R"({"frequency": {"caps": [{"times": 1, "per": "0m"}]}})"},
      {"/frequency/caps/0/per", R"({"frequency": {"caps": [{"times": 1, "per": "31d"}]}})"},
      {"/frequency/caps/0/per", R"({"frequency": {"caps": [{"times": 1, "per": "d"}]}})"},
      {"/frequency/caps/0/per", R"({"frequency": {"caps": [{"times": 1, "per": ""}]}})"},
      {"/frequency/caps/0/per", R"({"frequency": {"caps": [{"times": 1, "per": "4294967295d"}]}})"},
      {"/frequency/caps/0/per", R"({"frequency": {"caps": [{"times": 1, "per": "1d2h"}]}})"},
      {"/frequency/caps/0/per", R"({"frequency": {"caps": [{"times": 1, "per": 3600}]}})"},
      {"/frequency/caps/0/of", R"({"frequency": {"caps": [{"times": 1, "per": "1d", "of": "user"}]}})"},
      {"/frequency/caps/0/counted", R"({"frequency": {"caps": [{"times": 1, "per": "1d", "counted": "win"}]}})"},
      {"/frequency/caps/0/every", R"({"frequency": {"caps": [{"times": 1, "per": "1d", "every": 1}]}})"},
      {"/frequency/unknown_users", R"({"frequency": {"caps": [{"times": 1, "per": "1d"}], "unknown_users": "guess"}})"},
      {"/frequency/cap", R"({"frequency": {"caps": [{"times": 1, "per": "1d"}], "cap": 1}})"},
      {"/bid/expected_ctr", R"({"bid": {"model": "cpc"}})"},
      {"/bid/expected_ctr", R"({"bid": {"model": "cpc", "expected_ctr": 1.1}})"},
      {"/bid/expected_ctr", R"({"bid": {"model": "cpm", "expected_ctr": 0.1}})"},
      {"/bid/ctr", R"({"bid": {"ctr": 0.1}})"},
      {"/dsa", R"({"dsa": []})"},
      {"/dsa/paid", R"({"dsa": {"behalf": "a"}})"},
      {"/dsa/behalf", R"({"dsa": {"behalf": "", "paid": "a"}})"},
      {"/dsa/x", R"({"dsa": {"behalf": "b", "paid": "a", "x": 1}})"},
      {"/creatives", R"({"creatives": null})"},
      {"/creatives", R"({"creatives": []})"},
      {"/creatives", R"({"creatives": {}})"},
      {"/creatives/0", R"({"creatives": ["cr"]})"},
      {"/targetting", R"({"targetting": {"os": ["ios"]}})"},
      {"/targeting", R"({"targeting": ["ios"]})"},
      {"/targeting/contry", R"({"targeting": {"contry": ["DE"]}})"},
      {"/targeting/os/0", R"({"targeting": {"os": ["iso"]}})"},
      {"/targeting/os/1", R"({"targeting": {"os": ["ios", 3]}})"},
      {"/targeting/os", R"({"targeting": {"os": []}})"},
      {"/targeting/os", R"({"targeting": {"os": "ios"}})"},
      {"/targeting/os/exclude/0", R"({"targeting": {"os": {"exclude": ["iso"]}}})"},
      {"/targeting/os/any", R"({"targeting": {"os": {"include": ["ios"], "any": ["ios"]}}})"},
      {"/targeting/os", R"({"targeting": {"os": {"include": ["ios"], "exclude": ["ios"]}}})"},
      {"/targeting/rewarded", R"({"targeting": {"rewarded": "yes"}})"},
      {"/targeting/bundle", R"({"targeting": {"bundle": {}}})"},
      {"/targeting/bundle", R"({"targeting": {"bundle": {"include": [], "exclude": []}}})"},
      {"/targeting/bundle", R"({"targeting": {"bundle": 7}})"},
      {"/targeting/bundle/include", R"({"targeting": {"bundle": {"include": "com.a"}}})"},
      {"/targeting/bundle/include/0", R"({"targeting": {"bundle": {"include": [""]}}})"},
      {"/targeting/bundle/exclude/0", R"({"targeting": {"bundle": {"exclude": ["*"]}}})"},
      {"/targeting/country/1", R"({"targeting": {"country": ["DE", "Germany"]}})"},
      {"/targeting/segment/include", R"({"targeting": {"segment": {"any": ["s"], "include": ["s"]}}})"},
      {"/targeting/segment/all/0", R"({"targeting": {"segment": {"all": ["*"]}}})"},
      {"/targeting/os_version/0/os", R"({"targeting": {"os_version": [{"min": "1"}]}})"},
      {"/targeting/os_version/0/os", R"({"targeting": {"os_version": [{"os": "iso"}]}})"},
      {"/targeting/os_version/0/min", R"({"targeting": {"os_version": [{"os": "ios", "min": "new"}]}})"},
      {"/targeting/os_version/0/min", R"({"targeting": {"os_version": [{"os": "ios", "min": 12}]}})"},
      {"/targeting/os_version/0/max", R"({"targeting": {"os_version": [{"os": "ios", "min": "13", "max": "12"}]}})"},
      {"/targeting/os_version/0", R"({"targeting": {"os_version": ["13"]}})"},
      {"/targeting/radius/0", R"({"targeting": {"radius": [{"lat": 1, "lon": 2}]}})"},
      {"/targeting/radius/0/lat", R"({"targeting": {"radius": [{"lat": 91, "lon": 2, "km": 5}]}})"},
      {"/targeting/radius/0/km", R"({"targeting": {"radius": [{"lat": 9, "lon": 2, "km": 0}]}})"},
      {"/targeting/radius/0/miles", R"({"targeting": {"radius": [{"lat": 9, "lon": 2, "km": 5, "miles": 3}]}})"},
      {"/targeting/hour_of_week/0/days/0", R"({"targeting": {"hour_of_week": [{"days": ["monday"]}]}})"},
      {"/targeting/hour_of_week/0/days/0", R"({"targeting": {"hour_of_week": [{"days": [1]}]}})"},
      {"/targeting/hour_of_week/0/days", R"({"targeting": {"hour_of_week": [{"days": []}]}})"},
      {"/targeting/hour_of_week/0/to", R"({"targeting": {"hour_of_week": [{"from": 22, "to": 6}]}})"},
      {"/targeting/hour_of_week/0/to", R"({"targeting": {"hour_of_week": [{"to": 25}]}})"},
      {"/targeting/hour_of_week", R"({"targeting": {"hour_of_week": []}})"},
      {"/targeting/age", R"({"targeting": {"age": 18}})"},
      {"/targeting/age/max", R"({"targeting": {"age": {"min": 30, "max": 20}}})"},
      {"/targeting/age/min", R"({"targeting": {"age": {"min": -1}}})"},
      {"/targeting/age/from", R"({"targeting": {"age": {"from": 18}}})"},
  };
  for (const Mistake& mistake : mistakes) {
    const Loaded loaded = load(testing::file({campaign("c", mistake.patch)}));
    EXPECT_EQ(places(loaded), Places{std::string("/campaigns/0") + mistake.where}) << mistake.patch << "\n"
                                                                                   << testing::text_of(loaded.faults);
  }
}

struct CreativeMistake {
  const char* media;
  const char* where;
  const char* patch;
};

TEST(CreativeFaults, AreFoundWhereTheyAre) {
  const CreativeMistake mistakes[] = {
      {"banner", "/id", R"({"id": null})"},
      {"banner", "/id", R"({"id": "{{"})"},
      {"banner", "/media", R"({"media": null})"},
      {"banner", "/media", R"({"media": "html"})"},
      {"banner", "", R"({"w": null})"},
      {"banner", "/w", R"({"w": 0})"},
      {"banner", "/h", R"({"h": 250.5})"},
      {"banner", "/h", R"({"h": 10001})"},
      {"banner", "/markup", R"({"markup": null})"},
      {"banner", "/markup", R"({"markup": ""})"},
      {"banner", "/markup", R"({"markup": "{{clickurl}}"})"},
      {"banner", "/markup", R"({"markup": "{{auction_id"})"},
      {"banner", "/markup", R"({"markup": "{{Auction_ID}}"})"},
      {"banner", "/btype", R"({"btype": 5})"},
      {"banner", "/adomain", R"({"adomain": null})"},
      {"banner", "/adomain", R"({"adomain": []})"},
      {"banner", "/adomain", R"({"adomain": "brand.example"})"},
      {"banner", "/adomain/0", R"({"adomain": [""]})"},
      {"banner", "/adomain/1", R"({"adomain": ["brand.example", "https://brand.example"]})"},
      {"banner", "/adomain/0", R"({"adomain": ["brand.example/page"]})"},
      {"banner", "/adomain/0", R"({"adomain": ["brand"]})"},
      {"banner", "/cat/0", R"({"cat": [25]})"},
      {"banner", "/cattax", R"({"cattax": 0})"},
      {"banner", "/attr/0", R"({"attr": [64]})"},
      {"banner", "/attr/1", R"({"attr": [1, "2"]})"},
      {"banner", "/api", R"({"api": 7})"},
      {"banner", "/bundle", R"({"bundle": 7})"},
      {"banner", "/iurl", R"({"iurl": "cdn.example/i.png"})"},
      {"banner", "/iurl", R"({"iurl": "https://cdn.example/{{random}}.png"})"},
      {"banner", "/markup", R"({"markup": "<b>{{native_imp}}</b>"})"},
      {"banner", "/landing_page", R"({"markup": "<a href='{{click_url}}'>ad</a>"})"},
      {"banner", "/landing_page", R"({"markup": "<a href='{{click_url}}'>ad</a>", "landing_page": ""})"},
      {"banner", "/landing_page", R"({"landing_page": "brand.example"})"},
      {"banner", "/landing_page", R"({"landing_page": "https://brand.example/?a={{auction_id}}"})"},
      {"banner", "/landing_page", R"({"landing_page": "https://brand.example/?a={{click_url}}"})"},
      {"banner", "/landing_page", R"({"landing_page": "https://brand.example/a b"})"},
      {"video", "/landing_page", R"({"landing_page": "https://brand.example/?a={{imp_url}}"})"},
      {"video", "/landing_page", R"({"landing_page": "https://brand.example/\r\nSet-Cookie:a"})"},
      {"native", "/landing_page", R"({"landing_page": "https://brand.example/\u007f"})"},
      {"native", "/landing_page", R"({"landing_page": "https://brand.example/\u0000"})"},
      {"video", "/media_files/0/url",
       R"({"media_files": [{"url": "https://a.example/{{click_url}}", "type": "video/mp4", "w": 1, "h": 1}]})"},
      {"banner", "/duration", R"({"duration": 15})"},
      {"video", "/duration", R"({"duration": null})"},
      {"video", "/duration", R"({"duration": 0})"},
      {"video", "/vast", R"({"vast": "4.2"})"},
      {"video", "/landing_page", R"({"landing_page": null})"},
      {"video", "/landing_page", R"({"landing_page": "brand.example"})"},
      {"video", "/landing_page", R"({"landing_page": "https://brand.example/{{nobody}}"})"},
      {"video", "/media_files", R"({"media_files": null})"},
      {"video", "/media_files", R"({"media_files": []})"},
      {"video", "/media_files", R"({"media_files": "v.mp4"})"},
      {"video", "/media_files/0", R"({"media_files": ["v.mp4"]})"},
      {"video", "/media_files/0", R"({"media_files": [{"url": "https://a.example/v", "type": "video/mp4", "w": 1}]})"},
      {"video", "/media_files/0/url", R"({"media_files": [{"url": "v.mp4", "type": "video/mp4", "w": 1, "h": 1}]})"},
      {"video", "/media_files/0/type", R"({"media_files": [{"url": "https://a.example/v", "w": 1, "h": 1}]})"},
      {"video", "/media_files/0/h",
       R"({"media_files": [{"url": "https://a.example/v", "type": "video/mp4", "w": 1, "h": 0}]})"},
      {"video", "/media_files/0/bitrate",
       R"({"media_files": [{"url": "https://a.example/v", "type": "video/mp4", "w": 1, "h": 1, "bitrate": 1}]})"},
      {"video", "/markup", R"({"markup": "<b>ad</b>"})"},
      {"native", "", R"({"titles": null})"},
      {"native", "/titles", R"({"titles": "A title"})"},
      {"native", "/titles/0", R"({"titles": [""]})"},
      {"native", "/titles", R"({"titles": ["{{imp_id}}"]})"},
      {"native", "/landing_page", R"({"landing_page": null})"},
      {"native", "/images/0/type", R"({"images": [{"url": "https://a.example/i", "w": 1, "h": 1}]})"},
      {"native", "/images/0/type", R"({"images": [{"type": "logo", "url": "https://a.example/i", "w": 1, "h": 1}]})"},
      {"native", "/images/0", R"({"images": [{"type": "icon", "url": "https://a.example/i", "w": 1}]})"},
      {"native", "/images/0", R"({"images": ["https://a.example/i"]})"},
      {"native", "/images/0/url", R"({"images": [{"type": "icon", "w": 1, "h": 1}]})"},
      {"native", "/images/0/w", R"({"images": [{"type": "icon", "url": "https://a.example/i", "w": 0, "h": 1}]})"},
      {"native", "/data/0/type", R"({"data": [{"value": "x"}]})"},
      {"native", "/data/0/type", R"({"data": [{"type": "slogan", "value": "x"}]})"},
      {"native", "/data/0/value", R"({"data": [{"type": "desc"}]})"},
      {"native", "/data/0/value", R"({"data": [{"type": "desc", "value": "{{random}}"}]})"},
      {"native", "/w", R"({"w": 300})"},
  };
  for (const CreativeMistake& mistake : mistakes) {
    Json c = campaign("c");
    c["creatives"] = {creative(mistake.media, mistake.patch)};
    // A creative whose medium is unknown is looked at no further.
    const Loaded loaded = load(testing::file({c}));
    EXPECT_EQ(places(loaded), Places{std::string("/campaigns/0/creatives/0") + mistake.where})
        << mistake.media << " " << mistake.patch << "\n"
        << testing::text_of(loaded.faults);
  }
}

TEST(FileFaults, AreFoundWhereTheyAre) {
  const CurrencyTable table = testing::currencies();
  const std::pair<const char*, Places> texts[] = {
      {"", {""}},
      {"{", {""}},
      {R"({"campaigns": [],})", {""}},
      {"{} {}", {""}},
      {"\xff", {""}},
      {"[]", {""}},
      {"{}", {"/campaigns"}},
      {R"({"campaigns": null})", {"/campaigns"}},
      {R"({"campaigns": {}})", {"/campaigns"}},
      {R"({"campaigns": [], "version": 2})", {"/version"}},
      {R"({"campaigns": [1, "x"]})", {"/campaigns/0", "/campaigns/1"}},
  };
  for (const auto& [text, expected] : texts) {
    const Loaded loaded = load_campaigns(text, table);
    EXPECT_EQ(places(loaded), expected) << text << "\n" << testing::text_of(loaded.faults);
  }
}

TEST(FileFaults, NameRepeatedIds) {
  Json twins = campaign("c2");
  twins["creatives"] = {creative("banner"), creative("video"), creative("native")};
  const Loaded loaded = load(testing::file({campaign("c1"), twins, campaign("c1"), campaign("c1")}));
  EXPECT_EQ(places(loaded), (Places{"/campaigns/1/creatives/1/id", "/campaigns/1/creatives/2/id", "/campaigns/2/id",
                                    "/campaigns/3/id"}));
  EXPECT_NE(testing::text_of(loaded.faults).find("/campaigns/0"), std::string::npos) << "says which is the other";
}

TEST(FileFaults, DoNotCallMissingIdsRepeated) {
  Json nameless = campaign("c");
  nameless.erase("id");
  nameless["creatives"] = {creative("banner", R"({"id": null})"), creative("banner", R"({"id": null})")};
  EXPECT_EQ(places(load(testing::file({nameless, nameless}))),
            (Places{"/campaigns/0/creatives/0/id", "/campaigns/0/creatives/1/id", "/campaigns/0/id",
                    "/campaigns/1/creatives/0/id", "/campaigns/1/creatives/1/id", "/campaigns/1/id"}));
}

TEST(FileFaults, AreAllThereAtOnce) {
  Json first = campaign("c1", R"({"seat": null, "currency": "XTS", "bid": {"model": "cpc", "price": -1},
                                  "flight": {"start": "tomorrow"}, "budget": 5})");
  first["creatives"] = {creative("banner", R"({"w": -1, "markup": "{{x}} {{y}}", "adomain": ["a b"]})")};
  const Json second = campaign("c1", R"({"targeting": {"os": ["iso"], "country": ["Spain"], "age": {"min": "x"}}})");
  const Loaded loaded = load(testing::file({first, second}));
  EXPECT_EQ(places(loaded), (Places{"/campaigns/0/bid/expected_ctr", "/campaigns/0/bid/price", "/campaigns/0/budget",
                                    "/campaigns/0/creatives/0/adomain/0", "/campaigns/0/creatives/0/markup",
                                    "/campaigns/0/creatives/0/markup", "/campaigns/0/creatives/0/w",
                                    "/campaigns/0/currency", "/campaigns/0/flight/start", "/campaigns/0/seat",
                                    "/campaigns/1/id", "/campaigns/1/targeting/age/min",
                                    "/campaigns/1/targeting/country/0", "/campaigns/1/targeting/os/0"}))
      << testing::text_of(loaded.faults);
}

TEST(FileFaults, SuggestWhatIsKnownForAMisspelling) {
  const Loaded loaded = load(testing::file({campaign("c", R"({"targeting": {"devicetype": ["tv"]}})")}));
  ASSERT_EQ(loaded.faults.size(), 1u);
  EXPECT_NE(loaded.faults[0].what.find("device_type"), std::string::npos) << loaded.faults[0].what;
}

}  // namespace
}  // namespace bidwell::catalog
