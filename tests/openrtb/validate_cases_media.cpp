// Cases of the rules on the place that was offered: 17-20.
#include "tests/openrtb/validate_cases.h"

namespace bidwell::openrtb {
namespace {

std::string bid(const char* key) {
  return std::string("/seatbid/0/bid/0/") + key;
}

Edits size(int w, int h) {
  return {{bid("w"), w}, {bid("h"), h}};
}
Edits no_size() {
  return {{bid("w"), gone()}, {bid("h"), gone()}};
}
Edits banner(const char* json) {
  return {{"/imp/0/banner", Json::parse(json)}};
}

const char* const kWrapper =
    R"(<VAST version="2.0"><Ad><Wrapper><VASTAdTagURI>https://b.example/</VASTAdTagURI></Wrapper></Ad></VAST>)";

}  // namespace

std::vector<Case> media_cases() {
  const Base b = Base::banner;
  const Base v = Base::video;
  const std::string vast = response_of({0, false, "", v, {}, {}}).at(Json::json_pointer(bid("adm")));
  const auto with = [&](const std::string& part, const std::string& other) {
    std::string text = vast;
    return Edits{{bid("adm"), text.replace(text.find(part), part.size(), other)}};
  };
  const auto video = [](const char* key, const Json& value) {
    return Edits{{std::string("/imp/0/video/") + key, value}};
  };
  const Edits audio = {{"/imp/0/audio", {{"mimes", {"audio/mp4"}}}}, {"/imp/0/video", gone()}};
  const Edits exact = {{"/imp/0/video/rqddurs", {15, 60}}, {"/imp/0/video/maxduration", gone()}};
  const Edits pod = {{"/imp/0/video/poddur", 60}, {"/imp/0/video/maxseq", 3}};
  const char* const two_sizes = R"({"w":300,"h":250,"format":[{"w":"320","h":50},{"w":300,"h":250}]})";
  return {
      {17, false, "ExactSize", b, {}, {}},
      {17, true, "OtherSize", b, {}, size(250, 300)},
      {17, true, "OnlyWidth", b, {}, {{bid("h"), gone()}}},
      {17, false, "OneSizeUnsaid", b, {}, no_size()},
      {17, true, "OneOfTwoUnsaid", b, banner(two_sizes), no_size()},
      {17, false, "SizeOfFormat", b, banner(two_sizes), size(320, 50)},
      {17, false, "SizeOfBanner", b, banner(two_sizes), size(300, 250)},
      {17, true, "SizeMixed", b, banner(two_sizes), size(320, 250)},
      {17, true, "NothingOffered", b, banner("{}"), size(300, 250)},
      {17, true, "ZeroOffered", b, banner(R"({"w":0,"h":0})"), size(0, 0)},
      {17, false, "Ratio", b, banner(R"({"format":[{"wratio":16,"hratio":9,"wmin":320}]})"), size(640, 360)},
      {17, false, "RatioRounded", b, banner(R"({"format":[{"wratio":16,"hratio":9}]})"), size(500, 281)},
      {17, true, "OtherRatio", b, banner(R"({"format":[{"wratio":16,"hratio":9}]})"), size(640, 480)},
      {17, true, "RatioTooSmall", b, banner(R"({"format":[{"wratio":16,"hratio":9,"wmin":700}]})"), size(640, 360)},
      {17, false, "WithinRange", b, banner(R"({"wmin":200,"wmax":400,"hmin":50,"hmax":300})"), size(320, 100)},
      {17, true, "BeyondRange", b, banner(R"({"wmin":200,"wmax":400,"hmin":50,"hmax":300})"), size(401, 100)},
      {17, true, "BelowRange", b, banner(R"({"wmin":200,"wmax":400,"hmin":50,"hmax":300})"), size(199, 100)},
      {17, false, "RangeOfOneDimension", b, banner(R"({"w":300,"hmin":50,"hmax":300})"), size(300, 100)},
      {17, true, "RangeUnsaid", b, banner(R"({"w":300,"h":250,"hmin":50})"), no_size()},
      {17, false, "VideoOfAnySize", v, {}, size(1920, 1080)},

      {18, false, "TypeUnsaidAmongOne", b, {}, {{bid("mtype"), gone()}}},
      {18, true, "TypeUnsaidAmongTwo", b, {{"/imp/0/native", {{"ver", "1.2"}}}}, {{bid("mtype"), gone()}}},
      {18, false, "TypeAmongTwo", b, {{"/imp/0/native", {{"ver", "1.2"}}}}, {}},
      {18, true, "TypeNotOffered", b, {}, {{bid("mtype"), 4}, {bid("adm"), gone()}}},
      {18, true, "TypeUnknown", b, {}, {{bid("mtype"), 5}}},
      {18, true, "NothingOfAnyType", b, {{"/imp/0/banner", gone()}}, {{bid("mtype"), gone()}}},
      {18, true, "OfferIsNull", b, {{"/imp/0/banner", nullptr}}, {}},
      {18, false, "VideoType", v, {}, {{bid("mtype"), 2}}},
      {18, false, "AudioType", v, audio, {{bid("mtype"), 3}, {bid("adm"), kWrapper}}},

      {19, false, "Mime", v, video("mimes", {"video/webm", "VIDEO/mp4"}), {}},
      {19, true, "OtherMime", v, video("mimes", {"video/webm"}), {}},
      {19, true, "OtherMimeOfAudio", v, audio, {}},
      {19, false, "MimeWithCodecs", v, {}, with("video/mp4", "video/mp4; codecs=avc1")},
      {19, true, "TooShort", v, {}, with("00:00:15", "00:00:04")},
      {19, true, "TooLong", v, {}, with("00:00:15", "00:01:15")},
      {19, true, "TooLongByAFraction", v, {}, with("00:00:15", "00:00:30.500")},
      {19, false, "LongestAllowed", v, {}, with("00:00:15", "00:00:30.000")},
      {19, true, "DurationUnreadable", v, {}, with("00:00:15", "15")},
      {19, true, "StatedTooLong", v, {}, {{bid("dur"), 31}}},
      {19, false, "Stated", v, {}, {{bid("dur"), 30}}},
      {19, false, "ProtocolStated", v, {}, {{bid("protocol"), 3}}},
      {19, true, "ProtocolNotOffered", v, {}, {{bid("protocol"), 7}}},
      {19, true, "VersionNotOffered", v, {}, with("<VAST version=\"3.0\"", "<VAST version=\"4.2\"")},
      {19, true, "DeprecatedProtocol", v, {{"/imp/0/video/protocols", gone()}, {"/imp/0/video/protocol", "2"}}, {}},
      {19, false, "WrapperOfInlineProtocol", v, {}, {{bid("adm"), kWrapper}}},
      {19, true, "WrapperNotOffered", v, video("protocols", {3, 6}), {{bid("adm"), kWrapper}}},
      {19, false, "ApiOffered", v, {}, {{bid("apis"), {7}}}},
      {19, true, "ApiNotOffered", v, {}, {{bid("apis"), {7, 2}}}},
      {19, true, "NoApiOffered", v, video("api", gone()), {{bid("api"), 7}}},
      {19, true, "VpaidNotOffered", v, {}, with("<MediaFile ", "<MediaFile apiFramework=\"VPAID\" ")},
      {19, false, "VpaidOffered", v, video("api", {2}), with("<MediaFile ", "<MediaFile apiFramework=\"VPAID\" ")},
      {19, true, "BannerApiNotOffered", b, {{"/imp/0/banner/api", {3, 5}}}, {{bid("api"), 6}}},
      {19, false, "BannerApiOffered", b, {{"/imp/0/banner/api", {3, 5}}}, {{bid("api"), 5}}},
      {19, false, "BannerApiLeftOpen", b, {}, {{bid("api"), 5}}},

      {20, false, "RequiredDuration", v, exact, {}},
      {20, true, "NotRequiredDuration", v, exact, with("00:00:15", "00:00:20")},
      {20, false, "BoundsDoNotCount", v, {{"/imp/0/video/rqddurs", {60}}}, with("00:00:15", "00:01:00")},
      {20, true, "RequiredDurationUnsaid", v, exact, {{bid("adm"), kWrapper}}},
      {20, false, "RequiredDurationStated", v, exact, {{bid("adm"), kWrapper}, {bid("dur"), 60}}},
      {20, true, "LongerThanPod", v, {{"/imp/0/video/poddur", 10}}, {}},
      {20, false, "SlotInDynamicPod", v, pod, {{bid("slotinpod"), 1}}},
      {20, true, "SlotOutsideOfPod", v, {}, {{bid("slotinpod"), -1}}},
      {20, false, "AnySlot", v, {}, {{bid("slotinpod"), 0}}},
      {20, false, "PriceBySecond", v, video("mincpmpersec", 0.2), {}},
      {20, true, "BelowPriceBySecond", v, video("mincpmpersec", "0.21"), {}},
      {20, true, "BelowConvertedBySecond", v, {{"/imp/0/video/mincpmpersec", 0.5}, {"/imp/0/bidfloorcur", "EUR"}}, {}},
      {20, true, "PriceBySecondUnreadable", v, video("mincpmpersec", ""), {}},
      {20, true, "PriceBySecondOfUnknown", v, video("mincpmpersec", 0.01), {{bid("adm"), kWrapper}}},
  };
}

}  // namespace bidwell::openrtb
