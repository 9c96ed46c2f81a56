// The reference reading: see the header.
#include "tests/openrtb/reference_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "openrtb/lenient.h"

namespace bidwell::openrtb {
namespace {

using lenient::member;
using Json = nlohmann::json;

std::int32_t integer(const Json& parent, std::string_view key, std::int32_t otherwise = kAbsent) {
  return lenient::integer(member(parent, key)).value_or(otherwise);
}

// The first of two places that yields an integer.
std::int32_t integer_of(const Json& first, const Json& second, std::int32_t otherwise) {
  if (const auto read = lenient::integer(first)) return *read;
  return lenient::integer(second).value_or(otherwise);
}

const Json& first_object(const Json& first, const Json& second) {
  return first.is_object() ? first : second;
}

EnumSet enums(const Json& parent, std::string_view key) {
  EnumSet set;
  for (const std::int32_t value : lenient::integers(member(parent, key))) set.insert(value);
  return set;
}

// Up to the next micro, but for what a decimal loses as a double.
Micros round_up(double amount) {
  const long double micros = static_cast<long double>(amount) * kMicrosPerUnit;
  if (micros <= 0) return 0;
  if (micros >= kMaxMicros) return kMaxMicros;
  const long double nearest = std::round(micros);
  const bool meant = std::abs(micros - nearest) <= 1e-9L * std::max(1.0L, micros) && nearest > 0;
  return static_cast<Micros>(meant ? nearest : std::ceil(micros));
}

}  // namespace

ReferenceReading::ReferenceReading(const Json& document) {
  error_ = read(document);
}

std::string_view ReferenceReading::keep(std::string text) {
  return texts_.emplace_back(std::move(text));
}

std::string_view ReferenceReading::text(const Json& parent, std::string_view key) {
  return keep(lenient::text(member(parent, key)));
}

Strings ReferenceReading::texts(const Json& parent, std::string_view key) {
  std::vector<std::string_view> list;
  for (std::string& entry : lenient::texts(member(parent, key))) list.push_back(keep(std::move(entry)));
  return keep(lists_, std::move(list));
}

std::span<const std::int32_t> ReferenceReading::integers(const Json& parent, std::string_view key) {
  return keep(integers_, lenient::integers(member(parent, key)));
}

Floor ReferenceReading::floor(const Json& parent, std::string_view key, std::string_view currency_key) {
  Floor floor;
  floor.currency = text(parent, currency_key);
  const Json& value = member(parent, key);
  if (value.is_null()) return floor;
  const auto amount = lenient::number(value);
  floor.state = amount ? Floor::State::read : Floor::State::unreadable;
  if (amount) floor.micros = round_up(*amount);
  return floor;
}

Banner ReferenceReading::banner(const Json& value) {
  Banner banner;
  banner.present = value.is_object();
  banner.w = integer(value, "w");
  banner.h = integer(value, "h");
  banner.pos = integer(value, "pos");
  std::vector<Format> formats;
  for (const Json* format : lenient::objects(member(value, "format"))) {
    formats.push_back({integer(*format, "w"), integer(*format, "h"), integer(*format, "wratio"),
                       integer(*format, "hratio"), integer(*format, "wmin")});
  }
  banner.format = keep(formats_, std::move(formats));
  banner.btype = enums(value, "btype");
  banner.battr = enums(value, "battr");
  banner.api = enums(value, "api");
  banner.mimes = texts(value, "mimes");
  return banner;
}

Stream ReferenceReading::stream(const Json& value) {
  Stream stream;
  stream.present = value.is_object();
  stream.mimes = texts(value, "mimes");
  stream.minduration = integer(value, "minduration");
  stream.maxduration = integer(value, "maxduration");
  stream.startdelay = integer(value, "startdelay");
  stream.protocols = enums(value, "protocols");
  if (stream.protocols.empty()) stream.protocols = enums(value, "protocol");
  stream.battr = enums(value, "battr");
  stream.api = enums(value, "api");
  stream.delivery = enums(value, "delivery");
  stream.w = integer(value, "w");
  stream.h = integer(value, "h");
  stream.linearity = integer(value, "linearity");
  stream.placement = integer(value, "placement");
  stream.plcmt = integer(value, "plcmt");
  stream.skip = integer(value, "skip");
  stream.pos = integer(value, "pos");
  stream.feed = integer(value, "feed");
  stream.poddur = integer(value, "poddur");
  stream.maxseq = integer(value, "maxseq");
  stream.slotinpod = integer(value, "slotinpod");
  stream.rqddurs = integers(value, "rqddurs");
  stream.mincpmpersec = floor(value, "mincpmpersec", "");
  return stream;
}

NativeAsset ReferenceReading::asset(const Json& value) {
  using Kind = NativeAsset::Kind;
  static constexpr std::array kKinds = {std::pair{"title", Kind::title}, std::pair{"img", Kind::img},
                                        std::pair{"video", Kind::video}, std::pair{"data", Kind::data}};
  NativeAsset asset;
  asset.id = integer(value, "id");
  asset.required = integer(value, "required", 0) == 1;
  const auto found =
      std::ranges::find_if(kKinds, [&](const auto& kind) { return member(value, kind.first).is_object(); });
  if (found == kKinds.end()) return asset;
  asset.kind = found->second;
  const Json& what = member(value, found->first);
  if (asset.kind == Kind::img || asset.kind == Kind::data) asset.type = integer(what, "type");
  if (asset.kind == Kind::title || asset.kind == Kind::data) asset.len = integer(what, "len");
  if (asset.kind == Kind::img) {
    asset.w = integer(what, "w");
    asset.h = integer(what, "h");
    asset.wmin = integer(what, "wmin");
    asset.hmin = integer(what, "hmin");
    asset.mimes = texts(what, "mimes");
  }
  if (asset.kind == Kind::video) asset.video = stream(what);
  return asset;
}

void ReferenceReading::native_markup(const Json& markup, Native& native) {
  const Json& inner = member(markup, "native");
  native.wrapped = inner.is_object();
  const Json& request = native.wrapped ? inner : markup;
  native.state = Native::State::read;
  if (const auto ver = text(request, "ver"); !ver.empty()) native.ver = ver;
  native.context = integer(request, "context");
  native.plcmttype = integer(request, "plcmttype");
  std::vector<NativeAsset> assets;
  for (const Json* wanted : lenient::objects(member(request, "assets"))) assets.push_back(asset(*wanted));
  native.assets = keep(assets_, std::move(assets));
}

Native ReferenceReading::native(const Json& value) {
  Native native;
  native.present = value.is_object();
  native.ver = text(value, "ver");
  native.battr = enums(value, "battr");
  native.api = enums(value, "api");
  const Json& given = member(value, "request");
  if (given.is_null()) return native;
  const Json markup = given.is_string() ? Json::parse(given.get_ref<const std::string&>(), nullptr, false) : given;
  native.state = Native::State::unreadable;
  if (markup.is_object()) native_markup(markup, native);
  return native;
}

std::span<const Deal> ReferenceReading::deals(const Json& pmp) {
  std::vector<Deal> deals;
  for (const Json* value : lenient::objects(member(pmp, "deals"))) {
    Deal& deal = deals.emplace_back();
    deal.id = text(*value, "id");
    deal.bidfloor = floor(*value, "bidfloor", "bidfloorcur");
    deal.at = integer(*value, "at");
    deal.wseat = texts(*value, "wseat");
    if (deal.wseat.empty()) deal.wseat = texts(*value, "wseats");
    deal.wadomain = texts(*value, "wadomain");
  }
  return keep(deals_, std::move(deals));
}

Imp ReferenceReading::imp(const Json& value) {
  Imp imp;
  imp.id = text(value, "id");
  imp.banner = banner(member(value, "banner"));
  imp.video = stream(member(value, "video"));
  imp.audio = stream(member(value, "audio"));
  imp.native = native(member(value, "native"));
  imp.bidfloor = floor(value, "bidfloor", "bidfloorcur");
  imp.private_auction = integer(member(value, "pmp"), "private_auction", 0);
  imp.deals = deals(member(value, "pmp"));
  imp.secure = integer(value, "secure");
  imp.instl = integer(value, "instl", 0);
  const Json& video_ext = member(member(value, "video"), "ext");
  imp.rwdd = integer_of(member(value, "rwdd"), member(video_ext, "rewarded"), 0);
  imp.exp = integer(value, "exp");
  imp.tagid = text(value, "tagid");
  return imp;
}

Channel ReferenceReading::channel(const Json& value) {
  Channel channel;
  channel.present = value.is_object();
  channel.id = text(value, "id");
  channel.name = text(value, "name");
  channel.domain = text(value, "domain");
  channel.bundle = text(value, "bundle");
  channel.storeurl = text(value, "storeurl");
  channel.page = text(value, "page");
  channel.cat = texts(value, "cat");
  channel.sectioncat = texts(value, "sectioncat");
  channel.pagecat = texts(value, "pagecat");
  channel.cattax = integer(value, "cattax");
  const Json& publisher = member(value, "publisher");
  channel.publisher = {text(publisher, "id"), text(publisher, "name"), text(publisher, "domain")};
  const Json& content = member(value, "content");
  channel.content.cat = texts(content, "cat");
  channel.content.cattax = integer(content, "cattax");
  channel.content.language = text(content, "language");
  channel.content.genre = text(content, "genre");
  channel.content.livestream = integer(content, "livestream");
  channel.content.len = integer(content, "len");
  return channel;
}

Geo ReferenceReading::geo(const Json& value) {
  Geo geo;
  geo.lat = lenient::number(member(value, "lat")).value_or(kNoCoordinate);
  geo.lon = lenient::number(member(value, "lon")).value_or(kNoCoordinate);
  geo.country = text(value, "country");
  geo.region = text(value, "region");
  geo.city = text(value, "city");
  geo.zip = text(value, "zip");
  geo.metro = text(value, "metro");
  geo.utcoffset = integer(value, "utcoffset");
  return geo;
}

Device ReferenceReading::device(const Json& value) {
  Device device;
  device.ua = text(value, "ua");
  device.ip = text(value, "ip");
  device.ipv6 = text(value, "ipv6");
  device.os = text(value, "os");
  device.osv = text(value, "osv");
  device.make = text(value, "make");
  device.model = text(value, "model");
  device.carrier = text(value, "carrier");
  device.language = text(value, "language");
  device.ifa = text(value, "ifa");
  device.devicetype = integer(value, "devicetype");
  device.connectiontype = integer(value, "connectiontype");
  device.w = integer(value, "w");
  device.h = integer(value, "h");
  device.lmt = integer(value, "lmt", 0);
  device.dnt = integer(value, "dnt", 0);
  device.geo = geo(member(value, "geo"));
  return device;
}

std::span<const Eid> ReferenceReading::eids(const Json& value) {
  std::vector<Eid> eids;
  for (const Json* source : lenient::objects(value)) {
    for (const Json* uid : lenient::objects(member(*source, "uids"))) {
      if (const auto id = text(*uid, "id"); !id.empty()) eids.push_back({text(*source, "source"), id});
    }
  }
  return keep(eids_, std::move(eids));
}

std::span<const Segment> ReferenceReading::segments(const Json& value) {
  std::vector<Segment> segments;
  for (const Json* data : lenient::objects(value)) {
    std::string_view provider = text(*data, "id");
    if (provider.empty()) provider = text(*data, "name");
    for (const Json* segment : lenient::objects(member(*data, "segment"))) {
      if (const auto id = text(*segment, "id"); !id.empty()) segments.push_back({provider, id});
    }
  }
  return keep(segments_, std::move(segments));
}

User ReferenceReading::user(const Json& value) {
  User user;
  const Json& ext = member(value, "ext");
  user.id = text(value, "id");
  user.buyeruid = text(value, "buyeruid");
  user.gender = text(value, "gender");
  user.consent = text(value, "consent");
  if (user.consent.empty()) user.consent = text(ext, "consent");
  user.yob = integer(value, "yob");
  user.eids = eids(member(value, "eids"));
  if (user.eids.empty()) user.eids = eids(member(ext, "eids"));
  user.segments = segments(member(value, "data"));
  user.geo = geo(member(value, "geo"));
  return user;
}

Regs ReferenceReading::regs(const Json& value) {
  Regs regs;
  const Json& ext = member(value, "ext");
  regs.coppa = integer(value, "coppa", 0);
  regs.gdpr = integer_of(member(value, "gdpr"), member(ext, "gdpr"), 0);
  regs.us_privacy = text(value, "us_privacy");
  if (regs.us_privacy.empty()) regs.us_privacy = text(ext, "us_privacy");
  regs.gpp = text(value, "gpp");
  if (regs.gpp.empty()) regs.gpp = text(ext, "gpp");
  regs.gpp_sid = integers(value, "gpp_sid");
  if (regs.gpp_sid.empty()) regs.gpp_sid = integers(ext, "gpp_sid");
  const Json& dsa = first_object(member(value, "dsa"), member(ext, "dsa"));
  regs.dsa = {dsa.is_object(), integer(dsa, "dsarequired", 0), integer(dsa, "pubrender", 0),
              integer(dsa, "datatopub", 0)};
  return regs;
}

SupplyChain ReferenceReading::schain(const Json& source) {
  SupplyChain schain;
  const Json& value = first_object(member(source, "schain"), member(member(source, "ext"), "schain"));
  schain.present = value.is_object();
  schain.complete = integer(value, "complete");
  std::vector<SupplyChainNode> nodes;
  for (const Json* node : lenient::objects(member(value, "nodes"))) {
    nodes.push_back({text(*node, "asi"), text(*node, "sid"), integer(*node, "hp")});
  }
  schain.nodes = keep(nodes_, std::move(nodes));
  return schain;
}

ParseError ReferenceReading::read(const Json& document) {
  if (!document.is_object()) return ParseError::not_an_object;
  request_.id = text(document, "id");
  if (request_.id.empty()) return ParseError::id_missing;

  const Json& imps = member(document, "imp");
  if (!imps.is_array()) return ParseError::imp_missing;
  if (imps.empty()) return ParseError::imp_empty;
  std::vector<Imp> read;
  std::map<std::string_view, int> seen;
  for (const Json& value : imps) {
    if (!value.is_object()) return ParseError::imp_missing;
    ++seen[read.emplace_back(imp(value)).id];
  }
  for (Imp& one : read) one.id_repeated = !one.id.empty() && seen[one.id] > 1;
  request_.imp = keep(imps_, std::move(read));

  request_.at = integer(document, "at", 2);
  request_.tmax = integer(document, "tmax");
  request_.test = integer(document, "test", 0);
  request_.cur = texts(document, "cur");
  request_.wseat = texts(document, "wseat");
  request_.bseat = texts(document, "bseat");
  request_.bcat = texts(document, "bcat");
  request_.acat = texts(document, "acat");
  request_.badv = texts(document, "badv");
  request_.bapp = texts(document, "bapp");
  request_.wlang = texts(document, "wlang");
  request_.cattax = integer_of(member(document, "cattax"), member(member(document, "ext"), "cattax"), 1);
  request_.site = channel(member(document, "site"));
  request_.app = channel(member(document, "app"));
  request_.dooh = channel(member(document, "dooh"));
  request_.device = device(member(document, "device"));
  request_.user = user(member(document, "user"));
  request_.regs = regs(member(document, "regs"));
  request_.schain = schain(member(document, "source"));
  return ParseError::none;
}

}  // namespace bidwell::openrtb
