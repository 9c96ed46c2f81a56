// Packets come out of every kind of capture as they went in, and what is no whole capture says so.
#include "bidwell/replay/packets.h"

#include <gtest/gtest.h>
#include <pcap/dlt.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/replay/capture_bytes.h"

namespace bidwell::replay {
namespace {

using testing::CaptureWriter;
using testing::Folder;
using testing::gzip;
using testing::zstd;

struct Seen {
  std::int64_t at_ns;
  std::string bytes;
  std::uint32_t wire_bytes;
  int link;
  friend bool operator==(const Seen&, const Seen&) = default;
};

void PrintTo(const Seen& seen, std::ostream* out) {
  *out << seen.at_ns << ' ' << seen.bytes << ' ' << seen.wire_bytes << ' ' << seen.link;
}

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::uint32_t kTime = 1'413'745'931;

class PacketsTest : public ::testing::Test {
 protected:
  std::vector<Seen> read(std::string_view bytes, const PacketOptions& options = {}) {
    const auto source = open_packets(folder.file("capture", bytes), options);
    std::vector<Seen> seen;
    Packet packet;
    while (source->next(packet) == Next::one) {
      seen.push_back({packet.at_ns, {packet.bytes.begin(), packet.bytes.end()}, packet.wire_bytes, packet.link});
    }
    EXPECT_EQ(source->next(packet), Next::end);
    EXPECT_EQ(source->packets(), seen.size());
    EXPECT_EQ(source->bytes_of(), bytes.size());
    losses = source->losses();
    fault = source->fault();
    EXPECT_EQ(fault.empty(), losses.of(Loss::file_cut_off) == 0);
    return seen;
  }
  std::string refused(const std::string& where, const PacketOptions& options = {}) {
    try {
      open_packets(where, options);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  }

  const Folder folder;
  Losses losses;
  std::string fault;
};

TEST_F(PacketsTest, Pcap) {
  for (const bool big_endian : {false, true}) {
    for (const bool nano : {false, true}) {
      CaptureWriter file(big_endian);
      file.pcap(nano, 1).packet(kTime, 455'999, "first").packet(kTime + 1, 7, "second", 1500);
      const std::int64_t unit = nano ? 1 : 1000;
      const std::vector<Seen> expected = {{kTime * kSecond + 455'999 * unit, "first", 5, DLT_EN10MB},
                                          {(kTime + 1) * kSecond + 7 * unit, "second", 1500, DLT_EN10MB}};
      EXPECT_EQ(read(file.text()), expected) << big_endian << nano;
      EXPECT_EQ(fault, "");
      EXPECT_EQ(read(gzip(file.text())), expected);
      EXPECT_EQ(read(zstd(file.text())), expected);
    }
  }
}

TEST_F(PacketsTest, Pcapng) {
  for (const bool big_endian : {false, true}) {
    CaptureWriter file(big_endian);
    const std::uint64_t second = kTime;
    file.section().interface(1).interface(1, 9).interface(1, 0x80 | 20);
    file.enhanced(0, second * 1'000'000 + 455'999, "micro");
    file.block(0x0000'0bad, "what nobody knows");
    file.enhanced(1, second * kSecond + 455'999'001, "nano", 1500);
    file.enhanced(2, (second << 20) + (1 << 19), "half a second");
    const std::vector<Seen> expected = {{kTime * kSecond + 455'999'000, "micro", 5, DLT_EN10MB},
                                        {kTime * kSecond + 455'999'001, "nano", 1500, DLT_EN10MB},
                                        {kTime * kSecond + 500'000'000, "half a second", 13, DLT_EN10MB}};
    EXPECT_EQ(read(file.text()), expected) << big_endian;
    EXPECT_EQ(read(gzip(file.text())), expected);
  }
}

TEST_F(PacketsTest, PcapngSections) {
  CaptureWriter file;
  file.section().interface(1).enhanced(0, 1, "one").section().interface(1, 9).enhanced(0, 2, "two").simple("simple");
  const std::vector<Seen> expected = {
      {1000, "one", 3, DLT_EN10MB}, {2, "two", 3, DLT_EN10MB}, {0, "simple", 6, DLT_EN10MB}};
  EXPECT_EQ(read(file.text()), expected);
}

// What libpcap's own reader refuses.
TEST_F(PacketsTest, PcapngInterfacesThatDiffer) {
  CaptureWriter file;
  file.section().interface(1, 6, 65'535).interface(101, 9, 262'144);
  file.enhanced(0, 1, "one").enhanced(1, 2, "two").interface(113).enhanced(2, 3, "three").enhanced(0, 4, "four");
  file.section().interface(0).enhanced(0, 5, "five");
  const std::vector<Seen> expected = {{1000, "one", 3, DLT_EN10MB},
                                      {2, "two", 3, DLT_RAW},
                                      {3000, "three", 5, DLT_LINUX_SLL},
                                      {4000, "four", 4, DLT_EN10MB},
                                      {5000, "five", 4, DLT_NULL}};
  EXPECT_EQ(read(file.text()), expected);
}

TEST_F(PacketsTest, PcapngTimes) {
  const auto at = [&](int resolution, std::uint64_t units) {
    return read(CaptureWriter().section().interface(1, resolution).enhanced(0, units, "x").text()).at(0).at_ns;
  };
  EXPECT_EQ(at(0, 12), 12 * kSecond);
  EXPECT_EQ(at(3, 12'345), 12'345'000'000);
  EXPECT_EQ(at(8, 112'345'678), 1'123'456'780);
  EXPECT_EQ(at(12, 1'999'999'999'999), 1'999'999'999);
  EXPECT_EQ(at(0x80, 12), 12 * kSecond);
  EXPECT_EQ(at(0x80 | 10, 1536), kSecond + kSecond / 2);
  EXPECT_EQ(at(0x80 | 63, 3ull << 61), 750'000'000);
  // if_tsoffset
  CaptureWriter body;
  body.u16(1).u16(0).u32(0).u16(14).u16(8).u32(100).u32(0);
  EXPECT_EQ(read(CaptureWriter().section().block(1, body.text()).enhanced(0, 7, "x").text()).at(0).at_ns,
            100 * kSecond + 7000);
}

TEST_F(PacketsTest, PcapngThatIsWrong) {
  const auto wrong = [&](const CaptureWriter& file) {
    const std::size_t packets = read(file.text()).size();
    EXPECT_EQ(losses.of(Loss::file_cut_off), 1u);
    EXPECT_NE(fault, "");
    return packets;
  };
  const auto begun = [] { return CaptureWriter().section().interface(1).enhanced(0, 1, "x"); };
  EXPECT_EQ(wrong(begun().enhanced(1, 1, "of no interface")), 1u);
  EXPECT_EQ(wrong(begun().block(6, "short")), 1u);
  EXPECT_EQ(wrong(begun().block(1, "4")), 1u);
  EXPECT_EQ(wrong(begun().interface(1, 0x80 | 64)), 1u);
  EXPECT_EQ(wrong(begun().interface(1, 20)), 1u);
  EXPECT_EQ(wrong(begun().u32(5).u32(8)), 1u);
  EXPECT_EQ(wrong(begun().u32(5).u32(13).u32(0)), 1u);
  EXPECT_EQ(wrong(begun().u32(5).u32(0xfffffffc).u32(0)), 1u);
  EXPECT_EQ(wrong(begun().u32(5).u32(12).u32(16)), 1u);
  EXPECT_EQ(wrong(begun().u32(0x0a0d0d0a).u32(28).raw("no byte order, that is wrong")), 1u);
  CaptureWriter longer;
  longer.u32(0).u32(0).u32(0).u32(400).u32(400).raw("not 400 bytes");
  EXPECT_EQ(wrong(begun().block(6, longer.text())), 1u);
}

TEST_F(PacketsTest, PcapngFilters) {
  const std::string tcp{"\x45\0\0\x1c\0\0\0\0\x40\x06\0\0\x0a\0\0\1\x0a\0\0\2\0\1\0\2\0\x08\0\0", 28};
  const std::string ethernet = std::string(12, 'm') + std::string("\x08\0", 2);
  std::string udp = tcp;
  udp[9] = 17;
  CaptureWriter file;
  file.section().interface(1).interface(101);
  file.enhanced(0, 1, ethernet + udp).enhanced(0, 2, ethernet + tcp).enhanced(1, 3, udp).enhanced(1, 4, tcp);
  const auto seen = read(file.text(), {.filter = "tcp"});
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].at_ns, 2000);
  EXPECT_EQ(seen[1].at_ns, 4000);
  EXPECT_NE(refused(folder.path("capture"), {.filter = "tcp porto 80"}).find("syntax error"), std::string::npos);
  // One that has no meaning for the second interface ends it there, and says why.
  EXPECT_EQ(read(file.text(), {.filter = "tcp or ether host 02:00:00:00:00:01"}).size(), 1u);
  EXPECT_NE(fault.find("filter"), std::string::npos) << fault;
}

TEST_F(PacketsTest, LinkTypesAreLibpcapsOwn) {
  const auto link_of = [&](std::uint32_t type) {
    return read(CaptureWriter().pcap(false, type).packet(1, 1, "x").text()).at(0).link;
  };
  EXPECT_EQ(link_of(101), DLT_RAW);
  EXPECT_EQ(link_of(113), DLT_LINUX_SLL);
  EXPECT_EQ(link_of(276), DLT_LINUX_SLL2);
  EXPECT_EQ(link_of(0), DLT_NULL);
  EXPECT_EQ(link_of(108), DLT_LOOP);
  EXPECT_EQ(link_of(228), DLT_IPV4);
}

TEST_F(PacketsTest, TimesBeyond2038) {
  const std::uint32_t late = 4'000'000'000;
  EXPECT_EQ(read(CaptureWriter().pcap(true, 1).packet(late, 999'999'999, "x").text()).at(0).at_ns,
            late * kSecond + 999'999'999);
  CaptureWriter file;
  file.section().interface(1, 9).enhanced(0, 5'000'000'000'000'000'001, "x").enhanced(0, ~0ull, "nonsense");
  const auto seen = read(file.text());
  EXPECT_EQ(seen.at(0).at_ns, 5'000'000'000'000'000'001);
  EXPECT_GT(seen.at(1).at_ns, 0);
}

// Cut off after each byte: the packets before come, and the loss is told unless it ends between two.
TEST_F(PacketsTest, TornFiles) {
  CaptureWriter classic, next;
  std::vector<std::size_t> whole_at;
  classic.pcap(true, 1);
  const std::size_t classic_head = classic.text().size();
  next.section().interface(1, 9);
  const std::size_t next_head = next.text().size();
  const auto check = [&](CaptureWriter& file, std::size_t head, const auto& add) {
    std::vector<std::size_t> ends = {head};
    for (const char* text : {"first", "second", "third"}) {
      add(file, text);
      ends.push_back(file.text().size());
    }
    for (std::size_t n = head; n <= file.text().size(); ++n) {
      std::size_t packets = 0;
      while (packets < 3 && ends[packets + 1] <= n) ++packets;
      EXPECT_EQ(read(file.text().substr(0, n)).size(), packets) << n;
      EXPECT_EQ(losses.of(Loss::file_cut_off), n == ends[packets] ? 0u : 1u) << n;
    }
  };
  check(classic, classic_head, [](CaptureWriter& file, const char* text) { file.packet(1, 1, text); });
  check(next, next_head, [](CaptureWriter& file, const char* text) { file.enhanced(0, 1, text); });
}

TEST_F(PacketsTest, TornCompressedFiles) {
  CaptureWriter file;
  file.pcap(true, 1);
  for (std::uint32_t i = 0; i < 40'000; ++i) file.packet(i, i, std::to_string(i * 2'654'435'761u));
  for (const std::string& bytes : {gzip(file.text()), zstd(file.text())}) {
    EXPECT_EQ(read(bytes).size(), 40'000u);
    EXPECT_EQ(losses.of(Loss::file_cut_off), 0u);
    const std::size_t packets = read(bytes.substr(0, bytes.size() - bytes.size() / 4)).size();
    EXPECT_GT(packets, 10'000u);
    EXPECT_LT(packets, 40'000u);
    EXPECT_EQ(losses.of(Loss::file_cut_off), 1u);
    // All packets are there, and the compressed stream's end is not.
    read(bytes.substr(0, bytes.size() - 1));
    EXPECT_EQ(losses.of(Loss::file_cut_off), 1u);
  }
}

TEST_F(PacketsTest, DamageEndsIt) {
  CaptureWriter file;
  file.pcap(true, 1).packet(1, 1, "first");
  file.u32(1).u32(1).u32(0x7fffffff).u32(0x7fffffff).raw("no such length");
  EXPECT_EQ(read(file.text()).size(), 1u);
  EXPECT_EQ(losses.of(Loss::file_cut_off), 1u);
}

TEST_F(PacketsTest, FilterOfTcpdump) {
  const std::string udp{"\x45\0\0\x1c\0\0\0\0\x40\x11\0\0\x0a\0\0\1\x0a\0\0\2\0\1\0\2\0\x08\0\0", 28};
  std::string tcp = udp;
  tcp[9] = 6;
  CaptureWriter file;
  file.pcap(false, 101).packet(1, 1, udp).packet(2, 2, tcp);
  EXPECT_EQ(read(file.text()).size(), 2u);
  const auto seen = read(file.text(), {.filter = "tcp"});
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].at_ns, 2 * kSecond + 2000);
  const std::string why = refused(folder.path("capture"), {.filter = "tcp porto 80"});
  EXPECT_NE(why.find("tcp porto 80"), std::string::npos) << why;
  EXPECT_NE(why.find("syntax error"), std::string::npos) << why;
}

TEST_F(PacketsTest, EndsWhenToldSo) {
  const std::atomic<bool> stop{true};
  EXPECT_TRUE(read(CaptureWriter().pcap(false, 1).packet(1, 1, "x").text(), {.filter = {}, .stop = &stop}).empty());
}

// As "tcpdump -U -w - | bidwell-replay -".
TEST_F(PacketsTest, StandardInputEndsWhenToldSo) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const int kept = ::dup(STDIN_FILENO);
  ::dup2(pipe[0], STDIN_FILENO);
  const std::string bytes = CaptureWriter().pcap(false, 1).packet(1, 1, "x").raw("half a he").text();
  ASSERT_EQ(::write(pipe[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  std::atomic<bool> stop{false};
  const auto source = open_packets("-", {.filter = {}, .stop = &stop});
  Packet packet;
  EXPECT_EQ(source->next(packet), Next::one);
  EXPECT_EQ(source->bytes_of(), 0u);
  std::thread stopper([&] { stop = true; });
  EXPECT_EQ(source->next(packet), Next::end);  // would wait for ever: the pipe is open
  EXPECT_EQ(source->losses().of(Loss::file_cut_off), 0u);
  EXPECT_EQ(source->fault(), "");
  stopper.join();
  ::dup2(kept, STDIN_FILENO);
  for (const int fd : {pipe[0], pipe[1], kept}) ::close(fd);
}

TEST_F(PacketsTest, SaysWhatIsWrong) {
  const std::string none = folder.path("none");
  EXPECT_NE(refused(none).find(none), std::string::npos);
  EXPECT_NE(refused(none).find("No such file"), std::string::npos);
  for (const std::string& bytes : {std::string(), std::string("{\"id\":1}\n"), std::string(4000, 'x'), gzip("no")}) {
    const std::string path = folder.file("other", bytes), why = refused(path);
    EXPECT_NE(why.find(path + " is no capture"), std::string::npos) << why;
  }
}

}  // namespace
}  // namespace bidwell::replay
