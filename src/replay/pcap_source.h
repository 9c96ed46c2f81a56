// What libpcap's files and interfaces have in common. Times are asked for in nanoseconds, into which it turns others.
#pragma once

#include <pcap/pcap.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "bidwell/replay/packets.h"

namespace bidwell::replay {

struct ClosePcap {
  void operator()(pcap_t* handle) const noexcept { pcap_close(handle); }
};
constexpr int kSnaplen = 262'144;  // libpcap's own largest

using PcapHandle = std::unique_ptr<pcap_t, ClosePcap>;

// Nothing where it is empty. Throws std::runtime_error with libpcap's words.
void set_filter(pcap_t* handle, const std::string& name, const std::string& filter);

// A filter for packets that libpcap did not read. Throws as set_filter().
class LinkFilter {
 public:
  LinkFilter(int link, const std::string& name, const std::string& filter);
  ~LinkFilter() { pcap_freecode(&program_); }
  LinkFilter(const LinkFilter&) = delete;
  bool passes(const Packet& packet) const;

 private:
  bpf_program program_{};
};

class PcapSource : public PacketSource {
 public:
  std::uint64_t packets() const override { return packets_; }
  std::string_view fault() const override { return fault_; }

 protected:
  explicit PcapSource(const std::atomic<bool>* stop) : stop_(stop) {}

  bool stopped() const noexcept { return stop_ != nullptr && stop_->load(std::memory_order_relaxed); }
  // pcap_next_ex(), and the packet where there is one.
  int read(Packet& out);
  Next end(std::string why) {
    ended_ = true;
    fault_ = std::move(why);
    return Next::end;
  }

  PcapHandle handle_;
  int link_ = 0;
  std::int64_t fraction_ns_ = 1;  // what a packet's tv_usec counts
  bool ended_ = false;
  std::uint64_t packets_ = 0;
  Losses losses_;

 private:
  const std::atomic<bool>* stop_;
  std::string fault_;
};

std::unique_ptr<PacketSource> packets_of_interface(const std::string& name, const PacketOptions& options);

}  // namespace bidwell::replay
