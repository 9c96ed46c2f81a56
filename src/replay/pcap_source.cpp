// Packets, times and filters as libpcap has them.
#include "replay/pcap_source.h"

#include <algorithm>
#include <new>
#include <stdexcept>

namespace bidwell::replay {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kSecondsMax = INT64_MAX / kNsPerSecond - 1000;

std::int64_t time_of(const timeval& time, std::int64_t fraction_ns) {
  // The classic format's seconds are 32 bits without a sign to us (until 2106), and with one to libpcap. What is past
  // the range of nanoseconds is nonsense that must not overflow.
  std::int64_t seconds = time.tv_sec;
  if (seconds < 0) seconds += std::int64_t{1} << 32;
  seconds = std::clamp<std::int64_t>(seconds, 0, kSecondsMax);
  return seconds * kNsPerSecond + std::clamp<std::int64_t>(time.tv_usec, 0, kNsPerSecond) * fraction_ns;
}

void compile(pcap_t* handle, const std::string& name, const std::string& filter, bpf_program& out) {
  if (pcap_compile(handle, &out, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0) return;
  throw std::runtime_error(name + ": the filter '" + filter + "' is wrong: " + pcap_geterr(handle));
}

}  // namespace

void set_filter(pcap_t* handle, const std::string& name, const std::string& filter) {
  if (filter.empty()) return;
  bpf_program program{};
  compile(handle, name, filter, program);
  const int result = pcap_setfilter(handle, &program);
  pcap_freecode(&program);
  if (result != 0) throw std::runtime_error(name + ": cannot set the filter: " + pcap_geterr(handle));
}

LinkFilter::LinkFilter(int link, const std::string& name, const std::string& filter) {
  const PcapHandle handle(pcap_open_dead(link, kSnaplen));
  if (!handle) throw std::bad_alloc();
  compile(handle.get(), name, filter, program_);
}

bool LinkFilter::passes(const Packet& packet) const {
  pcap_pkthdr header{};
  header.caplen = static_cast<bpf_u_int32>(packet.bytes.size());
  header.len = packet.wire_bytes;
  return pcap_offline_filter(&program_, &header, packet.bytes.data()) != 0;
}

int PcapSource::read(Packet& out) {
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  const int result = pcap_next_ex(handle_.get(), &header, &bytes);
  if (result == 1) {
    ++packets_;
    out = {time_of(header->ts, fraction_ns_), {bytes, header->caplen}, std::max(header->len, header->caplen), link_};
  }
  return result;
}

}  // namespace bidwell::replay
