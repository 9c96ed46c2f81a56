// Captured packets, one by one: from a file (pcap or pcapng, micro- or nanoseconds, plain, .gz or .zst by their first
// bytes), from standard input, or from a live interface. libpcap reads all but pcapng; its link types are used for all.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "bidwell/replay/losses.h"

namespace bidwell::replay {

struct Packet {
  std::int64_t at_ns = 0;               // since 1970
  std::span<const std::uint8_t> bytes;  // as captured; lives until the next call of next()
  std::uint32_t wire_bytes = 0;         // as long as it was; more than bytes.size(): truncated
  int link = 0;                         // libpcap's DLT_
};

enum class Next : std::uint8_t {
  one,   // there is one
  none,  // live: nothing came for a while (100 ms at most); ask again. Packet::at_ns alone is set: all that was captured
         // before that time has been given
  end    // no more: the file's end, or stopped
};

struct PacketOptions {
  std::string filter;               // in tcpdump's language; empty: all. Applies to the outer packet
  std::size_t buffer_mb = 64;       // live: the kernel's ring; at 1 Gbit/s half a second
  const std::atomic<bool>* stop{};  // live and standard input: true ends it; may be null
};

// Not thread-safe.
class PacketSource {
 public:
  virtual ~PacketSource() = default;
  virtual Next next(Packet& out) = 0;
  // What next() could not give; the live counters are as of now.
  virtual const Losses& losses() = 0;
  virtual std::uint64_t packets() const = 0;
  // For progress: bytes of the file read so far, and its size; 0 where it is not known.
  virtual std::uint64_t bytes_read() const = 0;
  virtual std::uint64_t bytes_of() const = 0;
  // Why it ended before its time (a file that breaks off, an interface that went down); empty: it did not.
  virtual std::string_view fault() const = 0;
};

// `where`: a path, "-" for standard input, or "iface:NAME" (which needs CAP_NET_RAW; not put into promiscuous mode).
// Throws std::runtime_error that names it and says what is wrong and what to do: no such file, no capture, no rights,
// a filter that does not compile.
std::unique_ptr<PacketSource> open_packets(const std::string& where, const PacketOptions& options);

}  // namespace bidwell::replay
