// What video, audio and native creatives must fit.
#include "tests/bidding/rules.h"

namespace bidwell::bidding::testing {

// The sample creative lasts 15 seconds; the sample impression takes 5 to 30.
std::vector<Rule> media_rules() {
  std::vector<Rule> rules = {
      {.imp = R"({"native": {"battr": [2]}})", .media = "native"},
      {.expected = Reason::attribute_blocked,
       .creative = R"({"attr": [2]})",
       .imp = R"({"native": {"battr": [2]}})",
       .media = "native"},
      {.expected = Reason::api, .creative = R"({"api": [7]})", .media = "native"},
      {.creative = R"({"api": [7]})", .imp = R"({"native": {"api": [7]}})", .media = "native"},
      {.expected = Reason::native_assets,
       .creative = R"({"titles": ["A title of 26 characters!!"]})",
       .media = "native"},
      {.creative = R"({"titles": ["A title of 26 characters!!", "Short"]})", .media = "native"},
      {.expected = Reason::insecure,
       .creative = R"({"images": [{"type": "main", "url": "http://a.example/i", "w": 1, "h": 1}]})",
       .imp = R"({"secure": 1})",
       .media = "native"},
      {.expected = Reason::advertiser_blocked, .request = R"({"badv": ["brand.example"]})", .media = "native"},
      {.expected = Reason::linearity, .imp = R"({"video": {"linearity": 2}})", .media = "video"},
      {.imp = R"({"video": {"linearity": 1}})", .media = "video"},
      {.expected = Reason::format, .imp = R"({"video": null, "audio": {}})", .media = "video"},
  };
  // As imp.video, and the same as imp.audio.
  struct Stream {
    Reason expected;
    const char* creative;
    const char* offer;
  };
  static constexpr Stream kStreams[] = {
      {Reason::none, "{}", R"({"mimes": null})"},
      {Reason::none, "{}", R"({"mimes": ["video/webm", " VIDEO/mp4"]})"},
      {Reason::mime, "{}", R"({"mimes": ["video/webm"]})"},
      {Reason::none,
       R"({"media_files": [{"url": "https://a.example/v", "type": "video/webm", "w": 1, "h": 1},
                           {"url": "https://a.example/v", "type": "video/mp4", "w": 1, "h": 1}]})",
       "{}"},  // one that can be played is enough
      {Reason::none, R"({"vast": "4.0"})", R"({"protocols": [7]})"},
      {Reason::protocol, R"({"vast": "4.0"})", R"({"protocols": [2, 3]})"},
      {Reason::protocol, "{}", R"({"protocols": [6]})"},  // a wrapper of VAST 3.0 is not VAST 3.0
      {Reason::none, "{}", R"({"protocols": null})"},
      {Reason::none, "{}", R"({"delivery": [1, 2]})"},
      {Reason::delivery, "{}", R"({"delivery": [1]})"},
      {Reason::attribute_blocked, R"({"attr": [16]})", R"({"battr": [16]})"},
      {Reason::none, R"({"attr": [16]})", R"({"battr": [1, 17]})"},
      {Reason::api, R"({"api": [7]})", R"({"api": [2]})"},
      {Reason::none, R"({"api": [7]})", R"({"api": [2, 7]})"},
      {Reason::insecure, R"({"media_files": [{"url": "http://a.example/v", "type": "video/mp4", "w": 1, "h": 1}]})",
       R"({"secure": 1})"},
      // Durations.
      {Reason::none, "{}", R"({"minduration": 15, "maxduration": 15})"},
      {Reason::duration, "{}", R"({"minduration": 16})"},
      {Reason::duration, "{}", R"({"maxduration": 14})"},
      {Reason::none, "{}", R"({"minduration": null, "maxduration": null})"},
      {Reason::duration, "{}", R"({"maxduration": 0})"},  // nothing fits, as written
      // Pods: exact durations exclude the bounds, and no ad is longer than its pod.
      {Reason::none, "{}", R"({"rqddurs": [10, 15], "minduration": 20})"},
      {Reason::duration, "{}", R"({"rqddurs": [14, 16]})"},
      {Reason::none, "{}", R"({"poddur": 15, "maxseq": 4})"},
      {Reason::duration, "{}", R"({"poddur": 14, "maxseq": 4})"},
      {Reason::duration, "{}", R"({"poddur": 10, "rqddurs": [15]})"},
      // A dollar for 15 seconds is 0.066666 a second.
      {Reason::none, "{}", R"({"mincpmpersec": 0.066666})"},
      {Reason::below_floor, "{}", R"({"mincpmpersec": 0.066667})"},
      {Reason::below_floor, "{}", R"({"mincpmpersec": 0.0333335, "bidfloorcur": "EUR"})"},
      {Reason::none, "{}", R"({"mincpmpersec": 0.033333, "bidfloorcur": "EUR"})"},
      {Reason::below_floor, "{}", R"({"mincpmpersec": 6.66667, "bidfloorcur": "JPY"})"},
      {Reason::none, "{}", R"({"mincpmpersec": 6.6666, "bidfloorcur": "JPY"})"},
      {Reason::floor_unreadable, "{}", R"({"mincpmpersec": "x"})"},
  };
  for (const char* media : {"video", "audio"}) {
    for (const Stream& stream : kStreams) {
      Json imp = Json::object(), offer = Json::parse(stream.offer);
      for (const char* key : {"secure", "bidfloorcur"}) {  // the impression's own
        if (!offer.contains(key)) continue;
        imp[key] = offer[key];
        offer.erase(key);
      }
      imp[media] = offer;
      rules.push_back({.expected = stream.expected, .creative = stream.creative, .imp = imp.dump(), .media = media});
    }
  }
  return rules;
}

}  // namespace bidwell::bidding::testing
