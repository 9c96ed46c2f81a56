// The same captures read by tshark, which shares nothing with this: methods, targets and bodies agree.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <sstream>

#include "bidwell/replay/packets.h"
#include "replay/sources.h"
#include "tests/replay/corpus.h"

namespace bidwell::replay::testing {
namespace {

struct Seen {
  std::string method, target, body;
  auto operator<=>(const Seen&) const = default;
};

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char buffer[4096];
  while (const std::size_t size = fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, size);
  pclose(pipe);
  return out;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

// Without its preferences for reordered segments and for starts in the middle tshark sees less.
std::vector<Seen> by_tshark(const std::filesystem::path& file) {
  const std::string out = output_of(
      "tshark -r '" + file.string() +
      "' -o tcp.reassemble_out_of_order:TRUE -o http.desegment_body:TRUE -Y http.request -T fields -E separator=/t "
      "-E aggregator=\x01 -e http.request.method -e http.request.uri -e http.file_data 2>/dev/null");
  std::vector<Seen> all;
  for (const std::string& line : split(out, '\n')) {
    const auto fields = split(line, '\t');
    const auto methods = split(fields.at(0), '\x01'), targets = split(fields.at(1), '\x01');
    // Of several requests in a packet nobody could say whose a body is; here they have none.
    const std::string body = methods.size() == 1 && fields.size() > 2 ? fields[2] : "";
    for (std::size_t i = 0; i < methods.size(); ++i) all.push_back({methods[i], targets.at(i), body});
  }
  std::sort(all.begin(), all.end());
  return all;
}

// As tshark writes a field.
std::string escaped(const std::string& body) {
  std::string out;
  for (const char c : body) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else
      out += c;
  }
  return out;
}

std::vector<Seen> by_us(const std::filesystem::path& file, bool cut_off) {
  SourceOptions options;
  options.cut_off = cut_off;
  auto source = requests_of_capture(open_packets(file.string(), options.packets), options);
  std::vector<Seen> all;
  for (CapturedRequest one; source->next(one) == Next::one;) all.push_back({one.method, one.target, escaped(one.body)});
  std::sort(all.begin(), all.end());
  return all;
}

class CaptureTsharkTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    file_ = corpus() / "pcaps" / GetParam();
    if (!std::filesystem::exists(file_)) GTEST_SKIP() << "no " << file_ << " (BIDWELL_CORPUS names another place)";
    if (output_of("tshark --version 2>/dev/null").empty()) GTEST_SKIP() << "no tshark";
  }
  std::filesystem::path file_;
};

TEST_P(CaptureTsharkTest, Agrees) {
  const std::string name = GetParam();
  auto theirs = by_tshark(file_), ours = by_us(file_, false);
  ASSERT_FALSE(theirs.empty());
  if (name == "PcapPlusPlus-4KHttpRequests.pcap") {
    // Of one direction, without any SYN and with a gap behind nearly each packet. tshark joins what is around a gap or
    // leaves a connection alone, so it sees a part; all that it sees, we have, whole or as cut off.
    ours = by_us(file_, true);
    for (auto* all : {&theirs, &ours}) {
      for (Seen& one : *all) one.body.clear();
      std::sort(all->begin(), all->end());
    }
    EXPECT_LT(theirs.size(), ours.size());
    EXPECT_TRUE(std::includes(ours.begin(), ours.end(), theirs.begin(), theirs.end()));
    return;
  }
  if (name == "suricata-verify-http-event-chunk-input.pcap") {
    // Its lines end in LF alone, and tshark takes two bytes for each chunk's end: it misses the second chunk.
    ASSERT_EQ(ours.size(), 1u);
    ASSERT_EQ(theirs.size(), 1u);
    EXPECT_EQ(theirs[0].body, "tototata");
    EXPECT_EQ(ours[0].body, "tototatatiti");
    theirs[0].body = ours[0].body;
  }
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    EXPECT_EQ(ours[i].method + " " + ours[i].target, theirs[i].method + " " + theirs[i].target);
    EXPECT_EQ(ours[i].body, theirs[i].body);
  }
}

INSTANTIATE_TEST_SUITE_P(Corpus, CaptureTsharkTest,
                         ::testing::Values("PcapPlusPlus-one_tcp_stream.pcap", "PcapPlusPlus-4KHttpRequests.pcap",
                                           "arkime-pcap-wireshark-retrans.pcap",
                                           "suricata-verify-http-protocol-nodup-input.pcap",
                                           "suricata-verify-http-event-chunk-input.pcap",
                                           "suricata-verify-http-post-file-input.pcap",
                                           "zeek-http-pipelined-requests.pcap", "zeek-Traces-http-vlan-0.pcap"));

}  // namespace
}  // namespace bidwell::replay::testing
