// Reads pcapng. libpcap does, too, but gives up where a file's interfaces differ in link type or snaplen, as those of
// dumpcap with several interfaces and of mergecap do.
// Format: IETF draft-ietf-opsawg-pcapng.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/replay/packets.h"

namespace bidwell::replay {

// Not thread-safe.
class Pcapng {
 public:
  static bool is(std::string_view first_bytes) noexcept;

  // Reads up to the first interface's description. `stream` must outlive it.
  explicit Pcapng(std::FILE* stream);

  // False: no more, or fault() says why there is no more.
  bool next(Packet& out);
  std::string_view fault() const noexcept { return fault_; }
  // Of the first interface; -1: there is none.
  int first_link() const noexcept { return interfaces_.empty() ? -1 : interfaces_.front().link; }

 private:
  struct Interface {
    int link = 0;
    std::uint32_t snaplen = 0;  // 0: no limit
    unsigned digits = 6;        // the unit of time is 10^-digits or 2^-digits seconds
    bool binary = false;
    std::int64_t offset_s = 0;
  };

  bool read_block();  // false: the end, or fault_
  bool read_body(std::size_t have, std::size_t size);
  bool section();
  bool interface();
  bool interface_option(Interface& of, unsigned code, std::size_t at, std::size_t size);
  bool packet(Packet& out);
  bool simple_packet(Packet& out);
  static std::int64_t time_of(const Interface& of, std::uint64_t units);
  bool broken(std::string_view why);

  std::uint16_t u16(std::size_t at) const noexcept;
  std::uint32_t u32(std::size_t at) const noexcept;
  std::uint64_t u64(std::size_t at) const noexcept;

  std::FILE* stream_;
  bool swapped_ = false;
  std::uint32_t type_ = 0;
  std::vector<std::uint8_t> block_;  // the body: without type and lengths
  std::vector<Interface> interfaces_;
  std::string_view fault_;
};

}  // namespace bidwell::replay
