// Campaign files as people write them and as they get mangled: every fault is found without a
// crash, and what is found good compiles and answers a request.
#include <cstdint>

#include "fuzz/bidding.h"

namespace {

using namespace bidwell;

// Something for every medium, so that a good file mostly bids.
constexpr char kRequest[] = R"({"id": "r\"1", "cur": ["USD", "EUR"],
  "imp": [
    {"id": "b", "banner": {"w": 300, "h": 250, "format": [{"w": 1, "h": 1}, {"w": 320, "h": 50}]},
     "pmp": {"deals": [{"id": "deal-1", "bidfloor": 0.1}]}},
    {"id": "v", "video": {"mimes": ["video/mp4"], "maxduration": 60, "protocols": [2, 3, 7]}},
    {"id": "a", "audio": {"mimes": ["audio/mpeg"], "maxduration": 60, "protocols": [2, 3, 7]}},
    {"id": "n", "native": {"request": "{\"assets\":[{\"id\":1,\"title\":{\"len\":90}},{\"id\":2,\"img\":{\"type\":3}},{\"id\":3,\"data\":{\"type\":2}}]}"}}],
  "site": {"domain": "news.example", "cat": ["IAB12-1"], "publisher": {"id": "p"},
           "content": {"language": "en", "cat": ["IAB1-2"]}},
  "device": {"devicetype": 4, "os": "iOS", "osv": "15.1", "language": "en", "make": "Apple",
             "model": "iPhone", "carrier": "C", "connectiontype": 2,
             "geo": {"country": "DEU", "region": "BE", "city": "Berlin", "zip": "10115",
                     "lat": 52.5, "lon": 13.4, "utcoffset": 60}},
  "user": {"gender": "F", "yob": 1990, "data": [{"segment": [{"id": "x"}, {"id": "z"}]}]},
  "regs": {"ext": {"dsa": {"dsarequired": 2, "pubrender": 0}}}})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr char kNone[] = "{\"campaigns\": []}";
  static fuzz::Bidder bidder(kNone, false), counting(kNone, true);
  static const nlohmann::json request = nlohmann::json::parse(kRequest);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  catalog::Loaded loaded = catalog::load_campaigns(text, bidder.currencies());
  for (const Fault& fault : loaded.faults) {
    fuzz::require(!fault.what.empty(), "a fault without a word", text);
    fuzz::require(fault.where.empty() || fault.where[0] == '/', "a place that is none", fault.where);
  }
  if (!loaded.faults.empty()) return 0;
  for (fuzz::Bidder* each : {&bidder, &counting}) {
    each->handler().set_snapshot(each->compile(loaded.campaigns));
    const auto [status, answer] = each->post(kRequest);
    fuzz::require(status != 400, "refused", answer);
    fuzz::check_answer(request, status, answer);
  }
  return 0;
}
