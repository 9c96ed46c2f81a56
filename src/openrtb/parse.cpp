// The parser's top level: the request's own fields, and where the parts are read.
#include "bidwell/openrtb/parse.h"

#include "openrtb/parse_parts.h"

namespace bidwell::openrtb {

struct Parser::Impl {
  explicit Impl(const ParserLimits& limits) : json(limits) {}

  JsonReader json;
};

Parser::Parser(const ParserLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
Parser::~Parser() = default;
Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;

namespace {

void read_imps(JsonReader& json, BidRequest& request) {
  const std::size_t first = json.imps.size();
  const bool is_array = json.each_element([&] {
    if (!json.is_object()) return json.fail(ParseError::imp_missing);
    if (Imp* imp = json.push(json.imps)) read_imp(json, *imp);
  });
  if (!is_array) return json.fail(ParseError::imp_missing);
  request.imp = json.imps.since(first);
}

void mark_repeated_ids(std::span<Imp> imps) {
  for (std::size_t i = 1; i < imps.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (imps[i].id == imps[j].id && !imps[i].id.empty()) imps[i].id_repeated = imps[j].id_repeated = true;
    }
  }
}

}  // namespace

ParseError Parser::parse(std::string_view body, BidRequest& request) {
  JsonReader& json = impl_->json;
  json.start(body);
  request = BidRequest{};

  if (json.failed()) return json.error();

  bool has_imp = false;
  std::int32_t cattax = kAbsent, ext_cattax = kAbsent;
  json.each_field([&](std::uint64_t head, std::string_view) {
    switch (head) {
      case key8("id"):
        request.id = json.string();
        break;
      case key8("imp"):
        has_imp = true;
        read_imps(json, request);
        break;
      case key8("site"): read_channel(json, request.site); break;
      case key8("app"): read_channel(json, request.app); break;
      case key8("dooh"): read_channel(json, request.dooh); break;
      case key8("device"): read_device(json, request.device); break;
      case key8("user"): read_user(json, request.user); break;
      case key8("regs"): read_regs(json, request.regs); break;
      case key8("source"): read_source(json, request.schain); break;
      case key8("at"): request.at = json.integer(2); break;
      case key8("tmax"): request.tmax = json.integer(); break;
      case key8("test"): request.test = json.integer(0); break;
      case key8("cur"): request.cur = json.string_list(); break;
      case key8("wseat"): request.wseat = json.string_list(); break;
      case key8("bseat"): request.bseat = json.string_list(); break;
      case key8("bcat"): request.bcat = json.string_list(); break;
      case key8("acat"): request.acat = json.string_list(); break;
      case key8("badv"): request.badv = json.string_list(); break;
      case key8("bapp"): request.bapp = json.string_list(); break;
      case key8("wlang"): request.wlang = json.string_list(); break;
      case key8("cattax"): cattax = json.integer(); break;
      case key8("ext"):
        json.each_field([&](std::uint64_t inner, std::string_view) {
          if (inner == key8("cattax")) ext_cattax = json.integer();
        });
        break;
      default: break;
    }
  });
  if (json.failed()) return json.error();
  if (!json.at_end()) return ParseError::not_json;
  if (request.id.empty()) return ParseError::id_missing;
  if (!has_imp) return ParseError::imp_missing;
  if (request.imp.empty()) return ParseError::imp_empty;

  request.cattax = cattax != kAbsent ? cattax : ext_cattax != kAbsent ? ext_cattax : 1;
  mark_repeated_ids(request.imp);
  return ParseError::none;
}

std::string_view describe(ParseError error) noexcept {
  switch (error) {
    case ParseError::none: return "no error";
    case ParseError::not_json: return "the body is not one valid JSON document";
    case ParseError::not_an_object: return "the body is JSON but not an object";
    case ParseError::id_missing: return "id is missing or not a string";
    case ParseError::imp_missing: return "imp is missing or not an array of objects";
    case ParseError::imp_empty: return "imp is an empty array";
    case ParseError::too_many: return "more impressions, deals or list entries than this bidder's limits";
  }
  return "unknown error";
}

}  // namespace bidwell::openrtb
