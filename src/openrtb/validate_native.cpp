// A native answer against the assets asked for (rule 22, OpenRTB Native 1.0-1.2).
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "bidwell/core/text.h"
#include "openrtb/validate_rules.h"
#include "openrtb/vast.h"

namespace bidwell::openrtb::validation {
namespace {

using lenient::integer;
using lenient::member;

constexpr std::string_view kKinds[] = {"title", "img", "video", "data"};

// The kind of an asset, asked for or answered; empty if it has none.
std::string_view kind_of(const Json& asset) {
  for (const std::string_view kind : kKinds) {
    if (member(asset, kind).is_object()) return kind;
  }
  return {};
}

// What stood in {"native": ...}, or all of it.
const Json& unwrap(const Json& document) {
  const Json& inner = member(document, "native");
  return inner.is_object() ? inner : document;
}

std::size_t code_points(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(utf8, [](char c) { return (c & 0xC0) != 0x80; }));
}

class NativeCheck {
 public:
  NativeCheck(const Bid& bid, Findings& findings) : bid_(bid), findings_(findings) {}

  void run() {
    const Json request = requested();
    const Json answer = Json::parse(bid_.string("adm"), nullptr, false);
    if (!answer.is_object()) return add("not a JSON object");
    if (&unwrap(request) != &request && &unwrap(answer) == &answer) add("not in {\"native\": ...} as asked");
    if (&unwrap(request) == &request && &unwrap(answer) != &answer) add("in {\"native\": ...} unasked");
    check_document(unwrap(request), unwrap(answer));
  }

 private:
  void add(std::string what) { findings_.add(22, bid_.at("adm"), std::move(what)); }

  Json requested() const {
    const Json& given = member(bid_.offered(), "request");
    if (!given.is_string()) return given;
    return Json::parse(given.get_ref<const std::string&>(), nullptr, false);
  }

  void check_document(const Json& request, const Json& answer) {
    const Json& url = member(member(answer, "link"), "url");
    if (!url.is_string() || url == "") add("link.url is missing");

    check_trackers(member(member(answer, "link"), "clicktrackers"), "link.clicktrackers");
    check_trackers(member(answer, "imptrackers"), "imptrackers");
    for (const Json* tracker : lenient::objects(member(answer, "eventtrackers"))) check_event_tracker(*tracker);

    std::map<int, const Json*> asked;
    for (const Json* asset : lenient::objects(member(request, "assets"))) {
      if (const auto id = integer(member(*asset, "id"))) asked.emplace(*id, asset);
    }
    std::set<int> answered;
    for (const Json* asset : lenient::objects(member(answer, "assets"))) {
      const auto id = integer(member(*asset, "id"));
      const auto match = id ? asked.find(*id) : asked.end();
      if (match == asked.end()) {
        add(fmt::format("asset {} was not asked for", member(*asset, "id").dump()));
      } else if (!answered.insert(*id).second) {
        add(fmt::format("asset {} is there twice", *id));
      } else {
        check_asset(*id, *match->second, *asset);
      }
    }
    // Assets may stand behind a URL instead (1.2).
    if (!lenient::text(member(answer, "assetsurl")).empty()) return;
    for (const auto& [id, asset] : asked) {
      if (integer(member(*asset, "required")) == 1 && !answered.contains(id)) {
        add(fmt::format("the required asset {} is missing", id));
      }
    }
  }

  void check_trackers(const Json& urls, std::string_view name) {
    const auto is_text = [](const Json& url) { return url.is_string() && url != ""; };
    if (urls.is_null() || (urls.is_array() && std::ranges::all_of(urls, is_text))) return;
    add(fmt::format("{} is no list of URLs", name));
  }

  // Method 1 is an image, 2 a script.
  void check_event_tracker(const Json& tracker) {
    const auto method = integer(member(tracker, "method"));
    if (!integer(member(tracker, "event")) || !method) return add("an event tracker has no event or no method");
    if ((*method == 1 || *method == 2) && lenient::text(member(tracker, "url")).empty()) {
      add("an event tracker has no url");
    }
  }

  void check_asset(int id, const Json& asked, const Json& answer) {
    const std::string_view kind = kind_of(asked);
    if (kind.empty() || kind_of(answer) != kind) {
      return add(fmt::format("asset {} is \"{}\", not \"{}\"", id, kind_of(answer), kind));
    }
    const Json& wanted = member(asked, kind);
    const Json& given = member(answer, kind);
    if (kind == "title") check_text(id, "text", wanted, given);
    if (kind == "data") check_text(id, "value", wanted, given);
    if (kind == "img") check_image(id, wanted, given);
    if (kind == "video") check_video(id, wanted, given);
  }

  void check_text(int id, std::string_view key, const Json& wanted, const Json& given) {
    const Json& text = member(given, key);
    if (!text.is_string() || text == "") return add(fmt::format("asset {} has no {}", id, key));
    const auto most = integer(member(wanted, "len"));
    if (most && *most > 0 && code_points(text.get_ref<const std::string&>()) > static_cast<std::size_t>(*most)) {
      add(fmt::format("asset {} is longer than {} characters", id, *most));
    }
    check_type(id, wanted, given);
  }

  // Said by both since 1.2.
  void check_type(int id, const Json& wanted, const Json& given) {
    const auto asked = integer(member(wanted, "type"));
    const auto answered = integer(member(given, "type"));
    if (asked && answered && *asked != *answered) {
      add(fmt::format("asset {} has type {}, not {}", id, *answered, *asked));
    }
  }

  void check_image(int id, const Json& wanted, const Json& given) {
    const Json& url = member(given, "url");
    if (!url.is_string() || url == "") add(fmt::format("asset {} has no url", id));
    check_type(id, wanted, given);
    check_length(id, "w", "wmin", wanted, given);
    check_length(id, "h", "hmin", wanted, given);
  }

  // With a minimum the exact size is only what would be best.
  void check_length(int id, std::string_view exact, std::string_view least, const Json& wanted, const Json& given) {
    const int actual = integer(member(given, exact)).value_or(0);
    const int minimum = integer(member(wanted, least)).value_or(0);
    const int only = integer(member(wanted, exact)).value_or(0);
    if (actual <= 0) return;
    if (minimum > 0 ? actual < minimum : only > 0 && actual != only) {
      add(fmt::format("asset {} has {} = {}", id, exact, actual));
    }
  }

  void check_video(int id, const Json& wanted, const Json& given) {
    const auto vast = read_vast(lenient::text(member(given, "vasttag")));
    if (!vast) return add(fmt::format("asset {} has no VAST document", id));
    const auto least = integer(member(wanted, "minduration"));
    const auto most = integer(member(wanted, "maxduration"));
    for (const std::string& text : vast->durations) {
      const auto seconds = parse_duration(text);
      if (!seconds || (least && *seconds < *least) || (most && *seconds > *most)) {
        add(fmt::format("asset {} lasts {}", id, text));
      }
    }
    const auto mimes = lenient::texts(member(wanted, "mimes"));
    if (mimes.empty() || vast->media_files.empty()) return;
    const auto playable = [&](const MediaFile& file) {
      return std::ranges::any_of(mimes, [&](const auto& mime) { return ascii_iequal(mime, file.type); });
    };
    if (std::ranges::none_of(vast->media_files, playable)) {
      add(fmt::format("no MediaFile of asset {} is in mimes", id));
    }
  }

  const Bid& bid_;
  Findings& findings_;
};

}  // namespace

void check_native_markup(const Bid& bid, Findings& findings) {
  NativeCheck(bid, findings).run();
}

}  // namespace bidwell::openrtb::validation
