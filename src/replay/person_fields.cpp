// The lists behind the anonymiser. In user, device and the like only what is known to be harmless stays, as exchanges put
// identifiers under keys of their own there; elsewhere only what is known to tell of a person is replaced.
#include "replay/person_fields.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "bidwell/core/text.h"
#include "replay/json_text.h"

namespace bidwell::replay {
namespace {

using Path = std::span<const std::string_view>;

struct Named {
  std::string_view key;  // in lower case
  Treatment treatment;
};

// Wherever they stand.
constexpr Named kAnywhere[] = {
    // Advertising and device identifiers, plain or hashed.
    {"ifa", Treatment::identifier},
    {"idfa", Treatment::identifier},
    {"idfv", Treatment::identifier},
    {"ifv", Treatment::identifier},
    {"gaid", Treatment::identifier},
    {"aaid", Treatment::identifier},
    {"oaid", Treatment::identifier},
    {"imei", Treatment::identifier},
    {"udid", Treatment::identifier},
    {"openudid", Treatment::identifier},
    {"androidid", Treatment::identifier},
    {"android_id", Treatment::identifier},
    {"idfamd5", Treatment::identifier},
    {"idfasha1", Treatment::identifier},
    {"did", Treatment::identifier},
    {"didmd5", Treatment::identifier},
    {"didsha1", Treatment::identifier},
    {"dpid", Treatment::identifier},
    {"dpidmd5", Treatment::identifier},
    {"dpidsha1", Treatment::identifier},
    {"mac", Treatment::identifier},
    {"macmd5", Treatment::identifier},
    {"macsha1", Treatment::identifier},
    {"deviceid", Treatment::identifier},
    {"device_id", Treatment::identifier},
    {"advertisingid", Treatment::identifier},
    {"advertising_id", Treatment::identifier},
    {"googleadid", Treatment::identifier},
    {"maid", Treatment::identifier},
    // People.
    {"buyeruid", Treatment::identifier},
    {"buyerid", Treatment::identifier},
    {"buyeruids", Treatment::identifier},
    {"userid", Treatment::identifier},
    {"user_id", Treatment::identifier},
    {"customdata", Treatment::identifier},
    {"email", Treatment::identifier},
    {"hem", Treatment::identifier},
    {"phone", Treatment::identifier},
    {"msisdn", Treatment::identifier},
    {"fpc", Treatment::identifier},
    {"pubcid", Treatment::identifier},
    {"cookieid", Treatment::identifier},
    {"cookie_id", Treatment::identifier},
    {"sessionid", Treatment::identifier},
    {"session_id", Treatment::identifier},
    {"authentication_id", Treatment::identifier},
    {"yob", Treatment::year},
    // Where they are.
    {"ip", Treatment::address},
    {"ipv6", Treatment::address},
    {"ipaddress", Treatment::address},
    {"ip_address", Treatment::address},
    {"xff", Treatment::address},
    {"x-forwarded-for", Treatment::address},
    {"lat", Treatment::degrees},
    {"lon", Treatment::degrees},
    {"long", Treatment::degrees},
    {"zip", Treatment::postcode},
    // What they look at, and look for. Search words are free text.
    {"page", Treatment::url},
    {"ref", Treatment::url},
    {"url", Treatment::url},
    {"curl", Treatment::url},
    {"referrer", Treatment::url},
    {"search", Treatment::words},
    // What they agreed to: purposes and vendors stay, the second at which they did goes.
    {"consent", Treatment::consent},
    {"consent_string", Treatment::consent},
    {"gdpr_consent", Treatment::consent},
    {"gpp", Treatment::consent},
    // The auction: the exchange knows who was in it.
    {"tid", Treatment::identifier},
    {"rid", Treatment::identifier},
};

// Objects whose strings are all replaced: those of the specification; RTBkit's, the IAB's older device identifiers, and
// AdTruth's fingerprints.
constexpr std::string_view kPersons[] = {"user", "device", "eids", "userids", "udi", "adtruth"};

// In these, besides: what stays. Targeting needs it, and many people share each value.
constexpr std::string_view kHarmless[] = {
    // user
    "gender", "us_privacy", "consented_providers", "addtl_consent", "cur", "source", "inserter", "matcher",
    "stype", "rtipartner",
    // geo
    "country", "region", "regionfips104", "metro", "city", "contry", "county", "state", "timezone",
    // device: the user agent stays whole, as bidders read it and the structured one stands beside it
    "ua", "make", "model", "os", "osv", "hwv", "flashver", "flashversion", "language", "langb", "carrier", "mccmnc",
    "connectiontype", "devicetype", "brand", "version", "architecture", "bitness", "ifa_type", "geocountry", "asi",
    "sid", "ver", "atts", "res",
    // Numbers as strings.
    "dnt", "lmt", "js", "coppa", "gdpr", "h", "w", "ppi", "pxratio", "geofetch", "type", "accuracy", "lastfix",
    "ipservice", "utcoffset"};

// A number in them that has so many digits could be an identifier or a time.
constexpr std::size_t kDigitsKept = 5;

bool contains(Path path, std::string_view key) {
  return std::find(path.begin(), path.end(), key) != path.end();
}

Treatment named(std::string_view key) {
  for (const Named& entry : kAnywhere) {
    if (entry.key == key) return entry.treatment;
  }
  return Treatment::keep;
}

// {"user","data",...,"id"}: segments and who made them are of many people.
bool is_segment(Path path) {
  if (path.size() < 3 || path[0] != "user" || path[1] != "data") return false;
  return path.back() == "id" || path.back() == "name" || path.back() == "value";
}

Treatment of_person(const JsonScalar& scalar, Path path, std::string_view key) {
  if (is_segment(path)) return Treatment::keep;
  if (std::find(std::begin(kHarmless), std::end(kHarmless), key) != std::end(kHarmless)) return Treatment::keep;
  if (scalar.kind == JsonKind::number) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto digits = std::count_if(scalar.text.begin(), scalar.text.end(), digit);
    return static_cast<std::size_t>(digits) > kDigitsKept || key == "id" ? Treatment::identifier : Treatment::keep;
  }
  return key == "keywords" || key == "kwarray" ? Treatment::words : Treatment::identifier;
}

// Keys in lower case and without escapes, which could hide one from the lists.
class PlainPath {
 public:
  explicit PlainPath(Path path) {
    std::array<std::size_t, 129> ends;
    std::size_t size = 0;
    for (const std::string_view key : path) {
      ends[size++] = text_.size();
      if (key.find('\\') == std::string_view::npos) {
        text_.append(key);
      } else {
        text_.append(text_of_json(std::string("\"").append(key).append("\"")));
      }
    }
    ends[size] = text_.size();
    std::transform(text_.begin(), text_.end(), text_.begin(), ascii_lower);
    keys_.reserve(size);
    for (std::size_t i = 0; i < size; ++i) {
      keys_.push_back(std::string_view(text_).substr(ends[i], ends[i + 1] - ends[i]));
    }
  }
  Path view() const { return keys_; }

 private:
  std::string text_;
  std::vector<std::string_view> keys_;
};

}  // namespace

Treatment treatment_in_request(const JsonScalar& scalar) {
  if (scalar.path.empty() || scalar.kind == JsonKind::null || scalar.kind == JsonKind::boolean) return Treatment::keep;
  const PlainPath plain(scalar.path);
  const Path path = plain.view();
  const std::string_view key = path.back();
  if (key == "id" && (path.size() == 1 || contains(path, "eids"))) return Treatment::identifier;
  if (const Treatment treatment = named(key); treatment != Treatment::keep) return treatment;
  const Path parents = path.first(path.size() - 1);
  const bool of_one = std::any_of(std::begin(kPersons), std::end(kPersons),
                                  [parents](std::string_view person) { return contains(parents, person); });
  if (of_one) return of_person(scalar, path, key);
  return contains(parents, "buyeruids") ? Treatment::identifier : Treatment::keep;
}

Treatment treatment_in_answer(const JsonScalar& scalar) {
  if (scalar.path.empty() || scalar.kind == JsonKind::null || scalar.kind == JsonKind::boolean) return Treatment::keep;
  const std::string_view key = scalar.path.back();
  // They hold the auction, the price and often the user, encrypted or in the path: nothing of them can be kept for
  // sure.
  for (const std::string_view secret : {"adm", "nurl", "burl", "lurl"}) {
    if (key == secret && scalar.kind == JsonKind::string) return Treatment::empty;
  }
  if (scalar.path.size() == 1 && (key == "id" || key == "bidid" || key == "customdata")) return Treatment::identifier;
  return contains(scalar.path, "bid") && (key == "iurl") ? Treatment::url : treatment_in_request(scalar);
}

Treatment treatment_of_header(std::string_view name) {
  static constexpr Named kHeaders[] = {
      {"cookie", Treatment::words},
      {"set-cookie", Treatment::words},
      {"authorization", Treatment::words},
      {"proxy-authorization", Treatment::words},
      {"x-api-key", Treatment::words},
      {"x-forwarded-for", Treatment::address},
      {"x-real-ip", Treatment::address},
      {"x-client-ip", Treatment::address},
      {"client-ip", Treatment::address},
      {"true-client-ip", Treatment::address},
      {"cf-connecting-ip", Treatment::address},
      {"fastly-client-ip", Treatment::address},
      {"x-device-ip", Treatment::address},
      {"forwarded", Treatment::words},
      {"referer", Treatment::url},
      {"location", Treatment::url},
      {"x-request-id", Treatment::identifier},
      {"x-correlation-id", Treatment::identifier},
      {"traceparent", Treatment::identifier},
      {"x-amzn-trace-id", Treatment::identifier},
      {"x-b3-traceid", Treatment::identifier},
  };
  for (const Named& header : kHeaders) {
    if (ascii_iequal(header.key, name)) return header.treatment;
  }
  return Treatment::keep;
}

}  // namespace bidwell::replay
