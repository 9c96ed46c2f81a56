// The parts that need no socket: routes, targets, addresses, encodings, gzip.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/address.h"
#include "http/gzip.h"
#include "http/target.h"
#include "tests/http/handlers.h"
#include "tests/http/requests.h"

namespace bidwell::http::testing {
namespace {

Request request_for(Method method, std::string_view target) {
  Request request;
  request.method = method;
  split_target(target, request);
  return request;
}

TEST(Target, Parts) {
  struct Case {
    std::string_view target, path, query, first, rest;
  };
  for (const Case& c : {
           Case{"/bid/demo", "/bid/demo", "", "bid", "demo"},
           Case{"/bid/demo?a=b?c", "/bid/demo", "a=b?c", "bid", "demo"},
           Case{"/win/a/b", "/win/a/b", "", "win", "a/b"},
           Case{"/readyz", "/readyz", "", "readyz", ""},
           Case{"/readyz/", "/readyz/", "", "readyz", ""},
           Case{"/", "/", "", "", ""},
           Case{"//bid", "//bid", "", "", "bid"},
           Case{"*", "*", "", "*", ""},
           Case{"http://host/bid/demo?x", "/bid/demo", "x", "bid", "demo"},
           Case{"https://host:8080", "/", "", "", ""},
           Case{"http://host?x", "", "x", "", ""},
           Case{"/click/x?to=http://host/a", "/click/x", "to=http://host/a", "click", "x"},
       }) {
    SCOPED_TRACE(c.target);
    const Request request = request_for(Method::get, c.target);
    EXPECT_EQ(request.path, c.path);
    EXPECT_EQ(request.query, c.query);
    EXPECT_EQ(request.first_segment, c.first);
    EXPECT_EQ(request.rest, c.rest);
  }
}

TEST(Router, FindsByMethodAndFirstSegment) {
  const Router router = make_router();
  OutputBuffer buffer(1000);
  buffer.append("before");
  const auto route = [&](Method method, std::string_view target) {
    buffer.truncate(6);
    Response response(buffer);
    router.route(request_for(method, target), response);
    return response;
  };
  EXPECT_EQ(route(Method::get, "/show/x").status(), 200U);
  EXPECT_EQ(buffer.view(), "beforeGET /show/x  show x");
  EXPECT_EQ(route(Method::get, "/nothing").status(), 204U);
  EXPECT_EQ(route(Method::get, "/sho").status(), 404U);
  EXPECT_EQ(buffer.view(), "before{\"error\":\"no such path\"}\n");
  EXPECT_EQ(route(Method::get, "/").status(), 404U);
  const Response refused = route(Method::other, "/show");
  EXPECT_EQ(refused.status(), 405U);
  EXPECT_EQ(refused.extra_header(), "Allow: GET, HEAD, POST\r\n");
  EXPECT_EQ(route(Method::head, "/echo").status(), 405U);
}

TEST(Router, RefusesWithoutCallingTheHandler) {
  const Router router = make_router();
  OutputBuffer buffer(1000);
  Response response(buffer);
  EXPECT_FALSE(router.refuse(request_for(Method::get, "/show"), response));
  EXPECT_EQ(buffer.size(), 0U);
  EXPECT_TRUE(router.refuse(request_for(Method::get, "/echo"), response));
  EXPECT_EQ(response.status(), 405U);
}

TEST(Address, BothWays) {
  for (const char* text : {"127.0.0.1:8080", "[::1]:8080", "0.0.0.0:0", "unix:/run/bidwell.sock"}) {
    const Address address = parse_address(text);
    EXPECT_EQ(to_text(address.endpoint, address.unix_path), text);
  }
  EXPECT_THROW(parse_address("unix:/" + std::string(200, 'x')), std::runtime_error);
}

TEST(AcceptEncoding, DecidesByTheRfc) {
  const auto allows = [](std::initializer_list<const char*> values) {
    AcceptEncoding accept;
    for (const char* value : values) accept.add(value);
    return accept.gzip();
  };
  EXPECT_FALSE(allows({}));
  EXPECT_FALSE(allows({""}));
  EXPECT_TRUE(allows({"gzip"}));
  EXPECT_TRUE(allows({"deflate, GZIP"}));
  EXPECT_TRUE(allows({"br , x-gzip ; q = 0.001"}));
  EXPECT_TRUE(allows({"gzip;q=1.0, *;q=0"}));
  EXPECT_TRUE(allows({"*"}));
  EXPECT_TRUE(allows({"br", "gzip"}));
  EXPECT_FALSE(allows({"gzip;q=0"}));
  EXPECT_FALSE(allows({"*, gzip;q=0.000"}));
  EXPECT_FALSE(allows({"*;q=0"}));
  EXPECT_FALSE(allows({"identity", "br;q=1"}));
  EXPECT_FALSE(allows({"gzipped, agzip"}));
  EXPECT_FALSE(allows({",,;"}));
}

TEST(Gzip, InflatesWithinItsBound) {
  Inflater inflater;
  const std::string plain = text_of(1000);
  std::string out(1001, '\0');
  std::size_t size = 0;
  using Result = Inflater::Result;
  // More than once: the state is used again, also after a failure.
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(inflater.inflate(gzip(plain), out.data(), 1000, size), Result::ok);
    EXPECT_EQ(out.substr(0, size), plain);
    EXPECT_EQ(inflater.inflate(gzip(plain), out.data(), 999, size), Result::too_large);
    EXPECT_EQ(inflater.inflate("", out.data(), 1000, size), Result::bad);
    EXPECT_EQ(inflater.inflate(gzip(plain) + '\0', out.data(), 1000, size), Result::bad);
    ASSERT_EQ(inflater.inflate(gzip("a") + gzip("") + gzip("b"), out.data(), 2, size), Result::ok);
    EXPECT_EQ(out.substr(0, size), "ab");
  }
}

TEST(Gzip, DeflatesOnlyWhatGetsSmaller) {
  Deflater deflater;
  const std::string plain(1000, 'a');
  std::string out(1000, '\0');
  for (int i = 0; i < 3; ++i) {
    const std::size_t size = deflater.deflate(plain, out.data());
    ASSERT_GT(size, 0U);
    EXPECT_EQ(gunzip(out.substr(0, size)), plain);
    EXPECT_EQ(deflater.deflate("short", out.data()), 0U);
    EXPECT_EQ(deflater.deflate("", out.data()), 0U);
  }
}

}  // namespace
}  // namespace bidwell::http::testing
