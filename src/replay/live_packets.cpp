// Packets of a network interface, from the ring that the kernel shares with libpcap.
#include <net/if.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "replay/pcap_source.h"

namespace bidwell::replay {
namespace {

constexpr int kWaitMs = 100;

std::string interfaces() {
  std::string names = "any";
  struct if_nameindex* all = ::if_nameindex();
  for (auto* one = all; one != nullptr && one->if_name != nullptr; ++one) names.append(", ").append(one->if_name);
  if (all != nullptr) ::if_freenameindex(all);
  return names;
}

std::string why_not(pcap_t* handle, int result, const std::string& name) {
  switch (result) {
    case PCAP_ERROR_NO_SUCH_DEVICE: return "there is no interface '" + name + "'; there are: " + interfaces();
    case PCAP_ERROR_PERM_DENIED:
      return "no right to capture on '" + name +
             "': run as root or with CAP_NET_RAW (setcap cap_net_raw+ep on this program)";
    case PCAP_ERROR_IFACE_NOT_UP: return "the interface '" + name + "' is not up (ip link set " + name + " up)";
    default: return "cannot capture on '" + name + "': " + pcap_statustostr(result) + " " + pcap_geterr(handle);
  }
}

// By then the kernel has handed over all that it captured before: it keeps packets for a tenth of that.
std::int64_t handed_over_until_ns() {
  const auto now = std::chrono::system_clock::now() - std::chrono::milliseconds(kWaitMs);
  return std::chrono::nanoseconds(now.time_since_epoch()).count();
}

class LiveSource final : public PcapSource {
 public:
  LiveSource(const std::string& name, const PacketOptions& options) : PcapSource(options.stop) {
    char why[PCAP_ERRBUF_SIZE] = "";
    handle_.reset(pcap_create(name.c_str(), why));
    if (!handle_) throw std::runtime_error("cannot capture on '" + name + "': " + why);
    pcap_t* handle = handle_.get();
    pcap_set_snaplen(handle, kSnaplen);
    pcap_set_promisc(handle, 0);
    // The kernel hands over a block of packets when it is full or this old. (Immediate mode would have one slot of the
    // largest size for each packet: a thousand in 64 MiB.)
    pcap_set_timeout(handle, 10);
    pcap_set_buffer_size(handle, static_cast<int>(std::clamp<std::size_t>(options.buffer_mb, 1, 2047) << 20));
    pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO);  // else micro: see below
    const int result = pcap_activate(handle);
    if (result < 0) throw std::runtime_error(why_not(handle, result, name));
    fraction_ns_ = pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
    link_ = pcap_datalink(handle);
    set_filter(handle, name, options.filter);
    // Without packets the kernel would not wake us: we wait ourselves.
    if (pcap_setnonblock(handle, 1, why) != 0) throw std::runtime_error(name + ": " + why);
    fd_ = pcap_get_selectable_fd(handle);
  }

  Next next(Packet& out) override {
    for (bool waited = false; !ended_ && !stopped(); waited = true) {
      const int result = read(out);
      if (result == 1) return Next::one;
      if (result != 0) return end(pcap_geterr(handle_.get()));
      if (waited) {
        out = {};
        out.at_ns = handed_over_until_ns();
        return Next::none;
      }
      pollfd about{.fd = fd_, .events = POLLIN, .revents = 0};
      ::poll(&about, 1, kWaitMs);
    }
    return Next::end;
  }

  const Losses& losses() override {
    pcap_stat about{};
    if (pcap_stats(handle_.get(), &about) == 0) {
      losses_.counts[static_cast<std::size_t>(Loss::kernel_dropped)] = about.ps_drop;
      losses_.counts[static_cast<std::size_t>(Loss::interface_dropped)] = about.ps_ifdrop;
    }
    return losses_;
  }
  std::uint64_t bytes_read() const override { return 0; }
  std::uint64_t bytes_of() const override { return 0; }

 private:
  int fd_ = -1;
};

}  // namespace

std::unique_ptr<PacketSource> packets_of_interface(const std::string& name, const PacketOptions& options) {
  return std::make_unique<LiveSource>(name, options);
}

}  // namespace bidwell::replay
