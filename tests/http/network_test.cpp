// Addresses and networks, and what is believed of X-Forwarded-For.
#include "bidwell/http/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "http/trusted_proxies.h"

namespace bidwell::http::testing {
namespace {

using ::testing::HasSubstr;

std::string text_of(const IpAddress& address) {
  char text[kNetworkTextSize];
  return {text, write_ip(text, address)};
}

std::string text_of(const Network& network) {
  char text[kNetworkTextSize];
  return {text, write_network(text, network)};
}

TEST(IpAddress, BothWays) {
  for (const char* text : {"0.0.0.0", "203.0.113.7", "255.255.255.255", "::", "::1", "2001:db8::1",
                           "2001:db8:1:2:3:4:5:6", "fe80::a00:27ff:fe4e:66a1"}) {
    const auto address = parse_ip(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(text_of(*address), text);
  }
  EXPECT_EQ(text_of(*parse_ip("2001:DB8:0:0::1")), "2001:db8::1");
  EXPECT_EQ(parse_ip("::ffff:10.0.0.1"), parse_ip("10.0.0.1"));
  EXPECT_EQ(text_of(*parse_ip("::ffff:a00:1")), "10.0.0.1");
}

TEST(IpAddress, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4:80", "[::1]",
        "::1%eth0", ":::", "1:2:3:4:5:6:7", "unknown", "_gazonk", "localhost", "10.0.0.0/8", "1:2:3:4:5:6:7:8:9"}) {
    EXPECT_FALSE(parse_ip(text)) << text;
  }
  EXPECT_FALSE(parse_ip(std::string_view("1.2.3.4\0", 8)));
  EXPECT_FALSE(parse_ip(std::string(10'000, '1')));
}

TEST(Network, Contains) {
  const auto within = [](const char* network, const char* address) {
    return parse_network(network).contains(*parse_ip(address));
  };
  EXPECT_TRUE(within("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(within("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(within("10.0.0.0/12", "10.15.255.255"));
  EXPECT_FALSE(within("10.0.0.0/12", "10.16.0.0"));
  EXPECT_TRUE(within("203.0.113.7", "203.0.113.7"));
  EXPECT_FALSE(within("203.0.113.7", "203.0.113.6"));
  EXPECT_TRUE(within("203.0.113.7/32", "::ffff:203.0.113.7"));
  EXPECT_TRUE(within("0.0.0.0/0", "203.0.113.7"));
  EXPECT_FALSE(within("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(within("2001:db8::/32", "2001:db8:ffff::1"));
  EXPECT_FALSE(within("2001:db8::/33", "2001:db8:ffff::1"));
  EXPECT_TRUE(within("::/0", "2001:db8::1"));
  EXPECT_FALSE(within("::/0", "203.0.113.7"));
  EXPECT_TRUE(within("::1", "::1"));
}

TEST(Network, Around) {
  const auto around = [](const char* address) { return text_of(Network::around(*parse_ip(address), 24, 48)); };
  EXPECT_EQ(around("203.0.113.7"), "203.0.113.0/24");
  EXPECT_EQ(around("2001:db8:1:2:3:4:5:6"), "2001:db8:1::/48");
  EXPECT_EQ(around("::ffff:203.0.113.7"), "203.0.113.0/24");
  EXPECT_EQ(text_of(parse_network("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")),
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
}

TEST(Network, FaultsAreNamed) {
  const auto fault = [](const char* text) -> std::string {
    try {
      parse_network(text);
      return {};
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  };
  for (const char* text : {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0/8",
                           "::/129", "10.0.0.0/8/8", "elb", "10.0.0.0/ 8"}) {
    EXPECT_THAT(fault(text), HasSubstr("\"" + std::string(text) + "\": ")) << text;
  }
  EXPECT_EQ(fault("10.0.0.1/8"), "\"10.0.0.1/8\": bits are set behind the prefix");
  EXPECT_EQ(fault("2001:db8::1/32"), "\"2001:db8::1/32\": bits are set behind the prefix");
}

std::string client(std::vector<std::string_view> forwarded_for) {
  const TrustedProxies proxies({"10.0.0.0/8", "2001:db8::/32"});
  return std::string(proxies.client("10.0.0.1", forwarded_for));
}

TEST(TrustedProxies, TheLastThatIsNoneOfThem) {
  EXPECT_EQ(client({}), "10.0.0.1");
  EXPECT_EQ(client({"203.0.113.7"}), "203.0.113.7");
  EXPECT_EQ(client({"198.51.100.1, 203.0.113.7"}), "203.0.113.7");
  EXPECT_EQ(client({"198.51.100.1,203.0.113.7 , 10.1.1.1"}), "203.0.113.7");
  EXPECT_EQ(client({"203.0.113.7, 2001:db8::5, 10.1.1.1"}), "203.0.113.7");
  EXPECT_EQ(client({"2001:dead::1"}), "2001:dead::1");
  // Several headers are one list.
  EXPECT_EQ(client({"198.51.100.1", "203.0.113.7"}), "203.0.113.7");
  EXPECT_EQ(client({"198.51.100.1, 203.0.113.7", "10.1.1.1", "10.1.1.2, 10.1.1.3"}), "203.0.113.7");
  // Nobody but trusted ones: the first of them.
  EXPECT_EQ(client({"10.1.1.1, 10.1.1.2"}), "10.1.1.1");
}

TEST(TrustedProxies, GarbageEndsTheList) {
  EXPECT_EQ(client({""}), "10.0.0.1");
  EXPECT_EQ(client({"unknown"}), "10.0.0.1");
  EXPECT_EQ(client({"203.0.113.7,"}), "10.0.0.1");
  EXPECT_EQ(client({"203.0.113.7, <script>, 10.1.1.1"}), "10.1.1.1");
  EXPECT_EQ(client({"203.0.113.7", "", "10.1.1.1"}), "10.1.1.1");
  EXPECT_EQ(client({"for=203.0.113.7"}), "10.0.0.1");
  std::string many = "203.0.113.7";
  for (int i = 0; i < 16; ++i) many += ",10.0.0." + std::to_string(i);
  EXPECT_EQ(client({many}), "10.0.0.0");
}

TEST(TrustedProxies, PortsAreLeftOut) {
  EXPECT_EQ(client({"203.0.113.7:49152"}), "203.0.113.7");
  EXPECT_EQ(client({"[2001:dead::1]:49152, 10.1.1.1:80"}), "2001:dead::1");
  EXPECT_EQ(client({"[2001:dead::1]"}), "2001:dead::1");
  EXPECT_EQ(client({"[2001:dead::1"}), "10.0.0.1");
}

TEST(TrustedProxies, FaultsAreNamed) {
  EXPECT_TRUE(TrustedProxies({"unix"}).contains_unix());
  EXPECT_FALSE(TrustedProxies({"0.0.0.0/0", "::/0"}).contains_unix());
  EXPECT_THROW(TrustedProxies({"10.0.0.0/8", "10.0.0.0/33"}), std::runtime_error);
}

}  // namespace
}  // namespace bidwell::http::testing
