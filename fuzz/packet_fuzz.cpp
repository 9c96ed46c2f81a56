// Any bytes as a capture file, through the decoder: nothing reads beyond a packet, times and lengths are sane, and a
// file that ends before its time says why.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>

#include "bidwell/replay/packets.h"
#include "replay/decode.h"

namespace {

using namespace bidwell::replay;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// A file in memory, written anew each time.
class Memory {
 public:
  Memory() : fd_(::memfd_create("capture", 0)), path_("/proc/self/fd/" + std::to_string(fd_)) {
    require(fd_ >= 0, "memfd_create");
  }
  const std::string& hold(const std::uint8_t* data, std::size_t size) const {
    require(::ftruncate(fd_, 0) == 0, "ftruncate");
    require(::pwrite(fd_, data, size, 0) == static_cast<ssize_t>(size), "pwrite");
    return path_;
  }

 private:
  int fd_;
  std::string path_;
};

// So that each byte of it is read.
std::size_t sum_of(std::span<const std::uint8_t> bytes) {
  return std::accumulate(bytes.begin(), bytes.end(), std::size_t{0});
}

void check(const Segment& segment, const Packet& packet) {
  require(sum_of(segment.payload) <= 255 * segment.payload.size(), "a sum of bytes");
  require(segment.at_ns == packet.at_ns, "a segment's time is its last packet's");
  require(segment.payload.size() <= 65'535 || segment.payload.size() <= packet.bytes.size(), "a payload's length");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Memory memory;
  std::unique_ptr<PacketSource> source;
  try {
    source = open_packets(memory.hold(data, size), {});
  } catch (const std::runtime_error&) {
    return 0;  // no capture
  }
  Losses losses;
  Decoder decoder(losses);
  Packet packet;
  std::uint64_t packets = 0, segments = 0;
  while (source->next(packet) == Next::one) {
    ++packets;
    require(packet.at_ns >= 0, "a time before 1970");
    require(packet.wire_bytes >= packet.bytes.size(), "longer than it was");
    const Segment* segment = decoder.decode(packet);
    if (segment == nullptr) continue;
    ++segments;
    check(*segment, packet);
  }
  decoder.finish();
  require(source->packets() == packets, "packets");
  require(packets <= size, "more packets than bytes");
  require(source->fault().empty() == (source->losses().of(Loss::file_cut_off) == 0), "a fault is a loss");
  require(segments <= packets, "more segments than packets");
  return 0;
}
