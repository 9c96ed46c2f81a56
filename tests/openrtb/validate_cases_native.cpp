// Cases of rule 22 on native answers.
#include "tests/openrtb/validate_cases.h"

namespace bidwell::openrtb {

std::vector<Case> native_cases() {
  const Base n = Base::native;
  const std::string adm = "/seatbid/0/bid/0/adm";
  const std::string request = "/imp/0/native/request";
  const Json asked =
      Json::parse(request_of({0, false, "", n, {}, {}}).at(Json::json_pointer(request)).get<std::string>());
  const auto answer = [&](const char* path, const Json& value) {
    Json document = native_answer();
    document[Json::json_pointer(path)] = value;
    return Edits{{adm, document.dump()}};
  };
  const auto without_asset = [&](std::size_t index) {
    Json document = native_answer();
    document["assets"].erase(index);
    return Edits{{adm, document.dump()}};
  };
  const auto video = [&](const char* duration, const char* mime) {
    const std::string vast = std::string("<VAST version=\"2.0\"><Ad><InLine><Linear><Duration>") + duration +
                             "</Duration><MediaFile type=\"" + mime + "\"/></Linear></InLine></Ad></VAST>";
    return answer("/assets/3", {{"id", 5}, {"video", {{"vasttag", vast}}}});
  };
  const Edits wrapped = {{adm, Json{{"native", native_answer()}}.dump()}};
  return {
      {22, false, "NativeAnswer", n, {}, {}},
      {22, true, "NotJson", n, {}, {{adm, "<b>ad</b>"}}},
      {22, true, "NotAnObject", n, {}, {{adm, "[]"}}},
      {22, false, "RequestAsObject", n, {{request, asked}}, {}},
      {22, false, "Wrapped", n, {{request, Json{{"native", asked}}.dump()}}, wrapped},
      {22, true, "WrapperMissing", n, {{request, {{"native", asked}}}}, {}},
      {22, true, "WrapperUnasked", n, {}, wrapped},
      {22, true, "RequestNotJson", n, {{request, "..."}}, {}},
      {22, true, "RequestMissing", n, {{request, gone()}}, {}},
      {22, true, "LinkMissing", n, {}, answer("/link", Json::object())},
      {22,
       false,
       "Trackers",
       n,
       {},
       answer("/eventtrackers", {{{"event", 1}, {"method", 1}, {"url", "https://a.b/"}}})},
      {22, false, "TrackerOfOwnMethod", n, {}, answer("/eventtrackers", {{{"event", 1}, {"method", 500}}})},
      {22, true, "TrackerWithoutUrl", n, {}, answer("/eventtrackers", {{{"event", 1}, {"method", 1}}})},
      {22, true, "TrackerOfNoEvent", n, {}, answer("/eventtrackers", {{{"method", 1}, {"url", "https://a.b/"}}})},
      {22, true, "ImpressionTrackersNoList", n, {}, answer("/imptrackers", "https://a.b/")},
      {22, true, "ClickTrackerEmpty", n, {}, answer("/link/clicktrackers", {""})},
      {22, true, "RequiredAssetMissing", n, {}, without_asset(0)},
      {22, false, "OptionalAssetMissing", n, {}, without_asset(2)},
      {22, true, "AssetNotAskedFor", n, {}, answer("/assets/2/id", 9)},
      {22, true, "AssetWithoutId", n, {}, answer("/assets/2", {{"data", {{"value", "x"}}}})},
      {22, true, "AssetTwice", n, {}, answer("/assets/3", {{"id", 4}, {"data", {{"value", "x"}}}})},
      {22, true, "AssetOfOtherKind", n, {}, answer("/assets/2", {{"id", 4}, {"title", {{"text", "x"}}}})},
      {22, true, "AssetOfNoKind", n, {}, answer("/assets/2", {{"id", 4}})},
      {22, false, "IdAsText", n, {}, answer("/assets/2/id", "4")},
      // Twelve characters in fourteen bytes are in the base; one more is too many.
      {22, true, "TitleTooLong", n, {}, answer("/assets/0/title/text", "Grüße, Welt!!")},
      {22, true, "TitleEmpty", n, {}, answer("/assets/0/title/text", "")},
      {22,
       true,
       "DataTooLong",
       n,
       {{request,
         [&] {
           Json less = asked;
           less["/assets/3/data/len"_json_pointer] = 5;
           return less;
         }()}},
       {}},
      {22, true, "DataOfOtherType", n, {}, answer("/assets/2/data/type", 1)},
      {22, true, "ImageWithoutUrl", n, {}, answer("/assets/1/img/url", "")},
      {22, true, "ImageOfOtherType", n, {}, answer("/assets/1/img/type", 1)},
      {22, false, "ImageOfType", n, {}, answer("/assets/1/img/type", 3)},
      {22, true, "ImageTooNarrow", n, {}, answer("/assets/1/img/w", 599)},
      {22, true, "ImageTooLow", n, {}, answer("/assets/1/img/h", 299)},
      {22,
       false,
       "ImageOfExactSize",
       n,
       {},
       answer("/assets/3", {{"id", 3}, {"img", {{"url", "https://c.example/i"}, {"w", 80}, {"h", 80}}}})},
      {22,
       true,
       "ImageOfOtherSize",
       n,
       {},
       answer("/assets/3", {{"id", 3}, {"img", {{"url", "https://c.example/i"}, {"w", 90}, {"h", 80}}}})},
      {22, false, "VideoAsset", n, {}, video("00:00:10", "video/mp4")},
      {22, true, "VideoTooLong", n, {}, video("00:00:31", "video/mp4")},
      {22, true, "VideoOfOtherMime", n, {}, video("00:00:10", "video/webm")},
      {22, true, "VideoAssetWithoutVast", n, {}, answer("/assets/3", {{"id", 5}, {"video", Json::object()}})},
  };
}

}  // namespace bidwell::openrtb
