// Where requests go, as people write it.
#include <gtest/gtest.h>

#include "bidwell/replay/client.h"

namespace bidwell::replay {
namespace {

TEST(TargetTest, HostPortAndPath) {
  const Target target = parse_target("http://bidder.example:8080/bid/demo?x=1");
  EXPECT_EQ(target.host, "bidder.example:8080");
  EXPECT_EQ(target.address, "bidder.example");
  EXPECT_EQ(target.port, "8080");
  EXPECT_EQ(target.path, "/bid/demo?x=1");
  EXPECT_EQ(target.unix_path, "");
}

TEST(TargetTest, PortAndPathMayBeLeftOut) {
  const Target target = parse_target("http://127.0.0.1");
  EXPECT_EQ(target.host, "127.0.0.1");
  EXPECT_EQ(target.port, "80");
  EXPECT_EQ(target.path, "");
  EXPECT_EQ(parse_target("http://a/").path, "/");
  EXPECT_EQ(parse_target("http://a?b=1").path, "/?b=1");
}

TEST(TargetTest, Ipv6StandsInBrackets) {
  const Target target = parse_target("http://[::1]:8080/bid");
  EXPECT_EQ(target.host, "[::1]:8080");
  EXPECT_EQ(target.address, "::1");
  EXPECT_EQ(target.port, "8080");
  EXPECT_EQ(target.path, "/bid");
  EXPECT_EQ(parse_target("http://[fe80::1]").port, "80");
}

TEST(TargetTest, UnixSocket) {
  const Target target = parse_target("unix:/run/x.sock:/bid/demo");
  EXPECT_EQ(target.unix_path, "/run/x.sock");
  EXPECT_EQ(target.path, "/bid/demo");
  EXPECT_EQ(target.host, "localhost");
  EXPECT_EQ(parse_target("unix:/run/x.sock").path, "");
  EXPECT_EQ(parse_target("unix:/run/a:b.sock:/p").unix_path, "/run/a:b.sock");
}

TEST(TargetTest, SaysWhatIsWrong) {
  const auto fault = [](const std::string& text) -> std::string {
    try {
      parse_target(text);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(fault("https://a/").find("TLS"), std::string::npos);
  EXPECT_NE(fault("a:80").find("http://HOST:PORT"), std::string::npos);
  EXPECT_NE(fault("").find("neither"), std::string::npos);
  EXPECT_NE(fault("http://a:0/").find("no port"), std::string::npos);
  EXPECT_NE(fault("http://a:65536/").find("no port"), std::string::npos);
  EXPECT_NE(fault("http://a:/").find("no port"), std::string::npos);
  EXPECT_NE(fault("http://a:8o/").find("no port"), std::string::npos);
  EXPECT_NE(fault("http://:80/").find("host is missing"), std::string::npos);
  EXPECT_NE(fault("http://::1/").find("brackets"), std::string::npos);
  EXPECT_NE(fault("http://[::1/").find("]"), std::string::npos);
  EXPECT_NE(fault("http://[::1]8080/").find("follow"), std::string::npos);
  EXPECT_NE(fault("http://u:p@a/").find("user names"), std::string::npos);
  EXPECT_NE(fault("http://a/b c").find("%20"), std::string::npos);
  EXPECT_NE(fault("http://a/\r\nX: y").find("%20"), std::string::npos);
  EXPECT_NE(fault("http://a/#b").find("fragment"), std::string::npos);
  EXPECT_NE(fault("unix:").find("missing"), std::string::npos);
  EXPECT_NE(fault("unix:/" + std::string(107, 'a')).find("107"), std::string::npos);
}

}  // namespace
}  // namespace bidwell::replay
