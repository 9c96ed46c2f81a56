// The words for each cause: reports, JSON and the terminal all take them from here.
#include "bidwell/replay/losses.h"

namespace bidwell::replay {
namespace {

struct Words {
  std::string_view name, meaning;
};

constexpr std::array<Words, kLosses> kWords{{
    {"file_cut_off", "the file breaks off inside a packet or block, or is damaged there; what came before was read"},
    {"packet_malformed", "a header that contradicts itself or the packet's length"},
    {"packet_truncated", "captured shorter than it was on the wire: capture with a larger snaplen (tcpdump -s 0)"},
    {"link_unknown", "a link type or EtherType that holds no IP (ARP and the like)"},
    {"not_tcp", "IP, but no TCP (UDP, ICMP, a tunnel that is not VXLAN)"},
    {"fragment_missing", "an IP packet of which fragments never came, came too late or contradict each other"},
    {"kernel_dropped", "the kernel had no room for the packet: take a larger buffer or a filter"},
    {"interface_dropped", "the network interface or its driver dropped the packet"},
    {"bytes_missing", "bytes of a connection that were never captured; it goes on behind them"},
    {"bytes_of_no_message", "bytes skipped until an HTTP message begins (mid-stream starts, behind a gap)"},
    {"flow_not_http", "a connection of which no byte looked like HTTP/1.1 (TLS, HTTP/2, others)"},
    {"flow_pushed_out", "a connection given up before its end, because too many were open"},
    {"head_cut_off", "a request whose head's rest is missing"},
    {"body_cut_off", "a request whose body's rest is missing"},
    {"head_malformed", "begins like a request and is none"},
    {"message_too_large", "a head or body larger than the limits"},
    {"body_undecodable", "chunk framing or compression is broken, or is neither gzip nor deflate"},
    {"answer_unusable", "an answer that is cut off or malformed; its request counts all the same"},
    {"line_malformed", "a line that is no JSON object, or not one that tells of a request"},
    {"record_malformed", "a record that is not in goreplay's format"},
    {"not_post", "a request of another method than POST"},
    {"not_json_object", "a POST whose body is no JSON object"},
    {"filtered", "left out by host or path, or skipped, as asked for"},
    {"sampled_out", "left out by sampling, as asked for"},
    {"other_port", "packets of TCP connections to other ports than the one asked for"},
    {"replayed_answer", "goreplay's answers of a replay (type 3): those of the original are used"},
}};

const Words& words_of(Loss loss) noexcept {
  static constexpr Words kUnknown{"unknown", "unknown"};
  const auto at = static_cast<std::size_t>(loss);
  return at < kWords.size() ? kWords[at] : kUnknown;
}

}  // namespace

std::string_view name_of(Loss loss) noexcept {
  return words_of(loss).name;
}

std::string_view meaning_of(Loss loss) noexcept {
  return words_of(loss).meaning;
}

bool is_choice(Loss loss) noexcept {
  return loss >= Loss::not_post;
}

}  // namespace bidwell::replay
