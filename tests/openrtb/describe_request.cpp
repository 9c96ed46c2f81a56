// The text form of a reading, for comparing two of them: see reference_reader.h.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tests/openrtb/reference_reader.h"

namespace bidwell::openrtb {
namespace {

// A fraction or a large number that stands where text belongs, as nlohmann writes it. Anything else
// as it is.
std::string canonical(std::string_view text) {
  std::string plain(text);
  const bool is_number = !text.empty() && text.find_first_not_of("0123456789.eE+-") == text.npos;
  if (!is_number || (text.find_first_of(".eE") == text.npos && text.size() < 19)) return plain;
  const auto number = nlohmann::json::parse(text, nullptr, false);
  return number.is_number() ? number.dump() : plain;
}

// Quoted and escaped, so that every field stays on its line.
std::string quoted(std::string_view text) {
  return nlohmann::json(canonical(text)).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

// Writes lines under a path that grows and shrinks with the nesting.
class Lines {
 public:
  std::string take() { return std::move(out_); }

  void line(std::string_view name, std::string_view value) { out_ += fmt::format("{}{}={}\n", path_, name, value); }
  void text(std::string_view name, std::string_view value) { line(name, quoted(value)); }
  void integer(std::string_view name, std::int32_t value) {
    line(name, value == kAbsent ? "absent" : std::to_string(value));
  }
  void flag(std::string_view name, bool value) { line(name, value ? "true" : "false"); }
  void enums(std::string_view name, EnumSet value) { line(name, fmt::format("{:#x}", value.bits())); }
  void texts(std::string_view name, Strings values) {
    line(fmt::format("{}.size", name), std::to_string(values.size()));
    for (std::size_t i = 0; i < values.size(); ++i) text(fmt::format("{}[{}]", name, i), values[i]);
  }
  void integers(std::string_view name, std::span<const std::int32_t> values) {
    line(name, fmt::format("[{}]", fmt::join(values, ",")));
  }
  void floor(std::string_view name, const Floor& value) {
    static constexpr std::string_view kStates[] = {"absent", "read", "unreadable"};
    line(name, fmt::format("{} {} {}", kStates[static_cast<int>(value.state)], value.micros, quoted(value.currency)));
  }

  template <class Value, class Write>
  void within(std::string_view name, const Value& value, Write write) {
    const std::size_t before = path_.size();
    path_ += fmt::format("{}.", name);
    write(*this, value);
    path_.resize(before);
  }
  template <class Span, class Write>
  void each(std::string_view name, const Span& values, Write write) {
    line(fmt::format("{}.size", name), std::to_string(values.size()));
    for (std::size_t i = 0; i < values.size(); ++i) within(fmt::format("{}[{}]", name, i), values[i], write);
  }

 private:
  std::string path_, out_;
};

void write_format(Lines& to, const Format& format) {
  to.integer("w", format.w);
  to.integer("h", format.h);
  to.integer("wratio", format.wratio);
  to.integer("hratio", format.hratio);
  to.integer("wmin", format.wmin);
}

void write_banner(Lines& to, const Banner& banner) {
  to.flag("present", banner.present);
  to.integer("w", banner.w);
  to.integer("h", banner.h);
  to.integer("pos", banner.pos);
  to.each("format", banner.format, write_format);
  to.enums("btype", banner.btype);
  to.enums("battr", banner.battr);
  to.enums("api", banner.api);
  to.texts("mimes", banner.mimes);
}

// What a native video asset has too.
void write_clip(Lines& to, const Stream& stream) {
  to.texts("mimes", stream.mimes);
  to.integer("minduration", stream.minduration);
  to.integer("maxduration", stream.maxduration);
  to.enums("protocols", stream.protocols);
}

void write_stream(Lines& to, const Stream& stream) {
  to.flag("present", stream.present);
  write_clip(to, stream);
  to.integer("startdelay", stream.startdelay);
  to.enums("battr", stream.battr);
  to.enums("api", stream.api);
  to.enums("delivery", stream.delivery);
  to.integer("poddur", stream.poddur);
  to.integer("maxseq", stream.maxseq);
  to.integer("slotinpod", stream.slotinpod);
  to.integers("rqddurs", stream.rqddurs);
  to.floor("mincpmpersec", stream.mincpmpersec);
}

void write_video(Lines& to, const Stream& video) {
  write_stream(to, video);
  to.integer("w", video.w);
  to.integer("h", video.h);
  to.integer("linearity", video.linearity);
  to.integer("placement", video.placement);
  to.integer("plcmt", video.plcmt);
  to.integer("skip", video.skip);
  to.integer("pos", video.pos);
}

void write_audio(Lines& to, const Stream& audio) {
  write_stream(to, audio);
  to.integer("feed", audio.feed);
}

void write_asset(Lines& to, const NativeAsset& asset) {
  static constexpr std::string_view kKinds[] = {"unknown", "title", "img", "video", "data"};
  to.integer("id", asset.id);
  to.flag("required", asset.required);
  to.line("kind", kKinds[static_cast<int>(asset.kind)]);
  to.integer("type", asset.type);
  to.integer("len", asset.len);
  to.integer("w", asset.w);
  to.integer("h", asset.h);
  to.integer("wmin", asset.wmin);
  to.integer("hmin", asset.hmin);
  to.texts("mimes", asset.mimes);
  to.within("video", asset.video, write_clip);
}

void write_native(Lines& to, const Native& native) {
  static constexpr std::string_view kStates[] = {"absent", "read", "unreadable"};
  to.line("state", kStates[static_cast<int>(native.state)]);
  to.flag("present", native.present);
  to.flag("wrapped", native.wrapped);
  to.text("ver", native.ver);
  to.integer("context", native.context);
  to.integer("plcmttype", native.plcmttype);
  to.each("assets", native.assets, write_asset);
  to.enums("battr", native.battr);
  to.enums("api", native.api);
}

void write_deal(Lines& to, const Deal& deal) {
  to.text("id", deal.id);
  to.floor("bidfloor", deal.bidfloor);
  to.integer("at", deal.at);
  to.texts("wseat", deal.wseat);
  to.texts("wadomain", deal.wadomain);
}

void write_imp(Lines& to, const Imp& imp) {
  to.text("id", imp.id);
  to.flag("id_repeated", imp.id_repeated);
  to.within("banner", imp.banner, write_banner);
  to.within("video", imp.video, write_video);
  to.within("audio", imp.audio, write_audio);
  to.within("native", imp.native, write_native);
  to.floor("bidfloor", imp.bidfloor);
  to.integer("private_auction", imp.private_auction);
  to.each("deals", imp.deals, write_deal);
  to.integer("secure", imp.secure);
  to.integer("instl", imp.instl);
  to.integer("rwdd", imp.rwdd);
  to.integer("exp", imp.exp);
  to.text("tagid", imp.tagid);
}

void write_content(Lines& to, const Content& content) {
  to.texts("cat", content.cat);
  to.integer("cattax", content.cattax);
  to.text("language", content.language);
  to.text("genre", content.genre);
  to.integer("livestream", content.livestream);
  to.integer("len", content.len);
}

void write_channel(Lines& to, const Channel& channel) {
  to.flag("present", channel.present);
  to.text("id", channel.id);
  to.text("name", channel.name);
  to.text("domain", channel.domain);
  to.text("bundle", channel.bundle);
  to.text("storeurl", channel.storeurl);
  to.text("page", channel.page);
  to.texts("cat", channel.cat);
  to.texts("sectioncat", channel.sectioncat);
  to.texts("pagecat", channel.pagecat);
  to.integer("cattax", channel.cattax);
  to.text("publisher.id", channel.publisher.id);
  to.text("publisher.name", channel.publisher.name);
  to.text("publisher.domain", channel.publisher.domain);
  to.within("content", channel.content, write_content);
}

void write_geo(Lines& to, const Geo& geo) {
  to.line("lat", fmt::format("{}", geo.lat));
  to.line("lon", fmt::format("{}", geo.lon));
  to.text("country", geo.country);
  to.text("region", geo.region);
  to.text("city", geo.city);
  to.text("zip", geo.zip);
  to.text("metro", geo.metro);
  to.integer("utcoffset", geo.utcoffset);
}

void write_device(Lines& to, const Device& device) {
  to.text("ua", device.ua);
  to.text("ip", device.ip);
  to.text("ipv6", device.ipv6);
  to.text("os", device.os);
  to.text("osv", device.osv);
  to.text("make", device.make);
  to.text("model", device.model);
  to.text("carrier", device.carrier);
  to.text("language", device.language);
  to.text("ifa", device.ifa);
  to.integer("devicetype", device.devicetype);
  to.integer("connectiontype", device.connectiontype);
  to.integer("w", device.w);
  to.integer("h", device.h);
  to.integer("lmt", device.lmt);
  to.integer("dnt", device.dnt);
  to.within("geo", device.geo, write_geo);
}

void write_user(Lines& to, const User& user) {
  to.text("id", user.id);
  to.text("buyeruid", user.buyeruid);
  to.text("gender", user.gender);
  to.text("consent", user.consent);
  to.integer("yob", user.yob);
  to.each("eids", user.eids, [](Lines& lines, const Eid& eid) {
    lines.text("source", eid.source);
    lines.text("id", eid.id);
  });
  to.each("segments", user.segments, [](Lines& lines, const Segment& segment) {
    lines.text("provider", segment.provider);
    lines.text("id", segment.id);
  });
  to.within("geo", user.geo, write_geo);
}

void write_regs(Lines& to, const Regs& regs) {
  to.integer("coppa", regs.coppa);
  to.integer("gdpr", regs.gdpr);
  to.text("us_privacy", regs.us_privacy);
  to.text("gpp", regs.gpp);
  to.integers("gpp_sid", regs.gpp_sid);
  to.flag("dsa.present", regs.dsa.present);
  to.integer("dsa.dsarequired", regs.dsa.dsarequired);
  to.integer("dsa.pubrender", regs.dsa.pubrender);
  to.integer("dsa.datatopub", regs.dsa.datatopub);
}

void write_schain(Lines& to, const SupplyChain& schain) {
  to.flag("present", schain.present);
  to.integer("complete", schain.complete);
  to.each("nodes", schain.nodes, [](Lines& lines, const SupplyChainNode& node) {
    lines.text("asi", node.asi);
    lines.text("sid", node.sid);
    lines.integer("hp", node.hp);
  });
}

}  // namespace

std::string describe(const BidRequest& request) {
  Lines to;
  to.text("id", request.id);
  to.integer("at", request.at);
  to.integer("tmax", request.tmax);
  to.integer("test", request.test);
  to.texts("cur", request.cur);
  to.texts("wseat", request.wseat);
  to.texts("bseat", request.bseat);
  to.texts("bcat", request.bcat);
  to.texts("acat", request.acat);
  to.texts("badv", request.badv);
  to.texts("bapp", request.bapp);
  to.texts("wlang", request.wlang);
  to.integer("cattax", request.cattax);
  to.within("site", request.site, write_channel);
  to.within("app", request.app, write_channel);
  to.within("dooh", request.dooh, write_channel);
  to.within("device", request.device, write_device);
  to.within("user", request.user, write_user);
  to.within("regs", request.regs, write_regs);
  to.within("schain", request.schain, write_schain);
  to.each("imp", request.imp, write_imp);
  return to.take();
}

std::string describe_reference(const nlohmann::json& document) {
  const ReferenceReading reading(document);
  if (reading.error() != ParseError::none) return fmt::format("error={}\n", static_cast<int>(reading.error()));
  return describe(reading.request());
}

}  // namespace bidwell::openrtb
