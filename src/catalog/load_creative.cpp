// Reads a creative and checks what would make an exchange refuse it.
#include <algorithm>

#include "bidwell/core/text.h"
#include "catalog/load_parts.h"
#include "catalog/markup.h"

namespace bidwell::catalog {
namespace {

constexpr std::string_view kMedia[] = {"banner", "video", "audio", "native"};

bool is_url(std::string_view text) {
  return text.starts_with("https://") || text.starts_with("http://");
}

void check_macro_names(Fields& fields, std::string_view key, std::string_view text, MacroPlace place) {
  for (std::string& fault : check_macros(text, place)) fields.fault(key, std::move(fault));
}

void check_url(Fields& fields, std::string_view key, const std::string& url) {
  if (!is_url(url)) fields.fault(key, fmt::format("\"{}\" is not an http or https URL", url));
}

// Whether nothing is there; what is there but wrong has a fault of its own.
bool lacks(Fields& fields, std::string_view key) {
  const Json* value = fields.find(key);
  return value == nullptr || (value->is_array() && value->empty());
}

// Copied as they stand: a macro in one would reach the publisher unexpanded, or be expanded where none belongs.
void refuse_macros(Fields& fields, std::string_view key, std::string_view text) {
  if (text.find("{{") != std::string_view::npos) fields.fault(key, "macros are not expanded here");
}

// An http: asset is allowed, but then the creative cannot serve impressions that ask for a secure one.
bool is_insecure(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  const auto same = [](char a, char b) { return ascii_lower(a) == b; };
  return std::search(text.begin(), text.end(), kScheme.begin(), kScheme.end(), same) != text.end();
}

openrtb::EnumSet read_enum_set(Fields& fields, std::string_view key) {
  openrtb::EnumSet set;
  fields.each(key, [&](const Json& entry, const std::string& at) {
    if (entry.is_number_integer() && entry.get<std::int64_t>() >= 0 && entry.get<std::int64_t>() < 64) {
      set.insert(entry.get<std::int64_t>());
    } else {
      fields.faults().push_back({at, "must be an integer from 0 to 63"});
    }
  });
  return set;
}

void read_banner(Fields& fields, Creative& creative) {
  fields.integer("w", creative.w, 1, 10'000);
  fields.integer("h", creative.h, 1, 10'000);
  if (!fields.has("w") || !fields.has("h")) fields.fault("", "a banner needs w and h, in pixels");
  if (fields.text("markup", creative.markup, true))
    check_macro_names(fields, "markup", creative.markup, MacroPlace::markup);
  fields.integer("btype", creative.btype, 1, 4);
  creative.secure = !is_insecure(creative.markup);
}

void read_stream(Fields& fields, Creative& creative) {
  static constexpr int kProtocols[] = {2, 3, 7};
  static constexpr std::string_view kVast[] = {"2.0", "3.0", "4.0"};
  if (const int version = fields.choice("vast", kVast); version >= 0) creative.protocol = kProtocols[version];
  fields.integer("duration", creative.duration, 1, 7200);
  if (!fields.has("duration")) fields.fault("duration", "is required, in seconds from 1 to 7200");
  fields.each("media_files", [&](const Json& entry, const std::string& at) {
    Fields file(entry, at, fields.faults());
    MediaFile media;
    if (file.text("url", media.url, true)) {
      check_url(file, "url", media.url);
      check_macro_names(file, "url", media.url, MacroPlace::url);
    }
    if (file.text("type", media.type, true)) refuse_macros(file, "type", media.type);
    file.integer("w", media.w, 1, 10'000);
    file.integer("h", media.h, 1, 10'000);
    file.integer("bitrate_kbps", media.bitrate_kbps, 1, 1'000'000);
    file.refuse_unknown();
    if (creative.media == Media::video && entry.is_object() && (!file.has("w") || !file.has("h"))) {
      file.fault("", "a video file needs w and h, in pixels");
    }
    creative.secure &= !is_insecure(media.url);
    creative.media_files.push_back(std::move(media));
  });
  if (lacks(fields, "media_files")) fields.fault("media_files", "needs at least one file");
}

void read_native(Fields& fields, Creative& creative) {
  creative.titles = fields.texts("titles");
  for (const std::string& title : creative.titles) refuse_macros(fields, "titles", title);
  fields.each("images", [&](const Json& entry, const std::string& at) {
    Fields image(entry, at, fields.faults());
    static constexpr std::string_view kTypes[] = {"icon", "main"};
    NativeImage out;
    if (const int type = image.choice("type", kTypes); type >= 0) out.type = type == 0 ? 1 : 3;
    if (entry.is_object() && !image.has("type")) image.fault("type", "is required");
    if (image.text("url", out.url, true)) {
      check_url(image, "url", out.url);
      refuse_macros(image, "url", out.url);
    }
    image.integer("w", out.w, 1, 10'000);
    image.integer("h", out.h, 1, 10'000);
    if (entry.is_object() && (!image.has("w") || !image.has("h"))) image.fault("", "an image needs w and h, in pixels");
    image.refuse_unknown();
    creative.secure &= !is_insecure(out.url);
    creative.images.push_back(std::move(out));
  });
  fields.each("data", [&](const Json& entry, const std::string& at) {
    // OpenRTB Native 1.2, section 7.4; the index is the type's number less one.
    static constexpr std::string_view kTypes[] = {"sponsored", "desc",  "rating",  "likes", "downloads",  "price",
                                                  "saleprice", "phone", "address", "desc2", "displayurl", "ctatext"};
    Fields data(entry, at, fields.faults());
    NativeData out;
    if (const int type = data.choice("type", kTypes); type >= 0) out.type = type + 1;
    if (data.text("value", out.value, true)) refuse_macros(data, "value", out.value);
    if (entry.is_object() && !data.has("type")) data.fault("type", "is required");
    data.refuse_unknown();
    creative.data.push_back(std::move(out));
  });
  if (lacks(fields, "titles") && lacks(fields, "images") && lacks(fields, "data")) {
    fields.fault("", "a native creative needs titles, images or data");
  }
}

// A click leads there by way of a Location header.
void read_landing_page(Fields& fields, Creative& creative) {
  const bool banner = creative.media == Media::banner;
  const bool linked = banner && has_macro(creative.markup, openrtb::Macro::click_url);
  std::string& url = creative.landing_page;
  fields.text("landing_page", url, !banner);
  if (linked && url.empty()) fields.fault("landing_page", "is required where the markup has {{click_url}}");
  if (url.empty()) return;
  check_url(fields, "landing_page", url);
  check_macro_names(fields, "landing_page", url, banner ? MacroPlace::click : MacroPlace::url);
  if (std::any_of(url.begin(), url.end(), [](unsigned char c) { return c <= ' ' || c == 0x7F; })) {
    fields.fault("landing_page", "must not have spaces or control characters");
  }
  if (linked) creative.secure &= !is_insecure(url);
}

// "example.com": no scheme, no path.
bool is_bare_domain(std::string_view domain) {
  return domain.find('.') != std::string_view::npos && domain.find_first_of("/: ") == std::string_view::npos;
}

}  // namespace

Creative load_creative(const Json& value, const std::string& where, std::vector<Fault>& faults) {
  Creative creative;
  Fields fields(value, where, faults);
  if (!value.is_object()) return creative;
  if (fields.text("id", creative.id, true)) refuse_macros(fields, "id", creative.id);
  const int media = fields.choice("media", kMedia);
  if (media < 0) {
    if (!fields.has("media")) fields.fault("media", "is required: banner, video, audio or native");
    return creative;
  }
  creative.media = static_cast<Media>(media + 1);
  switch (creative.media) {
    case Media::banner: read_banner(fields, creative); break;
    case Media::video:
    case Media::audio: read_stream(fields, creative); break;
    case Media::native: read_native(fields, creative); break;
  }
  read_landing_page(fields, creative);
  creative.adomain = fields.texts("adomain");
  if (lacks(fields, "adomain")) fields.fault("adomain", "needs at least one domain: exchanges refuse bids without");
  for (std::size_t i = 0; i < creative.adomain.size(); ++i) {
    if (!is_bare_domain(creative.adomain[i])) {
      fields.fault(fmt::format("adomain/{}", i),
                   fmt::format("\"{}\" is not a bare domain such as example.com", creative.adomain[i]));
    }
  }
  creative.cat = fields.texts("cat");
  fields.integer("cattax", creative.cattax, 1, 1000);
  creative.attr = read_enum_set(fields, "attr");
  creative.api = read_enum_set(fields, "api");
  fields.text("bundle", creative.bundle);
  fields.text("language", creative.language);
  if (fields.text("iurl", creative.iurl)) {
    check_url(fields, "iurl", creative.iurl);
    refuse_macros(fields, "iurl", creative.iurl);
    creative.secure &= !is_insecure(creative.iurl);
  }
  fields.refuse_unknown();
  return creative;
}

}  // namespace bidwell::catalog
