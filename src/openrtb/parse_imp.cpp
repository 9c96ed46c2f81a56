// Reads an impression and its media but native.
#include "openrtb/parse_parts.h"

namespace bidwell::openrtb {
namespace {

void read_format(JsonReader& json, ondemand::value value, Format& format) {
  json.each_field(value, [&](std::uint64_t head, std::string_view, ondemand::value field) {
    switch (head) {
      case key8("w"):
        format.w = json.integer(field);
        break;
      case key8("h"):
        format.h = json.integer(field);
        break;
      case key8("wratio"):
        format.wratio = json.integer(field);
        break;
      case key8("hratio"):
        format.hratio = json.integer(field);
        break;
      case key8("wmin"):
        format.wmin = json.integer(field);
        break;
      default:
        break;
    }
  });
}

void read_banner(JsonReader& json, ondemand::value value, Banner& banner) {
  banner.present =
      json.each_field(value, [&](std::uint64_t head, std::string_view, ondemand::value field) {
        switch (head) {
          case key8("w"):
            banner.w = json.integer(field);
            break;
          case key8("h"):
            banner.h = json.integer(field);
            break;
          case key8("pos"):
            banner.pos = json.integer(field);
            break;
          case key8("btype"):
            banner.btype = json.enum_set(field);
            break;
          case key8("battr"):
            banner.battr = json.enum_set(field);
            break;
          case key8("api"):
            banner.api = json.enum_set(field);
            break;
          case key8("mimes"):
            banner.mimes = json.string_list(field);
            break;
          case key8("format"): {
            const std::size_t first = json.formats.size();
            json.each_element(field, [&](ondemand::value element) {
              if (!JsonReader::is_object(JsonReader::token(element))) return;
              if (Format* format = json.push(json.formats)) read_format(json, element, *format);
            });
            banner.format = json.formats.since(first);
            break;
          }
          default:
            break;
        }
      });
}

void read_deal(JsonReader& json, ondemand::value value, Deal& deal) {
  Strings wseats;
  json.each_field(value, [&](std::uint64_t head, std::string_view key, ondemand::value field) {
    switch (head) {
      case key8("id"):
        deal.id = json.string(field);
        break;
      case key8("at"):
        deal.at = json.integer(field);
        break;
      case key8("wseat"):
        deal.wseat = json.string_list(field);
        break;
      case key8("wseats"):
        wseats = json.string_list(field);
        break;  // not in the specification, but sent
      case key8("bidfloor"):
        if (key.size() == 8) json.floor(field, deal.bidfloor);
        if (key == "bidfloorcur") deal.bidfloor.currency = json.string(field);
        break;
      case key8("wadomain"):
        deal.wadomain = json.string_list(field);
        break;
      default:
        break;
    }
  });
  if (deal.wseat.empty()) deal.wseat = wseats;
}

void read_pmp(JsonReader& json, ondemand::value value, Imp& imp) {
  json.each_field(value, [&](std::uint64_t head, std::string_view key, ondemand::value field) {
    if (head == key8("private_") && key == "private_auction")
      imp.private_auction = json.integer(field, 0);
    if (head == key8("deals")) {
      const std::size_t first = json.deals.size();
      json.each_element(field, [&](ondemand::value element) {
        if (!JsonReader::is_object(JsonReader::token(element))) return;
        if (Deal* deal = json.push(json.deals)) read_deal(json, element, *deal);
      });
      imp.deals = json.deals.since(first);
    }
  });
}

}  // namespace

void read_stream(JsonReader& json, ondemand::value value, Stream& stream, std::int32_t* rewarded) {
  EnumSet protocol;
  stream.present =
      json.each_field(value, [&](std::uint64_t head, std::string_view key, ondemand::value field) {
        switch (head) {
          case key8("mimes"):
            stream.mimes = json.string_list(field);
            break;
          case key8("minduration"):
            if (key == "minduration") stream.minduration = json.integer(field);
            break;
          case key8("maxduration"):
            if (key == "maxduration") stream.maxduration = json.integer(field);
            break;
          case key8("startdelay"):
            if (key == "startdelay") stream.startdelay = json.integer(field);
            break;
          case key8("protocol"):
            if (key == "protocol") protocol = json.enum_set(field);
            if (key == "protocols") stream.protocols = json.enum_set(field);
            break;
          case key8("battr"):
            stream.battr = json.enum_set(field);
            break;
          case key8("api"):
            stream.api = json.enum_set(field);
            break;
          case key8("delivery"):
            stream.delivery = json.enum_set(field);
            break;
          case key8("w"):
            stream.w = json.integer(field);
            break;
          case key8("h"):
            stream.h = json.integer(field);
            break;
          case key8("linearity"):
            if (key == "linearity") stream.linearity = json.integer(field);
            break;
          case key8("placement"):
            if (key == "placement") stream.placement = json.integer(field);
            break;
          case key8("plcmt"):
            stream.plcmt = json.integer(field);
            break;
          case key8("skip"):
            stream.skip = json.integer(field);
            break;
          case key8("pos"):
            stream.pos = json.integer(field);
            break;
          case key8("feed"):
            stream.feed = json.integer(field);
            break;
          case key8("poddur"):
            stream.poddur = json.integer(field);
            break;
          case key8("maxseq"):
            stream.maxseq = json.integer(field);
            break;
          case key8("slotinpod"):
            if (key == "slotinpod") stream.slotinpod = json.integer(field);
            break;
          case key8("rqddurs"):
            stream.rqddurs = json.integer_list(field);
            break;
          case key8("mincpmpersec"):
            if (key == "mincpmpersec") json.floor(field, stream.mincpmpersec);
            break;
          case key8("ext"):
            if (rewarded == nullptr) break;
            json.each_field(field,
                            [&](std::uint64_t inner, std::string_view name, ondemand::value entry) {
                              if (inner == key8("rewarded") && name.size() == 8)
                                *rewarded = json.integer(entry);
                            });
            break;
          default:
            break;
        }
      });
  if (stream.protocols.empty()) stream.protocols = protocol;
}

void read_imp(JsonReader& json, ondemand::parser& native_parser, ondemand::value value, Imp& imp) {
  std::int32_t rwdd = kAbsent, rewarded = kAbsent;
  json.each_field(value, [&](std::uint64_t head, std::string_view key, ondemand::value field) {
    switch (head) {
      case key8("id"):
        imp.id = json.string(field);
        break;
      case key8("banner"):
        read_banner(json, field, imp.banner);
        break;
      case key8("video"):
        read_stream(json, field, imp.video, &rewarded);
        break;
      case key8("audio"):
        read_stream(json, field, imp.audio, nullptr);
        break;
      case key8("native"):
        read_native(json, native_parser, field, imp.native);
        break;
      case key8("pmp"):
        read_pmp(json, field, imp);
        break;
      case key8("bidfloor"):
        if (key.size() == 8) json.floor(field, imp.bidfloor);
        if (key == "bidfloorcur") imp.bidfloor.currency = json.string(field);
        break;
      case key8("secure"):
        imp.secure = json.integer(field);
        break;
      case key8("instl"):
        imp.instl = json.integer(field, 0);
        break;
      case key8("rwdd"):
        rwdd = json.integer(field);
        break;
      case key8("exp"):
        imp.exp = json.integer(field);
        break;
      case key8("tagid"):
        imp.tagid = json.string(field);
        break;
      default:
        break;
    }
  });
  imp.rwdd = rwdd != kAbsent ? rwdd : rewarded != kAbsent ? rewarded : 0;
}

}  // namespace bidwell::openrtb
