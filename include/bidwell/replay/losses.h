// What a capture, a file or a selection did not yield, by cause and count: nothing is left out in silence.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bidwell::replay {

enum class Loss : std::uint8_t {
  // Packets.
  file_cut_off,       // the file ends inside a packet or block, or is damaged; what came before was read
  packet_malformed,   // a header that contradicts itself or the packet's length
  packet_truncated,   // captured shorter than it was on the wire (snaplen, mirroring): its rest is missing
  link_unknown,       // a link type or EtherType that holds no IP for us (ARP and the like)
  not_tcp,            // IP, but no TCP: UDP, ICMP (a VXLAN packet counts by what it holds)
  fragment_missing,   // an IP packet of which fragments never came, or came too late or contradictory
  kernel_dropped,     // live: the kernel had no room for it (a larger buffer or a filter helps)
  interface_dropped,  // live: the network interface or its driver dropped it
  // TCP.
  bytes_missing,        // counted in bytes: never captured; the stream goes on behind them
  bytes_of_no_message,  // counted in bytes: skipped until a message begins (mid-stream starts, behind a gap)
  flow_not_http,        // a connection of which no byte looked like HTTP/1.1 (TLS, HTTP/2, others)
  flow_pushed_out,      // a connection given up before its end, because too many were open
  // HTTP.
  head_cut_off,       // a request whose head's rest is missing
  body_cut_off,       // a request whose body's rest is missing
  head_malformed,     // begins like a request and is none
  message_too_large,  // past the limits of head or body
  body_undecodable,   // chunk framing or gzip is broken, or an encoding that is neither gzip nor deflate
  answer_unusable,    // an answer that is cut off or malformed; its request counts all the same
  // Files of requests.
  line_malformed,    // not a JSON object, or not one that tells of a request
  record_malformed,  // goreplay: not its format
  // What was chosen not to be used.
  not_post,         // a request of another method
  not_json_object,  // a POST whose body is no JSON object
  filtered,         // by host or path, or skipped
  sampled_out,
  other_port,       // packets of TCP connections to other ports than SourceOptions::port
  replayed_answer,  // goreplay's answers of a replay, which are none of the capture's
  count_
};

inline constexpr std::size_t kLosses = static_cast<std::size_t>(Loss::count_);

std::string_view name_of(Loss loss) noexcept;     // "packet_truncated"
std::string_view meaning_of(Loss loss) noexcept;  // one line for people, with what to do where there is something
bool is_choice(Loss loss) noexcept;               // asked for, not lost: from not_post on

// Not thread-safe.
struct Losses {
  std::array<std::uint64_t, kLosses> counts{};

  void add(Loss loss, std::uint64_t n = 1) noexcept { counts[static_cast<std::size_t>(loss)] += n; }
  std::uint64_t of(Loss loss) const noexcept { return counts[static_cast<std::size_t>(loss)]; }
  Losses& operator+=(const Losses& other) noexcept {
    for (std::size_t i = 0; i < kLosses; ++i) counts[i] += other.counts[i];
    return *this;
  }
};

}  // namespace bidwell::replay
