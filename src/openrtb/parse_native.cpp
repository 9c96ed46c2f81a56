// Reads a native impression. Its request is JSON, mostly inside a string, with or without a
// "native" wrapper.
#include "openrtb/parse_parts.h"

namespace bidwell::openrtb {
namespace {

void read_asset(JsonReader& json, NativeAsset& asset) {
  // An asset has one of the four; where it has more, the specification's order decides.
  const auto claim = [&](NativeAsset::Kind kind) {
    if (asset.kind != NativeAsset::Kind::unknown && asset.kind < kind) return false;
    asset.kind = kind;
    asset.type = asset.len = asset.w = asset.h = asset.wmin = asset.hmin = kAbsent;
    return true;
  };
  const auto read_fields = [&](NativeAsset::Kind kind) {
    if (!json.is_object() || !claim(kind)) return;
    json.each_field([&](std::uint64_t head, std::string_view) {
      switch (head) {
        case key8("type"): asset.type = json.integer(); break;
        case key8("len"): asset.len = json.integer(); break;
        case key8("w"): asset.w = json.integer(); break;
        case key8("h"): asset.h = json.integer(); break;
        case key8("wmin"): asset.wmin = json.integer(); break;
        case key8("hmin"): asset.hmin = json.integer(); break;
        case key8("mimes"): asset.mimes = json.string_list(); break;
        default: break;
      }
    });
  };
  json.each_field([&](std::uint64_t head, std::string_view key) {
    switch (head) {
      case key8("id"): asset.id = json.integer(); break;
      case key8("required"):
        if (key.size() == 8) asset.required = json.integer(0) == 1;
        break;
      case key8("title"): read_fields(NativeAsset::Kind::title); break;
      case key8("img"): read_fields(NativeAsset::Kind::img); break;
      case key8("data"): read_fields(NativeAsset::Kind::data); break;
      case key8("video"):
        if (json.is_object() && claim(NativeAsset::Kind::video)) {
          read_stream(json, asset.video, nullptr);
        }
        break;
      default: break;
    }
  });
}

// A field of the markup request itself.
void read_markup(JsonReader& json, std::uint64_t head, std::string_view key, Native& native) {
  switch (head) {
    case key8("ver"): native.ver = json.string(); break;
    case key8("context"): native.context = json.integer(); break;
    case key8("plcmttype"):
      if (key == "plcmttype") native.plcmttype = json.integer();
      break;
    case key8("assets"): {
      const std::size_t first = json.assets.size();
      json.each_element([&] {
        if (!json.is_object()) return;
        if (NativeAsset* asset = json.push(json.assets)) read_asset(json, *asset);
      });
      native.assets = json.assets.since(first);
      break;
    }
    default: break;
  }
}

// The fields of the request object, or of the "native" object inside it.
struct MarkupReader {
  JsonReader& json;
  Native& native;

  void operator()(std::uint64_t head, std::string_view key) const {
    if (head == key8("native") && json.is_object()) {
      native.wrapped = true;
      native.ver = {};
      native.assets = {};
      native.context = native.plcmttype = kAbsent;
      json.each_field([this](std::uint64_t inner, std::string_view name) { read_markup(json, inner, name, native); });
    } else if (!native.wrapped) {
      read_markup(json, head, key, native);
    }
  }
};

// A fault inside the string is this impression's alone: the request around it is sound.
void read_markup_text(JsonReader& json, std::string_view text, Native& native) {
  native.state = Native::State::unreadable;
  Native markup = native;
  if (!json.nested(text, [&] { json.each_field(MarkupReader{json, markup}); })) return;
  native = markup;
  native.state = Native::State::read;
}

}  // namespace

void read_native(JsonReader& json, Native& native) {
  if (native.present) native = {};
  std::string_view ver;
  native.present = json.each_field([&](std::uint64_t head, std::string_view) {
    switch (head) {
      case key8("request"): {
        if (json.is_object()) {
          native.state = Native::State::read;
          json.each_field(MarkupReader{json, native});
        } else if (json.is_string()) {
          read_markup_text(json, json.string(), native);
        } else if (!json.is_null()) {
          native.state = Native::State::unreadable;
        }
        break;
      }
      case key8("ver"): ver = json.string(); break;
      case key8("battr"): native.battr = json.enum_set(); break;
      case key8("api"): native.api = json.enum_set(); break;
      default: break;
    }
  });
  if (native.ver.empty()) native.ver = ver;
}

}  // namespace bidwell::openrtb
