// Reads where an impression is shown (site, app, dooh), on what device, to whom, and under which
// rules.
#include "openrtb/parse_parts.h"

namespace bidwell::openrtb {
namespace {

void read_publisher(JsonReader& json, Publisher& publisher) {
  json.each_field([&](std::uint64_t head, std::string_view) {
    switch (head) {
      case key8("id"): publisher.id = json.string(); break;
      case key8("name"): publisher.name = json.string(); break;
      case key8("domain"): publisher.domain = json.string(); break;
      default: break;
    }
  });
}

void read_content(JsonReader& json, Content& content) {
  json.each_field([&](std::uint64_t head, std::string_view key) {
    switch (head) {
      case key8("cat"): content.cat = json.string_list(); break;
      case key8("cattax"): content.cattax = json.integer(); break;
      case key8("language"):
        if (key.size() == 8) content.language = json.string();
        break;
      case key8("genre"): content.genre = json.string(); break;
      case key8("livestream"):
        if (key == "livestream") content.livestream = json.integer();
        break;
      case key8("len"): content.len = json.integer(); break;
      default: break;
    }
  });
}

void read_geo(JsonReader& json, Geo& geo) {
  json.each_field([&](std::uint64_t head, std::string_view key) {
    switch (head) {
      case key8("lat"): geo.lat = json.coordinate(); break;
      case key8("lon"): geo.lon = json.coordinate(); break;
      case key8("country"): geo.country = json.string(); break;
      case key8("region"): geo.region = json.string(); break;
      case key8("city"): geo.city = json.string(); break;
      case key8("zip"): geo.zip = json.string(); break;
      case key8("metro"): geo.metro = json.string(); break;
      case key8("utcoffset"):
        if (key == "utcoffset") geo.utcoffset = json.integer();
        break;
      default: break;
    }
  });
}

std::span<const Eid> read_eids(JsonReader& json) {
  const std::size_t first = json.eids.size();
  json.each_element([&] {
    const std::size_t mine = json.eids.size();
    std::string_view source;
    json.each_field([&](std::uint64_t head, std::string_view) {
      if (head == key8("source")) source = json.string();
      if (head == key8("uids")) {
        json.each_element([&] {
          json.each_field([&](std::uint64_t inner, std::string_view) {
            if (inner != key8("id")) return;
            const std::string_view id = json.string();
            if (!id.empty()) json.push(json.eids, Eid{{}, id});
          });
        });
      }
    });
    for (Eid& eid : json.eids.since(mine)) eid.source = source;
  });
  return json.eids.since(first);
}

std::span<const Segment> read_segments(JsonReader& json) {
  const std::size_t first = json.segments.size();
  json.each_element([&] {
    const std::size_t mine = json.segments.size();
    std::string_view id, name;
    json.each_field([&](std::uint64_t head, std::string_view) {
      if (head == key8("id")) id = json.string();
      if (head == key8("name")) name = json.string();
      if (head == key8("segment")) {
        json.each_element([&] {
          json.each_field([&](std::uint64_t inner, std::string_view) {
            if (inner != key8("id")) return;
            const std::string_view segment_id = json.string();
            if (!segment_id.empty()) json.push(json.segments, Segment{{}, segment_id});
          });
        });
      }
    });
    for (Segment& segment : json.segments.since(mine)) segment.provider = id.empty() ? name : id;
  });
  return json.segments.since(first);
}

void read_dsa(JsonReader& json, Dsa& dsa) {
  dsa.present = json.each_field([&](std::uint64_t head, std::string_view key) {
    if (head == key8("dsarequired") && key == "dsarequired") dsa.dsarequired = json.integer(0);
    if (head == key8("pubrender") && key == "pubrender") dsa.pubrender = json.integer(0);
    if (head == key8("datatopub") && key == "datatopub") dsa.datatopub = json.integer(0);
  });
}

void read_schain(JsonReader& json, SupplyChain& schain) {
  schain.present = json.each_field([&](std::uint64_t head, std::string_view key) {
    if (head == key8("complete") && key.size() == 8) schain.complete = json.integer();
    if (head == key8("nodes")) {
      const std::size_t first = json.nodes.size();
      json.each_element([&] {
        if (!json.is_object()) return;
        SupplyChainNode* node = json.push(json.nodes);
        if (node == nullptr) return;
        json.each_field([&](std::uint64_t inner, std::string_view) {
          if (inner == key8("asi")) node->asi = json.string();
          if (inner == key8("sid")) node->sid = json.string();
          if (inner == key8("hp")) node->hp = json.integer();
        });
      });
      schain.nodes = json.nodes.since(first);
    }
  });
}

}  // namespace

void read_channel(JsonReader& json, Channel& channel) {
  if (channel.present) channel = {};
  channel.present = json.each_field([&](std::uint64_t head, std::string_view key) {
    switch (head) {
      case key8("id"): channel.id = json.string(); break;
      case key8("name"): channel.name = json.string(); break;
      case key8("domain"): channel.domain = json.string(); break;
      case key8("bundle"): channel.bundle = json.string(); break;
      case key8("storeurl"):
        if (key.size() == 8) channel.storeurl = json.string();
        break;
      case key8("page"): channel.page = json.string(); break;
      case key8("cat"): channel.cat = json.string_list(); break;
      case key8("sectioncat"):
        if (key == "sectioncat") channel.sectioncat = json.string_list();
        break;
      case key8("pagecat"): channel.pagecat = json.string_list(); break;
      case key8("cattax"): channel.cattax = json.integer(); break;
      case key8("publisher"):
        if (key == "publisher") read_publisher(json, channel.publisher);
        break;
      case key8("content"): read_content(json, channel.content); break;
      default: break;
    }
  });
}

void read_device(JsonReader& json, Device& device) {
  json.each_field([&](std::uint64_t head, std::string_view key) {
    switch (head) {
      case key8("ua"): device.ua = json.string(); break;
      case key8("ip"): device.ip = json.string(); break;
      case key8("ipv6"): device.ipv6 = json.string(); break;
      case key8("os"): device.os = json.string(); break;
      case key8("osv"): device.osv = json.string(); break;
      case key8("make"): device.make = json.string(); break;
      case key8("model"): device.model = json.string(); break;
      case key8("carrier"): device.carrier = json.string(); break;
      case key8("language"):
        if (key.size() == 8) device.language = json.string();
        break;
      case key8("ifa"): device.ifa = json.string(); break;
      case key8("devicetype"):
        if (key == "devicetype") device.devicetype = json.integer();
        break;
      case key8("connectiontype"):
        if (key == "connectiontype") device.connectiontype = json.integer();
        break;
      case key8("w"): device.w = json.integer(); break;
      case key8("h"): device.h = json.integer(); break;
      case key8("lmt"): device.lmt = json.integer(0); break;
      case key8("dnt"): device.dnt = json.integer(0); break;
      case key8("geo"): read_geo(json, device.geo); break;
      default: break;
    }
  });
}

void read_user(JsonReader& json, User& user) {
  std::string_view ext_consent;
  std::span<const Eid> ext_eids;
  json.each_field([&](std::uint64_t head, std::string_view key) {
    switch (head) {
      case key8("id"): user.id = json.string(); break;
      case key8("buyeruid"):
        if (key.size() == 8) user.buyeruid = json.string();
        break;
      case key8("gender"): user.gender = json.string(); break;
      case key8("yob"): user.yob = json.integer(); break;
      case key8("consent"): user.consent = json.string(); break;
      case key8("eids"): user.eids = read_eids(json); break;
      case key8("data"): user.segments = read_segments(json); break;
      case key8("geo"): read_geo(json, user.geo); break;
      case key8("ext"):
        json.each_field([&](std::uint64_t inner, std::string_view) {
          if (inner == key8("consent")) ext_consent = json.string();
          if (inner == key8("eids")) ext_eids = read_eids(json);
        });
        break;
      default: break;
    }
  });
  if (user.consent.empty()) user.consent = ext_consent;
  if (user.eids.empty()) user.eids = ext_eids;
}

void read_regs(JsonReader& json, Regs& regs) {
  // The same fields stand beside `ext` in 2.6 and inside it in 2.5.
  struct Place {
    std::int32_t gdpr = kAbsent;
    std::string_view us_privacy, gpp;
    std::span<const std::int32_t> gpp_sid;
    Dsa dsa;
  };
  const auto read = [&](std::uint64_t head, std::string_view key, Place& place) {
    switch (head) {
      case key8("gdpr"): place.gdpr = json.integer(); break;
      case key8("us_privacy"):
        if (key == "us_privacy") place.us_privacy = json.string();
        break;
      case key8("gpp"): place.gpp = json.string(); break;
      case key8("gpp_sid"): place.gpp_sid = json.integer_list(); break;
      case key8("dsa"): read_dsa(json, place.dsa); break;
      default: break;
    }
  };
  Place here, ext;
  json.each_field([&](std::uint64_t head, std::string_view key) {
    if (head == key8("coppa")) {
      regs.coppa = json.integer(0);
    } else if (head == key8("ext")) {
      json.each_field([&](std::uint64_t inner, std::string_view name) { read(inner, name, ext); });
    } else {
      read(head, key, here);
    }
  });
  regs.gdpr = here.gdpr != kAbsent ? here.gdpr : ext.gdpr != kAbsent ? ext.gdpr : 0;
  regs.us_privacy = here.us_privacy.empty() ? ext.us_privacy : here.us_privacy;
  regs.gpp = here.gpp.empty() ? ext.gpp : here.gpp;
  regs.gpp_sid = here.gpp_sid.empty() ? ext.gpp_sid : here.gpp_sid;
  regs.dsa = here.dsa.present ? here.dsa : ext.dsa;
}

void read_source(JsonReader& json, SupplyChain& schain) {
  SupplyChain ext;
  json.each_field([&](std::uint64_t head, std::string_view) {
    if (head == key8("schain")) read_schain(json, schain);
    if (head == key8("ext")) {
      json.each_field([&](std::uint64_t inner, std::string_view) {
        if (inner == key8("schain")) read_schain(json, ext);
      });
    }
  });
  if (!schain.present) schain = ext;
}

}  // namespace bidwell::openrtb
