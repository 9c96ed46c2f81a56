// Reads an impression and its media but native.
#include "openrtb/parse_parts.h"

namespace bidwell::openrtb {
namespace {

void read_format(JsonReader& json, Format& format) {
  json.each_field([&](std::uint64_t head, std::string_view) {
    switch (head) {
      case key8("w"): format.w = json.integer(); break;
      case key8("h"): format.h = json.integer(); break;
      case key8("wratio"): format.wratio = json.integer(); break;
      case key8("hratio"): format.hratio = json.integer(); break;
      case key8("wmin"): format.wmin = json.integer(); break;
      default: break;
    }
  });
}

void read_banner(JsonReader& json, Banner& banner) {
  if (banner.present) banner = {};  // of two, the last counts
  banner.present = json.each_field([&](std::uint64_t head, std::string_view) {
    switch (head) {
      case key8("w"): banner.w = json.integer(); break;
      case key8("h"): banner.h = json.integer(); break;
      case key8("pos"): banner.pos = json.integer(); break;
      case key8("btype"): banner.btype = json.enum_set(); break;
      case key8("battr"): banner.battr = json.enum_set(); break;
      case key8("api"): banner.api = json.enum_set(); break;
      case key8("mimes"): banner.mimes = json.string_list(); break;
      case key8("format"): {
        const std::size_t first = json.formats.size();
        json.each_element([&] {
          if (!json.is_object()) return;
          if (Format* format = json.push(json.formats)) read_format(json, *format);
        });
        banner.format = json.formats.since(first);
        break;
      }
      default: break;
    }
  });
}

void read_deal(JsonReader& json, Deal& deal) {
  Strings wseats;
  json.each_field([&](std::uint64_t head, std::string_view key) {
    switch (head) {
      case key8("id"): deal.id = json.string(); break;
      case key8("at"): deal.at = json.integer(); break;
      case key8("wseat"): deal.wseat = json.string_list(); break;
      case key8("wseats"): wseats = json.string_list(); break;  // not in the specification, but sent
      case key8("bidfloor"):
        if (key.size() == 8) json.floor(deal.bidfloor);
        if (key == "bidfloorcur") deal.bidfloor.currency = json.string();
        break;
      case key8("wadomain"): deal.wadomain = json.string_list(); break;
      default: break;
    }
  });
  if (deal.wseat.empty()) deal.wseat = wseats;
}

void read_pmp(JsonReader& json, Imp& imp) {
  json.each_field([&](std::uint64_t head, std::string_view key) {
    if (head == key8("private_") && key == "private_auction") imp.private_auction = json.integer(0);
    if (head == key8("deals")) {
      const std::size_t first = json.deals.size();
      json.each_element([&] {
        if (!json.is_object()) return;
        if (Deal* deal = json.push(json.deals)) read_deal(json, *deal);
      });
      imp.deals = json.deals.since(first);
    }
  });
}

}  // namespace

void read_stream(JsonReader& json, Stream& stream, std::int32_t* rewarded) {
  if (stream.present) stream = {};
  EnumSet protocol;
  stream.present = json.each_field([&](std::uint64_t head, std::string_view key) {
    switch (head) {
      case key8("mimes"): stream.mimes = json.string_list(); break;
      case key8("minduration"):
        if (key == "minduration") stream.minduration = json.integer();
        break;
      case key8("maxduration"):
        if (key == "maxduration") stream.maxduration = json.integer();
        break;
      case key8("startdelay"):
        if (key == "startdelay") stream.startdelay = json.integer();
        break;
      case key8("protocol"):
        if (key == "protocol") protocol = json.enum_set();
        if (key == "protocols") stream.protocols = json.enum_set();
        break;
      case key8("battr"): stream.battr = json.enum_set(); break;
      case key8("api"): stream.api = json.enum_set(); break;
      case key8("delivery"): stream.delivery = json.enum_set(); break;
      case key8("w"): stream.w = json.integer(); break;
      case key8("h"): stream.h = json.integer(); break;
      case key8("linearity"):
        if (key == "linearity") stream.linearity = json.integer();
        break;
      case key8("placement"):
        if (key == "placement") stream.placement = json.integer();
        break;
      case key8("plcmt"): stream.plcmt = json.integer(); break;
      case key8("skip"): stream.skip = json.integer(); break;
      case key8("pos"): stream.pos = json.integer(); break;
      case key8("feed"): stream.feed = json.integer(); break;
      case key8("poddur"): stream.poddur = json.integer(); break;
      case key8("maxseq"): stream.maxseq = json.integer(); break;
      case key8("slotinpod"):
        if (key == "slotinpod") stream.slotinpod = json.integer();
        break;
      case key8("rqddurs"): stream.rqddurs = json.integer_list(); break;
      case key8("mincpmpersec"):
        if (key == "mincpmpersec") json.floor(stream.mincpmpersec);
        break;
      case key8("ext"):
        if (rewarded == nullptr) break;
        json.each_field([&](std::uint64_t inner, std::string_view name) {
          if (inner == key8("rewarded") && name.size() == 8) *rewarded = json.integer();
        });
        break;
      default: break;
    }
  });
  if (stream.protocols.empty()) stream.protocols = protocol;
}

void read_imp(JsonReader& json, Imp& imp) {
  std::int32_t rwdd = kAbsent, rewarded = kAbsent;
  json.each_field([&](std::uint64_t head, std::string_view key) {
    switch (head) {
      case key8("id"): imp.id = json.string(); break;
      case key8("banner"): read_banner(json, imp.banner); break;
      case key8("video"): read_stream(json, imp.video, &rewarded); break;
      case key8("audio"): read_stream(json, imp.audio, nullptr); break;
      case key8("native"): read_native(json, imp.native); break;
      case key8("pmp"): read_pmp(json, imp); break;
      case key8("bidfloor"):
        if (key.size() == 8) json.floor(imp.bidfloor);
        if (key == "bidfloorcur") imp.bidfloor.currency = json.string();
        break;
      case key8("secure"): imp.secure = json.integer(); break;
      case key8("instl"): imp.instl = json.integer(0); break;
      case key8("rwdd"): rwdd = json.integer(); break;
      case key8("exp"): imp.exp = json.integer(); break;
      case key8("tagid"): imp.tagid = json.string(); break;
      default: break;
    }
  });
  imp.rwdd = rwdd != kAbsent ? rwdd : rewarded != kAbsent ? rewarded : 0;
}

}  // namespace bidwell::openrtb
