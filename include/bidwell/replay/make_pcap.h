// Writes requests as a capture that tcpreplay, tshark and this program read: whole TCP connections with handshake,
// segments, acknowledgements, an answer to each request, and times.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bidwell/replay/request.h"

namespace bidwell::replay {

struct MakePcapOptions {
  std::string client = "10.0.0.1", server = "10.0.0.2";  // IPv4, or both IPv6
  std::string client_mac = "02:00:00:00:00:01", server_mac = "02:00:00:00:00:02";
  std::uint16_t server_port = 80, client_port = 20'000;  // the first flow's; each next has the next port
  std::size_t connections = 16;                          // for requests whose flow is not known, in turn
  double rate = 1000;                                    // per second, for requests without times
  std::uint16_t mss = 1460;
  std::string host = "localhost", path = "/bid/demo";  // where a request has none
};

// Not thread-safe. Nanosecond pcap, Ethernet. Throws std::runtime_error.
class PcapWriter {
 public:
  PcapWriter(const std::string& file, const MakePcapOptions& options);  // "-": standard output
  ~PcapWriter();
  // Requests of a flow must come in their order; times may interleave between flows within five seconds (a capture's
  // requests come so late where their answers are waited for), packets are written sorted by time.
  void write(const CapturedRequest& request);
  // Ends all connections with FINs. Nothing may be written after.
  void finish();
  std::uint64_t packets() const noexcept;
  // Requests that came later than that, and so stand later in the capture than their time.
  std::uint64_t moved() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::replay
