// A request is written as text from tables of what is common; what an auction needs to know of it is noted on the way.
#include "market/generate.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace bidwell::market {
namespace {

struct Size {
  unsigned w, h;
};
constexpr std::array<Size, 8> kDesktop = {
    {{300, 250}, {728, 90}, {300, 600}, {160, 600}, {970, 250}, {468, 60}, {120, 600}, {336, 280}}};
constexpr std::array<Size, 5> kMobile = {{{320, 50}, {300, 250}, {320, 100}, {320, 480}, {300, 50}}};

struct Country {
  std::string_view code;
  double lat, lon;
  std::string_view language;
};
// The first come more often.
constexpr std::array<Country, 12> kCountries = {{{"USA", 40.7, -74.0, "en"},
                                                 {"GBR", 51.5, -0.1, "en"},
                                                 {"DEU", 52.5, 13.4, "de"},
                                                 {"FRA", 48.9, 2.4, "fr"},
                                                 {"BRA", -23.6, -46.6, "pt"},
                                                 {"IND", 19.1, 72.9, "en"},
                                                 {"CAN", 43.7, -79.4, "en"},
                                                 {"JPN", 35.7, 139.7, "ja"},
                                                 {"ESP", 40.4, -3.7, "es"},
                                                 {"ITA", 41.9, 12.5, "it"},
                                                 {"AUS", -33.9, 151.2, "en"},
                                                 {"MEX", 19.4, -99.1, "es"}}};

constexpr std::array<std::string_view, 8> kCategories = {"IAB1",  "IAB7-45", "IAB9", "IAB12",
                                                         "IAB17", "IAB19-6", "IAB2", "IAB22"};

constexpr std::array<std::string_view, 4> kDesktopAgents = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 "
    "Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:120.0) Gecko/20100101 Firefox/120.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36"};
constexpr std::string_view kAndroidAgent =
    "Mozilla/5.0 (Linux; Android 13; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile "
    "Safari/537.36";
constexpr std::string_view kIosAgent =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 "
    "Mobile/15E148 Safari/604.1";

// As a JSON string: the quotes within are escaped.
constexpr std::string_view kNative12 =
    R"({\"ver\":\"1.2\",\"context\":1,\"plcmttype\":1,\"assets\":[{\"id\":1,\"required\":1,\"title\":{\"len\":90}},)"
    R"({\"id\":2,\"required\":1,\"img\":{\"type\":3,\"wmin\":300,\"hmin\":157}},{\"id\":3,\"data\":{\"type\":1,\"len\":30}},)"
    R"({\"id\":4,\"data\":{\"type\":2,\"len\":90}}],\"eventtrackers\":[{\"event\":1,\"methods\":[1]}]})";
constexpr std::string_view kNative11 =
    R"({\"ver\":\"1.1\",\"layout\":6,\"assets\":[{\"id\":1,\"required\":1,\"title\":{\"len\":90}},)"
    R"({\"id\":2,\"required\":1,\"img\":{\"type\":3,\"wmin\":300,\"hmin\":157}}]})";

template <class Table>
const typename Table::value_type& of(const Table& table, Random& random) {
  return table[random.below(table.size())];
}

void check_share(double share, const char* what) {
  if (!(share >= 0 && share <= 1)) throw std::invalid_argument(fmt::format("{} is a share, from 0 to 1", what));
}

}  // namespace

// One request on its way.
struct Generator::Writer {
  const Options& options;
  Random& random;
  std::uint64_t user, site;
  Ask& ask;

  bool app = false, mobile = false, android = false, native = false, video = false;
  const Country* country = nullptr;

  template <class... Values>
  void add(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(ask.body), format, std::forward<Values>(values)...);
  }

  void write() {
    app = random.chance(options.app_share);
    mobile = app || random.chance(0.45);
    android = random.chance(0.6);
    // By the user, not by the auction: people stay where they are.
    const std::uint64_t place = mix(user, 1) % 24;
    country = &kCountries[place < kCountries.size() ? place : place % 4];
    ask.test = random.chance(options.test_share);

    add(R"({{"id":"{}","at":{},"tmax":{},)", ask.id, options.auction_type, options.tmax_ms);
    if (ask.test) add(R"("test":1,)");
    if (random.chance(0.3)) add(R"("cur":["USD"],)");
    if (random.chance(0.05)) add(R"("badv":["badv{}.example"],)", random.below(100));
    if (random.chance(0.05)) add(R"("bcat":["IAB25","IAB26"],)");
    add(R"("imp":[)");
    const std::uint64_t count = random.chance(0.85) ? 1 : 2 + random.below(3);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (i != 0) add(",");
      impression(i + 1);
    }
    add("],");
    app ? write_app() : write_site();
    write_device();
    write_user();
    add("}}");
  }

  void impression(std::uint64_t number) {
    Impression& imp = ask.impressions.emplace_back();
    imp.id = fmt::format("{}", number);
    add(R"({{"id":"{}",)", imp.id);
    const double kind = random.uniform();
    if (kind < options.video_share) {
      write_video();
    } else if (kind < options.video_share + options.native_share) {
      write_native();
    } else {
      write_banner();
    }
    if (random.chance(0.8)) {
      imp.floor = static_cast<Micros>(random.log_normal(0.25, 0.9) * 100) * 10'000;
      add(R"(,"bidfloor":{}.{:02},"bidfloorcur":"USD")", imp.floor / kMicrosPerUnit, imp.floor / 10'000 % 100);
    }
    if (random.chance(0.03)) write_deal(imp);
    add(R"(,"secure":1}})");
  }

  void write_banner() {
    const Size first = mobile ? of(kMobile, random) : of(kDesktop, random);
    if (random.chance(0.7)) {
      add(R"("banner":{{"w":{},"h":{},"pos":{}}})", first.w, first.h, random.below(4));
      if (app && first.h == 480) add(R"(,"instl":1)");
      return;
    }
    const Size second = mobile ? of(kMobile, random) : of(kDesktop, random);
    add(R"("banner":{{"format":[{{"w":{},"h":{}}},{{"w":{},"h":{}}}],"topframe":1}})", first.w, first.h, second.w,
        second.h);
  }
  void write_video() {
    const bool long_one = random.chance(0.5);
    add(R"("video":{{"mimes":["video/mp4"{}],"minduration":5,"maxduration":{},"protocols":[2,3,5,6],"w":{},"h":{},)"
        R"("startdelay":0,"linearity":1,"plcmt":1,"playbackmethod":[1]}})",
        random.chance(0.5) ? R"(,"video/webm")" : "", long_one ? 60 : 15, mobile ? 480 : 640, mobile ? 320 : 360);
  }
  void write_native() {
    const bool newer = random.chance(0.7);
    add(R"("native":{{"ver":"{}","request":"{}"}})", newer ? "1.2" : "1.1", newer ? kNative12 : kNative11);
  }
  void write_deal(Impression& imp) {
    Deal& deal = imp.deals.emplace_back();
    deal.id = fmt::format("deal-{}", 1 + random.below(200));
    deal.floor = imp.floor + static_cast<Micros>(random.below(300)) * 10'000;
    add(R"(,"pmp":{{"private_auction":0,"deals":[{{"id":"{}","bidfloor":{}.{:02},"bidfloorcur":"USD"}}]}})", deal.id,
        deal.floor / kMicrosPerUnit, deal.floor / 10'000 % 100);
  }

  void write_site() {
    add(R"("site":{{"id":"s{}","domain":"site{}.example","page":"https://site{}.example/a/{}","cat":["{}"],)"
        R"("publisher":{{"id":"p{}"}}}},)",
        site, site, site, random.below(1000), kCategories[mix(site, 2) % kCategories.size()], site % 997);
  }
  void write_app() {
    add(R"("app":{{"id":"a{}","bundle":"com.example.app{}","name":"App {}","cat":["{}"],"publisher":{{"id":"p{}"}}}},)",
        site, site, site, kCategories[mix(site, 2) % kCategories.size()], site % 997);
  }

  void write_device() {
    const std::string_view agent = !mobile ? of(kDesktopAgents, random) : android ? kAndroidAgent : kIosAgent;
    add(R"("device":{{"ua":"{}","ip":"198.51.{}.{}","devicetype":{},"language":"{}",)", agent, 100 + mix(user, 3) % 100,
        mix(user, 4) % 254 + 1, mobile ? 4 : 2, country->language);
    if (mobile) {
      add(R"("os":"{}","osv":"{}","connectiontype":{},)", android ? "Android" : "iOS", android ? "13" : "17.1",
          random.chance(0.6) ? 2 : 6);
      if (app && random.chance(0.8)) {
        const std::uint64_t high = mix(user, 5), low = mix(user, 6);
        add(R"("ifa":"{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",)", high >> 32, high & 0xffff, high >> 16 & 0xfff,
            low & 0xfff, low >> 16);
      }
    }
    add(R"("geo":{{"country":"{}","lat":{:.4f},"lon":{:.4f},"type":2}}}},)", country->code,
        country->lat + (random.uniform() - 0.5) / 10, country->lon + (random.uniform() - 0.5) / 10);
  }
  // Ids come from the rank by a hash, so that nobody can tell the rank from them.
  void write_user() {
    add(R"("user":{{"id":"{:016x}")", mix(user, 7));
    if (random.chance(0.7)) add(R"(,"buyeruid":"b{:016x}")", mix(user, 8));
    if (mix(user, 9) % 3 == 0) add(R"(,"yob":{},"gender":"{}")", 1950 + mix(user, 10) % 55, user % 2 == 0 ? "F" : "M");
    add("}}");
  }
};

Generator::Generator(const Options& options, std::uint64_t run)
    : options_(options), run_(run), users_(options.users, options.user_skew), sites_(options.sites, options.site_skew) {
  check_share(options.video_share, "the share of video");
  check_share(options.native_share, "the share of native");
  check_share(options.video_share + options.native_share, "the share of video and native together");
  check_share(options.app_share, "the share of apps");
  check_share(options.test_share, "the share of tests");
}

bool Generator::next(std::uint64_t number, Ask& out) {
  Random random(mix(options_.seed, number));
  out.id = auction_id(run_, number);
  out.body.clear();
  out.currency = "USD";
  out.impressions.clear();
  const std::uint64_t user = users_(random), site = sites_(random);
  Writer{options_, random, user, site, out}.write();
  return true;
}

}  // namespace bidwell::market
