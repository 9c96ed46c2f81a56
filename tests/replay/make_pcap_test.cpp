// Captures that this program, tshark and the tools of tcpreplay read as if they had been captured.
#include "bidwell/replay/make_pcap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "bidwell/replay/packets.h"
#include "tests/replay/corpus.h"
#include "tests/replay/written.h"

namespace bidwell::replay {
namespace {

using testing::all_of;
using testing::corpus;
using testing::Folder;

constexpr std::int64_t kNow = 1'700'000'123'456'789'012;

// What a command prints.
std::string output_of(const std::string& command) {
  std::string out;
  std::FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  char room[4096];
  for (std::size_t n; (n = std::fread(room, 1, sizeof room, pipe)) > 0;) out.append(room, n);
  ::pclose(pipe);
  return out;
}

bool installed(const std::string& program) {
  return !output_of("command -v " + program).empty();
}

CapturedRequest post(const std::string& body, std::int64_t at_ns = CapturedRequest::kNoTime, std::uint64_t flow = 0) {
  CapturedRequest request;
  request.at_ns = at_ns, request.flow = flow;
  request.method = "POST", request.target = "/bid/demo";
  request.headers = {
      {"Host", "bidder"}, {"Content-Length", std::to_string(body.size())}, {"X-Id", std::to_string(flow)}};
  request.body = body;
  return request;
}

void write(const std::string& file, const std::vector<CapturedRequest>& requests, const MakePcapOptions& options = {}) {
  PcapWriter writer(file, options);
  for (const CapturedRequest& request : requests) writer.write(request);
  writer.finish();
}

// Requests of several connections, interleaved, pipelined, some large, some with answers: of all kinds.
std::vector<CapturedRequest> mixture() {
  std::vector<CapturedRequest> out;
  for (int i = 0; i < 600; ++i) {
    const std::size_t size = i % 50 == 7 ? 200'000 : static_cast<std::size_t>(i * 37 % 5'000);
    out.push_back(post("{\"n\":" + std::to_string(i) + ",\"x\":\"" + std::string(size, 'x') + "\"}", kNow + i * 700'001,
                       static_cast<std::uint64_t>(1 + i * i % 7)));
    if (i % 3 == 0) {
      CapturedAnswer& answer = out.back().answer.emplace();
      answer.at_ns = out.back().at_ns + (i % 4) * 3'000'000;
      answer.status = i % 6 == 0 ? 200 : 204;
      if (i % 6 == 0) answer.headers = {{"Content-Type", "application/json"}};
      if (i % 6 == 0) answer.body = "{\"a\":\"" + std::string(static_cast<std::size_t>(i) * 20, 'y') + "\"}";
    }
  }
  return out;
}

TEST(MakePcapTest, ThisProgramReadsTheSameRequests) {
  const Folder folder;
  const std::vector<CapturedRequest> requests = mixture();
  write(folder.file("a.pcap"), requests);
  SourceOptions options;
  options.answers = true;
  const auto [read, losses] = all_of(folder.file("a.pcap"), options);
  EXPECT_EQ(losses.counts, Losses().counts);
  ASSERT_EQ(read.size(), requests.size());
  std::map<std::string, const CapturedRequest*> by_body;
  for (const CapturedRequest& request : read) by_body[request.body] = &request;
  std::map<std::uint64_t, std::uint64_t> flows;
  for (const CapturedRequest& request : requests) {
    ASSERT_TRUE(by_body.contains(request.body));
    const CapturedRequest& got = *by_body[request.body];
    EXPECT_EQ(got.method, request.method);
    EXPECT_EQ(got.target, request.target);
    EXPECT_EQ(got.headers, request.headers);
    // A large request takes a microsecond a segment, and one that was to begin meanwhile waits for it.
    EXPECT_NEAR(static_cast<double>(got.at_ns - request.at_ns), 0, 1000) << got.body.substr(0, 20);
    const auto [flow, is_new] = flows.try_emplace(request.flow, got.flow);
    EXPECT_EQ(flow->second, got.flow);
    ASSERT_TRUE(got.answer);
    EXPECT_EQ(got.answer->status, request.answer ? request.answer->status : 204u);
    if (request.answer) {
      EXPECT_EQ(got.answer->body, request.answer->body);
    }
  }
  EXPECT_EQ(flows.size(), 4u);  // squares modulo 7
}

TEST(MakePcapTest, TimesGoUpAndBeginWhereTheyShould) {
  const Folder folder;
  write(folder.file("a.pcap"), mixture());
  const auto packets = open_packets(folder.file("a.pcap"), {});
  Packet packet;
  std::int64_t last = 0;
  std::uint64_t n = 0;
  for (; packets->next(packet) == Next::one; ++n) {
    EXPECT_GE(packet.at_ns, last);
    if (n == 0) {
      EXPECT_EQ(packet.at_ns, kNow - 300'000);
    }
    last = packet.at_ns;
  }
  EXPECT_GT(n, 1200u);
}

TEST(MakePcapTest, CountsWhatCameTooLateForItsTime) {
  const Folder folder;
  PcapWriter writer(folder.file("a.pcap"), {});
  writer.write(post("{}", kNow, 1));
  writer.write(post("{}", kNow + 4'900'000'000, 2));
  writer.write(post("{}", kNow + 100'000'000, 1));
  EXPECT_EQ(writer.moved(), 0u);
  writer.write(post("{}", kNow + 10'000'000'000, 2));
  writer.write(post("{}", kNow + 200'000'000, 1));
  EXPECT_EQ(writer.moved(), 1u);
  writer.finish();
}

TEST(MakePcapTest, WithoutTimesByTheRateAndOverConnections) {
  const Folder folder;
  std::vector<CapturedRequest> requests(100);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    requests[i].method = "POST";
    requests[i].body = "{\"id\":\"" + std::to_string(i) + "\"}";
  }
  MakePcapOptions options;
  options.rate = 500, options.connections = 5, options.path = "/bid/x", options.host = "h";
  write(folder.file("a.pcap"), requests, options);
  const auto [read, losses] = all_of(folder.file("a.pcap"));
  ASSERT_EQ(read.size(), 100u);
  std::map<std::uint64_t, int> flows;
  for (std::size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].body, requests[i].body);
    EXPECT_EQ(read[i].target, "/bid/x");
    EXPECT_EQ(*header_of(read[i].headers, "Host"), "h");
    EXPECT_EQ(read[i].at_ns - read[0].at_ns, static_cast<std::int64_t>(i) * 2'000'000);
    ++flows[read[i].flow];
  }
  EXPECT_EQ(flows.size(), 5u);
}

TEST(MakePcapTest, Ipv6AndTheCorpus) {
  if (!std::filesystem::exists(corpus() / "requests.ndjson")) GTEST_SKIP() << "no corpus in " << corpus();
  const Folder folder;
  const auto lines = all_of(corpus() / "requests.ndjson");
  MakePcapOptions options;
  options.client = "2001:db8::1", options.server = "2001:db8::2", options.mss = 536, options.rate = 20'000;
  write(folder.file("a.pcap"), lines.requests, options);
  const auto [read, losses] = all_of(folder.file("a.pcap"));
  EXPECT_EQ(losses.counts, Losses().counts);
  ASSERT_EQ(read.size(), lines.requests.size());
  // By when they were whole, which may be another order: all the same.
  std::multiset<std::string> before, after;
  for (const CapturedRequest& request : lines.requests) before.insert(request.body);
  for (const CapturedRequest& request : read) after.insert(request.body);
  EXPECT_EQ(before, after);
}

TEST(MakePcapTest, PortsGoOnFromTheNextAddress) {
  const Folder folder;
  MakePcapOptions options;
  options.client_port = 65'530;
  std::vector<CapturedRequest> requests;
  for (std::uint64_t flow = 1; flow <= 20; ++flow) requests.push_back(post("{}", kNow, flow));
  write(folder.file("a.pcap"), requests, options);
  const auto [read, losses] = all_of(folder.file("a.pcap"));
  std::map<std::uint64_t, int> flows;
  for (const CapturedRequest& request : read) ++flows[request.flow];
  EXPECT_EQ(flows.size(), 20u);
}

TEST(MakePcapTest, SaysWhatIsWrong) {
  const Folder folder;
  const auto make = [&](const MakePcapOptions& options, const std::string& file) { PcapWriter(file, options); };
  MakePcapOptions mixed, bad, mac, zero;
  mixed.client = "::1", bad.server = "300.1.1.1", mac.client_mac = "x", zero.mss = 0;
  for (const MakePcapOptions& options : {mixed, bad, mac, zero}) {
    EXPECT_THROW(make(options, folder.file("a.pcap")), std::runtime_error);
  }
  EXPECT_THROW(make({}, folder.file("none/a.pcap")), std::runtime_error);
}

// tshark's expert system finds nothing but what belongs to a connection, and counts the same requests.
TEST(MakePcapTest, TsharkFindsNoFault) {
  if (!installed("tshark")) GTEST_SKIP() << "no tshark";
  const Folder folder;
  const std::vector<CapturedRequest> requests = mixture();
  write(folder.file("a.pcap"), requests);
  const std::string read =
      "tshark -r " + folder.file("a.pcap") + " -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE ";
  EXPECT_EQ(output_of(read + "-Y 'tcp.analysis.flags || _ws.malformed || tcp.checksum.status == \"Bad\" || "
                             "ip.checksum.status == \"Bad\"'"),
            "");
  const std::string posts = output_of(read + "-Y http.request -T fields -e http.request.method");
  EXPECT_EQ(static_cast<std::size_t>(std::count(posts.begin(), posts.end(), '\n')), requests.size());
  const std::string answers = output_of(read + "-Y http.response -T fields -e http.response.code");
  EXPECT_EQ(static_cast<std::size_t>(std::count(answers.begin(), answers.end(), '\n')), requests.size());
  // The control: the same without its first segment of data is found out.
  output_of("editcap " + folder.file("a.pcap") + " " + folder.file("b.pcap") + " 4");
  EXPECT_NE(output_of("tshark -r " + folder.file("b.pcap") + " -Y tcp.analysis.flags"), "");
}

}  // namespace
}  // namespace bidwell::replay
