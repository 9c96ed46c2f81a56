// Reads a native impression. Its request is JSON, mostly inside a string, with or without a
// "native" wrapper.
#include "openrtb/parse_parts.h"

namespace bidwell::openrtb {
namespace {

void read_asset(JsonReader& json, ondemand::value value, NativeAsset& asset) {
  // An asset has one of the four; where it has more, the specification's order decides.
  const auto claim = [&](NativeAsset::Kind kind) {
    if (asset.kind != NativeAsset::Kind::unknown && asset.kind < kind) return false;
    asset.kind = kind;
    asset.type = asset.len = asset.w = asset.h = asset.wmin = asset.hmin = kAbsent;
    return true;
  };
  const auto read_fields = [&](ondemand::value object, NativeAsset::Kind kind) {
    if (!JsonReader::is_object(JsonReader::token(object)) || !claim(kind)) return;
    json.each_field(object, [&](std::uint64_t head, std::string_view, ondemand::value field) {
      switch (head) {
        case key8("type"):
          asset.type = json.integer(field);
          break;
        case key8("len"):
          asset.len = json.integer(field);
          break;
        case key8("w"):
          asset.w = json.integer(field);
          break;
        case key8("h"):
          asset.h = json.integer(field);
          break;
        case key8("wmin"):
          asset.wmin = json.integer(field);
          break;
        case key8("hmin"):
          asset.hmin = json.integer(field);
          break;
        case key8("mimes"):
          asset.mimes = json.string_list(field);
          break;
        default:
          break;
      }
    });
  };
  json.each_field(value, [&](std::uint64_t head, std::string_view key, ondemand::value field) {
    switch (head) {
      case key8("id"):
        asset.id = json.integer(field);
        break;
      case key8("required"):
        if (key.size() == 8) asset.required = json.integer(field, 0) == 1;
        break;
      case key8("title"):
        read_fields(field, NativeAsset::Kind::title);
        break;
      case key8("img"):
        read_fields(field, NativeAsset::Kind::img);
        break;
      case key8("data"):
        read_fields(field, NativeAsset::Kind::data);
        break;
      case key8("video"):
        if (JsonReader::is_object(JsonReader::token(field)) && claim(NativeAsset::Kind::video)) {
          read_stream(json, field, asset.video, nullptr);
        }
        break;
      default:
        break;
    }
  });
}

// The markup request's own fields; `wrapper` is false inside a "native" wrapper, which is not
// looked for twice.
void read_markup(JsonReader& json, std::uint64_t head, std::string_view key, ondemand::value field,
                 Native& native) {
  switch (head) {
    case key8("ver"):
      native.ver = json.string(field);
      break;
    case key8("context"):
      native.context = json.integer(field);
      break;
    case key8("plcmttype"):
      if (key == "plcmttype") native.plcmttype = json.integer(field);
      break;
    case key8("assets"): {
      const std::size_t first = json.assets.size();
      json.each_element(field, [&](ondemand::value element) {
        if (!JsonReader::is_object(JsonReader::token(element))) return;
        if (NativeAsset* asset = json.push(json.assets)) read_asset(json, element, *asset);
      });
      native.assets = json.assets.since(first);
      break;
    }
    default:
      break;
  }
}

// The fields of the request object, or of the "native" object inside it.
struct MarkupReader {
  JsonReader& json;
  Native& native;

  void operator()(std::uint64_t head, std::string_view key, ondemand::value field) const {
    if (head == key8("native") && JsonReader::is_object(JsonReader::token(field))) {
      native.wrapped = true;
      native.ver = {};
      native.assets = {};
      native.context = native.plcmttype = kAbsent;
      json.each_field(field,
                      [this](std::uint64_t inner, std::string_view name, ondemand::value entry) {
                        read_markup(json, inner, name, entry, native);
                      });
    } else if (!native.wrapped) {
      read_markup(json, head, key, field, native);
    }
  }
};

void read_markup_text(JsonReader& json, ondemand::parser& parser, std::string_view text,
                      Native& native) {
  native.state = Native::State::unreadable;
  const simdjson::padded_string_view padded(text.data(), text.size(),
                                            text.size() + Parser::kPadding);
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(padded).get(document) || document.get_object().get(object)) return;
  Native markup = native;
  json.fields(object, MarkupReader{json, markup});
  if (json.error == ParseError::not_json || (!json.failed() && !at_end(document))) {
    // Only this impression's fault: the request around it is sound.
    json.error = ParseError::none;
    return;
  }
  native = markup;
  native.state = Native::State::read;
}

}  // namespace

void read_native(JsonReader& json, ondemand::parser& native_parser, ondemand::value value,
                 Native& native) {
  std::string_view ver;
  native.present =
      json.each_field(value, [&](std::uint64_t head, std::string_view, ondemand::value field) {
        switch (head) {
          case key8("request"): {
            const std::string_view token = JsonReader::token(field);
            if (JsonReader::is_object(token)) {
              native.state = Native::State::read;
              json.each_field(field, MarkupReader{json, native});
            } else if (JsonReader::is_string(token)) {
              read_markup_text(json, native_parser, json.string(field), native);
            } else if (token != "null") {
              native.state = Native::State::unreadable;
            }
            break;
          }
          case key8("ver"):
            ver = json.string(field);
            break;
          case key8("battr"):
            native.battr = json.enum_set(field);
            break;
          case key8("api"):
            native.api = json.enum_set(field);
            break;
          default:
            break;
        }
      });
  if (native.ver.empty()) native.ver = ver;
}

}  // namespace bidwell::openrtb
