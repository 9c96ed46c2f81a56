// The chain from packets to requests: each packet is followed to its end before the next one is read.
#include <algorithm>
#include <utility>

#include "replay/decode.h"
#include "replay/http_conversation.h"
#include "replay/sources.h"
#include "replay/tcp.h"

namespace bidwell::replay {
namespace {

TcpLimits limits_of(const SourceOptions& options) {
  TcpLimits limits;
  limits.flows_max = std::max<std::size_t>(1, options.flows_max);
  limits.flow_bytes_max = options.flow_bytes_max;
  limits.gap_ns_max = options.gap_ns_max;
  return limits;
}

class CaptureRequests final : public RequestSource {
 public:
  CaptureRequests(std::unique_ptr<PacketSource> packets, const SourceOptions& options)
      : traffic_{options, {}, 0, {}},
        packets_(std::move(packets)),
        decoder_(traffic_.losses),
        reassembler_(
            limits_of(options), [this](const Endpoint& first, const Endpoint& second) { return open(first, second); },
            traffic_.losses) {}

  Next next(CapturedRequest& out) override {
    while (traffic_.ready.empty()) {
      if (ended_) return Next::end;
      Packet packet;
      switch (packets_->next(packet)) {
        case Next::one:
          if (const Segment* segment = wanted(decoder_.decode(packet))) {
            reassembler_.segment(*segment);
          } else {
            reassembler_.pass_time(packet.at_ns);
          }
          break;
        case Next::none:
          reassembler_.pass_time(packet.at_ns);
          if (traffic_.ready.empty()) return Next::none;
          break;
        case Next::end:
          ended_ = true;
          decoder_.finish();
          reassembler_.finish();
          break;
      }
    }
    out = std::move(traffic_.ready.front());
    traffic_.ready.pop_front();
    return Next::one;
  }

  Losses losses() override {
    Losses all = traffic_.losses;
    all += packets_->losses();
    return all;
  }
  std::string_view fault() const override { return packets_->fault(); }
  std::uint64_t packets() const override { return packets_->packets(); }
  std::uint64_t bytes_read() const override { return packets_->bytes_read(); }
  std::uint64_t bytes_of() const override { return packets_->bytes_of(); }

 private:
  const Segment* wanted(const Segment* segment) {
    const std::uint16_t port = traffic_.options.port;
    if (segment == nullptr || port == 0 || segment->to.port == port || segment->from.port == port) return segment;
    traffic_.losses.add(Loss::other_port);
    return nullptr;
  }
  std::unique_ptr<Conversation> open(const Endpoint& first, const Endpoint& second) {
    return std::make_unique<HttpConversation>(traffic_, first, second);
  }

  HttpTraffic traffic_;
  std::unique_ptr<PacketSource> packets_;
  Decoder decoder_;
  Reassembler reassembler_;  // its connections use traffic_
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<RequestSource> requests_of_capture(std::unique_ptr<PacketSource> packets,
                                                   const SourceOptions& options) {
  return std::make_unique<CaptureRequests>(std::move(packets), options);
}

}  // namespace bidwell::replay
