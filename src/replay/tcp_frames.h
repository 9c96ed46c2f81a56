// TCP segments as Ethernet frames, by libtins.
#pragma once

#include <tins/tins.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "bidwell/replay/make_pcap.h"

namespace bidwell::replay {

// Not thread-safe.
class TcpFrames {
 public:
  // Throws std::runtime_error, or Tins::exception_base for what is no address.
  explicit TcpFrames(const MakePcapOptions& options);

  // `head` without ports. A connection's number says its client's port; past the last port they go on from the next
  // address.
  std::vector<std::uint8_t> frame(std::uint32_t connection, bool by_client, const Tins::TCP& head,
                                  std::string_view payload);

 private:
  const MakePcapOptions options_;
  const bool v6_;
  const Tins::EthernetII to_server_, to_client_;
  Tins::IPv4Address client4_, server4_;
  Tins::IPv6Address client6_, server6_;
  std::uint16_t identification_ = 0;
};

}  // namespace bidwell::replay
