// A packet sent over the loopback interface is seen there; without the right to look, these tests are skipped.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pcap/dlt.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "bidwell/replay/packets.h"
#include "replay/decode.h"

namespace bidwell::replay {
namespace {

using Clock = std::chrono::steady_clock;

class PacketsLiveTest : public ::testing::Test {
 protected:
  void SetUp() override {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(listener_, 1), 0);
    ASSERT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    try {
      source_ =
          open_packets("iface:lo", {.filter = "tcp port " + std::to_string(port_), .buffer_mb = 4, .stop = &stop_});
    } catch (const std::runtime_error& error) {
      if (std::string(error.what()).find("CAP_NET_RAW") == std::string::npos) throw;
      GTEST_SKIP() << error.what();
    }
    client_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::connect(client_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  void TearDown() override {
    if (listener_ >= 0) ::close(listener_);
    if (client_ >= 0) ::close(client_);
  }

  std::atomic<bool> stop_{false};
  std::unique_ptr<PacketSource> source_;
  int listener_ = -1, client_ = -1;
  std::uint16_t port_ = 0;
};

TEST_F(PacketsLiveTest, SeesWhatIsSent) {
  const std::string sent = "POST /bid HTTP/1.1\r\n\r\n";
  ASSERT_EQ(::send(client_, sent.data(), sent.size(), 0), static_cast<ssize_t>(sent.size()));
  Losses losses;
  Decoder decoder(losses);
  std::string got;
  for (const auto until = Clock::now() + std::chrono::seconds(20); got.empty() && Clock::now() < until;) {
    Packet packet;
    if (source_->next(packet) != Next::one) continue;
    EXPECT_EQ(packet.link, DLT_EN10MB);
    const auto age = std::chrono::system_clock::now().time_since_epoch() - std::chrono::nanoseconds(packet.at_ns);
    EXPECT_LT(age < age.zero() ? -age : age, std::chrono::minutes(1));
    const Segment* segment = decoder.decode(packet);
    if (segment != nullptr && segment->to.port == port_) got.assign(segment->payload.begin(), segment->payload.end());
  }
  EXPECT_EQ(got, sent);
  EXPECT_EQ(source_->losses().of(Loss::kernel_dropped), 0u);
  EXPECT_EQ(source_->fault(), "");
}

TEST_F(PacketsLiveTest, SaysThatNothingCame) {
  Packet packet;
  Next next = Next::one;
  while (next == Next::one) next = source_->next(packet);  // the handshake's
  EXPECT_EQ(next, Next::none);
  const auto age = std::chrono::system_clock::now().time_since_epoch() - std::chrono::nanoseconds(packet.at_ns);
  EXPECT_GT(age, age.zero());
  EXPECT_LT(age, std::chrono::minutes(1));
  std::thread stopper([this] { stop_ = true; });
  while (next != Next::end) next = source_->next(packet);
  stopper.join();
}

TEST_F(PacketsLiveTest, NamesTheInterfacesThereAre) {
  try {
    open_packets("iface:nosuch0", {});
    ADD_FAILURE();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("nosuch0"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("lo"), std::string::npos) << error.what();
  }
  EXPECT_THROW(open_packets("iface:lo", {.filter = "no filter"}), std::runtime_error);
}

}  // namespace
}  // namespace bidwell::replay
