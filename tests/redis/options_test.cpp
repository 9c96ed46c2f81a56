// Redis' addresses as they are configured.
#include "bidwell/redis/options.h"

#include <gtest/gtest.h>

namespace bidwell::redis {
namespace {

Options read(std::string_view url) {
  std::string fault;
  const auto options = parse_url(url, fault);
  EXPECT_TRUE(options) << url << ": " << fault;
  EXPECT_EQ(fault, "");
  return options.value_or(Options());
}

std::string fault_in(std::string_view url) {
  std::string fault;
  EXPECT_FALSE(parse_url(url, fault)) << url;
  return fault;
}

TEST(ParseUrl, Host) {
  const Options options = read("redis://cache.internal");
  EXPECT_EQ(options.host, "cache.internal");
  EXPECT_EQ(options.port, 6379);
  EXPECT_EQ(options.unix_path, "");
  EXPECT_EQ(options.username, "");
  EXPECT_EQ(options.password, "");
  EXPECT_EQ(options.database, 0);
}

TEST(ParseUrl, HostWithAllElse) {
  const Options options = read("redis://bob:s3%40%2Fcret@10.0.0.7:7000/12");
  EXPECT_EQ(options.host, "10.0.0.7");
  EXPECT_EQ(options.port, 7000);
  EXPECT_EQ(options.username, "bob");
  EXPECT_EQ(options.password, "s3@/cret");
  EXPECT_EQ(options.database, 12);
}

TEST(ParseUrl, PasswordWithoutUser) {
  const Options options = read("redis://:secret@h/");
  EXPECT_EQ(options.username, "");
  EXPECT_EQ(options.password, "secret");
  EXPECT_EQ(read("redis://:a:b@h").password, "a:b");
}

TEST(ParseUrl, Ipv6) {
  EXPECT_EQ(read("redis://[::1]").host, "::1");
  const Options options = read("redis://:p@[fe80::2]:7001/3");
  EXPECT_EQ(options.host, "fe80::2");
  EXPECT_EQ(options.port, 7001);
  EXPECT_EQ(options.database, 3);
}

TEST(ParseUrl, UnixSocket) {
  for (const char* scheme : {"redis+unix://", "unix://"}) {
    EXPECT_EQ(read(std::string(scheme) + "/run/redis/redis.sock").unix_path, "/run/redis/redis.sock");
    const Options options = read(std::string(scheme) + "bob:p%3Aw@/run/my%20redis@home.sock?database=5");
    EXPECT_EQ(options.unix_path, "/run/my redis@home.sock");
    EXPECT_EQ(options.host, "");
    EXPECT_EQ(options.username, "bob");
    EXPECT_EQ(options.password, "p:w");
    EXPECT_EQ(options.database, 5);
  }
}

TEST(ParseUrl, Faults) {
  for (const char* url : {"",
                          "redis:",
                          "redis://",
                          "redis:///0",
                          "http://h",
                          "rediss://h",
                          "localhost:6379",
                          "redis://h:",
                          "redis://h:0",
                          "redis://h:65536",
                          "redis://h:6379x",
                          "redis://h:-1",
                          "redis://h/x",
                          "redis://h/-1",
                          "redis://h/0/1",
                          "redis://h/0?x=1",
                          "redis://h/99999999999",
                          "redis://secret@h",
                          "redis://bob:@h",
                          "redis://:%zz@h",
                          "redis://:%4@h",
                          "redis://:%00@h",
                          "redis://[::1",
                          "redis://[::1]6379",
                          "redis://[]",
                          "redis+unix://",
                          "redis+unix://relative.sock",
                          "redis+unix://:p@relative.sock",
                          "redis+unix://bob@/s",
                          "redis+unix:///s?database=",
                          "redis+unix:///s?database=x",
                          "redis+unix:///s?db=1",
                          "redis+unix:///s?database=1&x=2",
                          "unix:///%2"}) {
    EXPECT_NE(fault_in(url), "") << url;
  }
}

TEST(ParseUrl, PathLongerThanASocketsMayBe) {
  const std::string path = "/" + std::string(106, 'x');
  EXPECT_EQ(read("unix://" + path).unix_path, path);
  EXPECT_NE(fault_in("unix://" + path + "x"), "");
}

TEST(ParseUrl, FaultsDoNotTellThePassword) {
  for (const char* url : {"redis://:secret@", "redis://secret@h", "redis://bob:secret@h:x", "unix://:secret@relative",
                          "unix://:secret@/s?x", "rediss://:secret@h", "redis://:secret%zz@h"}) {
    EXPECT_EQ(fault_in(url).find("secret"), std::string::npos) << url;
  }
}

TEST(FaultOf, OneAddress) {
  Options options;
  EXPECT_NE(fault_of(options), "");
  options.host = "h";
  EXPECT_EQ(fault_of(options), "");
  options.unix_path = "/s";
  EXPECT_NE(fault_of(options), "");
  options.host = "";
  EXPECT_EQ(fault_of(options), "");
}

}  // namespace
}  // namespace bidwell::redis
