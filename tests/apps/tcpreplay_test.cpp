// tcpreplay plays a capture over a veth pair, bidwell-replay hears it and sends it to a real bidder: by the script that
// the documentation shows. Skipped where the kernel allows no network namespace.
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/apps/process.h"
#include "tests/apps/serving.h"
#include "tests/apps/workplace.h"

namespace bidwell::apps::testing {
namespace {

using Json = nlohmann::json;

constexpr int kRequests = 500;

bool namespaces_work() {
  return run({"/bin/sh", "-c",
              "command -v tcpreplay && u=; [ $(id -u) = 0 ] || u=--map-root-user; "
              "unshare --net $u ip link add play type veth peer name hear"})
             .code == 0;
}

TEST(Tcpreplay, PlaysACaptureOverAVethPairIntoABidder) {
  if (!namespaces_work()) GTEST_SKIP() << "no tcpreplay, or no network namespaces here";
  const Workplace place;
  std::string lines;
  for (int i = 0; i < kRequests; ++i) {
    lines += Json{{"id", "r-" + std::to_string(i)},
                  {"imp", {{{"id", "1"}, {"banner", {{"w", 300}, {"h", 250}}}}}},
                  {"site", {{"id", "s"}, {"name", std::string(2000, 'x')}}}}  // more than a segment
                 .dump() +
             "\n";
  }
  place.write("requests.ndjson", lines);
  const std::string pcap = place.path("requests.pcap"), json = place.path("result.json");
  ASSERT_EQ(run({REPLAY_EXECUTABLE, "make-pcap", place.path("requests.ndjson"), "-o", pcap, "--rate", "500"}).code, 0);

  const std::string socket = "unix:" + place.path("bidder.sock");
  Serving bidder(place, {"--listen", socket});
  const std::filesystem::path bin = std::filesystem::path(REPLAY_EXECUTABLE).parent_path();
  const Ended played = run({BIDWELL_SOURCE_DIR "/scripts/replay-over-veth", bin.string(), pcap, socket + ":/bid/demo",
                            "--validate", "--slo", "errors=0%,bids=100%", "--json", json});
  EXPECT_EQ(played.code, 0) << played.out << played.err;
  std::ifstream file(json);
  const Json result = Json::parse(file);
  EXPECT_EQ(result["requests"]["captured"], kRequests) << played.out;
  EXPECT_EQ(result["requests"]["answered"], kRequests);
  EXPECT_EQ(result["bidding"]["answers_with_bids"], kRequests);
}

}  // namespace
}  // namespace bidwell::apps::testing
