// The configuration: what it defaults to, what the environment changes, and that every fault is
// found with its place.
#include "bidwell/ops/config.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace bidwell::ops {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The least that is a configuration.
constexpr std::string_view kLeast = R"({"catalog": {"file": "catalog.json"}, "exchanges": {"demo": {}}})";

// "place: what", one for each fault.
std::vector<std::string> listed(const std::vector<Fault>& faults) {
  std::vector<std::string> list;
  for (const Fault& fault : faults) list.push_back(fault.where + ": " + fault.what);
  return list;
}
std::vector<std::string> faults(std::string_view text, const Environment& environment = {}) {
  return listed(load_config(text, "", environment).faults);
}

Config loaded(std::string_view text, const Environment& environment = {}) {
  LoadedConfig result = load_config(text, "/etc/bidwell", environment);
  EXPECT_THAT(listed(result.faults), IsEmpty());
  return std::move(result.config);
}

// The least configuration with one more member.
std::string with(std::string_view member) {
  return R"({"catalog": {"file": "c"}, "exchanges": {"demo": {}}, )" + std::string(member) + "}";
}

void expect_same(const http::Options& a, const http::Options& b) {
  EXPECT_EQ(a.listen, b.listen);
  EXPECT_EQ(a.backlog, b.backlog);
  EXPECT_EQ(a.workers, b.workers);
  EXPECT_EQ(a.pin_cores, b.pin_cores);
  EXPECT_EQ(a.connections_max, b.connections_max);
  EXPECT_EQ(a.head_bytes_max, b.head_bytes_max);
  EXPECT_EQ(a.body_bytes_max, b.body_bytes_max);
  EXPECT_EQ(a.large_requests_max, b.large_requests_max);
  EXPECT_EQ(a.parked_max, b.parked_max);
  EXPECT_EQ(a.answer_bytes_max, b.answer_bytes_max);
  EXPECT_EQ(a.gzip_answer_bytes_min, b.gzip_answer_bytes_min);
  EXPECT_EQ(a.idle_timeout, b.idle_timeout);
  EXPECT_EQ(a.request_timeout, b.request_timeout);
  EXPECT_EQ(a.write_timeout, b.write_timeout);
  EXPECT_EQ(a.shutdown_timeout, b.shutdown_timeout);
}

TEST(ConfigTest, TheDefaultsAreWhatTheEmbeddedFileSays) {
  const std::string folder = std::string(BIDWELL_SOURCE_DIR) + "/config";
  const LoadedConfig file = load_config_file(folder + "/bidwell.json", {});
  ASSERT_THAT(listed(file.faults), IsEmpty());
  const Config& stated = file.config;
  const Config defaults = loaded(kLeast);
  expect_same(stated.http, defaults.http);
  expect_same(stated.http, http::Options{});
  EXPECT_EQ(stated.catalog.check_interval_s, defaults.catalog.check_interval_s);
  EXPECT_EQ(stated.bidding.seed, defaults.bidding.seed);
  EXPECT_EQ(stated.bidding.imps_max, defaults.bidding.imps_max);
  EXPECT_EQ(stated.log.level, defaults.log.level);
  ASSERT_EQ(stated.exchanges.size(), 1u);
  ASSERT_EQ(defaults.exchanges.size(), 1u);
  const exchange::ExchangeOptions &a = stated.exchanges[0], &b = defaults.exchanges[0];
  EXPECT_EQ(a.name, "demo");
  EXPECT_EQ(a.currency, b.currency);
  EXPECT_EQ(a.seat, b.seat);
  EXPECT_EQ(a.openrtb_version, b.openrtb_version);
  EXPECT_EQ(a.answer_nbr, b.answer_nbr);
  EXPECT_EQ(a.tmax_margin_ms, b.tmax_margin_ms);
  EXPECT_EQ(a.tmax_default_ms, b.tmax_default_ms);
  EXPECT_EQ(stated.catalog.file, folder + "/catalog.json");
  ASSERT_NE(stated.currencies.find("EUR"), nullptr);
  EXPECT_EQ(stated.currencies.find("EUR")->nanos_per_usd, 920'000'000);
}

TEST(ConfigTest, EveryKeyIsRead) {
  const Config config = loaded(R"({
    "http": {"listen": ["0.0.0.0:1", "unix:/x"], "backlog": 2, "workers": 3, "pin_cores": [1, 0],
             "connections_max": 4, "head_bytes_max": 600, "body_bytes_max": 2000,
             "large_requests_max": 5, "parked_max": 15, "answer_bytes_max": 5000,
             "gzip_answer_bytes_min": 6,
             "idle_timeout_s": 7, "request_timeout_s": 8, "write_timeout_s": 9,
             "shutdown_timeout_s": 0},
    "catalog": {"file": "/abs/c.json", "check_interval_s": 0},
    "bidding": {"seed": 11, "imps_max": 12},
    "log": {"level": "warn"},  // comments are allowed
    "currencies": {"EUR": 0.5},
    "exchanges": {
      "b": {"currency": "EUR", "seat": "s", "openrtb_version": "2.5", "no_bid": "nbr",
            "tmax_margin_ms": 13, "tmax_default_ms": 14},
      "a": {"openrtb_version": ""}}})");
  http::Options http;
  http.listen = {"0.0.0.0:1", "unix:/x"};
  http.backlog = 2;
  http.workers = 3;
  http.pin_cores = {1, 0};
  http.connections_max = 4;
  http.head_bytes_max = 600;
  http.body_bytes_max = 2000;
  http.large_requests_max = 5;
  http.parked_max = 15;
  http.answer_bytes_max = 5000;
  http.gzip_answer_bytes_min = 6;
  http.idle_timeout = std::chrono::seconds(7);
  http.request_timeout = std::chrono::seconds(8);
  http.write_timeout = std::chrono::seconds(9);
  http.shutdown_timeout = std::chrono::seconds(0);
  expect_same(config.http, http);
  EXPECT_EQ(config.catalog.file, "/abs/c.json");
  EXPECT_EQ(config.catalog.check_interval_s, 0);
  EXPECT_EQ(config.bidding.seed, 11u);
  EXPECT_EQ(config.bidding.imps_max, 12);
  EXPECT_EQ(config.log.level, "warn");
  ASSERT_EQ(config.exchanges.size(), 2u);
  EXPECT_EQ(config.exchanges[0].name, "a");
  EXPECT_EQ(config.exchanges[0].openrtb_version, "");
  EXPECT_EQ(config.exchanges[1].name, "b");
  EXPECT_EQ(config.exchanges[1].currency, "EUR");
  EXPECT_EQ(config.exchanges[1].seat, "s");
  EXPECT_EQ(config.exchanges[1].openrtb_version, "2.5");
  EXPECT_TRUE(config.exchanges[1].answer_nbr);
  EXPECT_EQ(config.exchanges[1].tmax_margin_ms, 13);
  EXPECT_EQ(config.exchanges[1].tmax_default_ms, 14);
}

TEST(ConfigTest, ACatalogIsFoundBesideItsConfiguration) {
  const auto file = [](const std::string& folder, const std::string& name) {
    const std::string text = R"({"catalog": {"file": ")" + name + R"("}, "exchanges": {"demo": {}}})";
    return load_config(text, folder, {}).config.catalog.file;
  };
  EXPECT_EQ(file("/etc/bidwell", "c.json"), "/etc/bidwell/c.json");
  EXPECT_EQ(file("/etc/bidwell", "../c.json"), "/etc/c.json");
  EXPECT_EQ(file("/etc/bidwell", "/c.json"), "/c.json");
  EXPECT_EQ(file("", "c.json"), "c.json");
}

TEST(ConfigTest, WhatIsRequired) {
  EXPECT_THAT(faults("{}"), ElementsAre(HasSubstr("/catalog: is required"), HasSubstr("/exchanges: is required")));
  EXPECT_THAT(faults(R"({"catalog": {}, "exchanges": {}})"),
              ElementsAre("/catalog/file: is required", HasSubstr("/exchanges: is required")));
  EXPECT_THAT(faults(R"({"catalog": {"file": ""}, "exchanges": {"x": {}}})"),
              ElementsAre("/catalog/file: must not be empty"));
}

TEST(ConfigTest, NotJson) {
  EXPECT_THAT(faults("{\"catalog\": "), ElementsAre(HasSubstr(": not JSON: ")));
  EXPECT_THAT(faults(""), ElementsAre(HasSubstr(": not JSON: ")));
  EXPECT_THAT(faults("[]"), ElementsAre(": must be an object, not array"));
  EXPECT_THAT(faults("3", {{"BIDWELL_LOG_LEVEL", "warn"}}), ElementsAre(": must be an object, not number"));
}

TEST(ConfigTest, EachFaultHasItsPlace) {
  struct {
    const char* member;
    const char* fault;
  } const cases[] = {
      {R"("http": 3)", "/http: must be an object, not number"},
      {R"("http": {"workers": -1})", "/http/workers: must be an integer from 0 to 1024"},
      {R"("http": {"workers": "2"})", "/http/workers: must be an integer"},
      {R"("http": {"workers": 1.5})", "/http/workers: must be an integer"},
      {R"("http": {"workers": 18446744073709551615})", "/http/workers: must be an integer"},
      {R"("http": {"listen": "x"})", "/http/listen: must be a list, not string"},
      {R"("http": {"listen": ["x", ""]})", "/http/listen/1: must be a string that is not empty"},
      {R"("http": {"pin_cores": [0, -1]})", "/http/pin_cores/1: must be a core's number"},
      {R"("http": {"idle_timeout_s": 0})", "/http/idle_timeout_s: must be an integer from 1"},
      {R"("http": {"lissten": []})", "/http/lissten: is not a known key; known here: listen"},
      {R"("bidding": {"imps_max": 0})", "/bidding/imps_max: must be an integer from 1"},
      {R"("bidding": {"sede": 0})", "/bidding/sede: is not a known key"},
      {R"("log": {"level": "loud"})", R"(/log/level: "loud" is not one of trace, debug)"},
      {R"("currencies": [])", "/currencies: must be an object, not array"},
      {R"("currencies": {"USD": 1})", "/currencies/USD: is always 1"},
      {R"("currencies": {"EURO": 1})", "/currencies/EURO: must be an ISO 4217 code"},
      {R"("currencies": {"EUR": "1"})", "/currencies/EUR: must be an ISO 4217 code"},
      {R"("currencies": {"EUR": 0})", "/currencies/EUR: must be an ISO 4217 code"},
      {R"("currencies": {"EUR": -1})", "/currencies/EUR: must be an ISO 4217 code"},
      {R"("metrics": {})", "/metrics: is not a known key; known here: http, catalog"},
  };
  for (const auto& [member, fault] : cases) {
    EXPECT_THAT(faults(with(member)), ElementsAre(HasSubstr(fault))) << member;
  }
}

TEST(ConfigTest, FaultsOfAnExchange) {
  struct {
    const char* exchanges;
    const char* fault;
  } const cases[] = {
      {R"({"x": {"currency": "XYZ"}})", R"(/exchanges/x/currency: no exchange rate is conf)"},
      {R"({"x": {"spend_on": "imp"}})", R"(/exchanges/x/spend_on: "imp" is not one of bill, win)"},
      {R"({"x": {"no_bid": "200"}})", R"(/exchanges/x/no_bid: "200" is not one of 204, nbr)"},
      {R"({"x": {"openrtb_version": "2.6\r\nX: y"}})", "/exchanges/x/openrtb_version: must be"},
      {R"({"x": {"tmax_margin_ms": -1}})", "/exchanges/x/tmax_margin_ms: must be an integer"},
      {R"({"x": {"tmax_default_ms": 0}})", "/exchanges/x/tmax_default_ms: must be an integer"},
      {R"({"x": {"seats": "s"}})", "/exchanges/x/seats: is not a known key"},
      {R"({"x": 3})", "/exchanges/x: must be an object, not number"},
      {R"({"x/y": {}})", "the name must fit a URL's path"},
      {R"({"": {}})", "the name must fit a URL's path"},
  };
  for (const auto& [exchanges, fault] : cases) {
    const std::string text = R"({"catalog": {"file": "c"}, "exchanges": )" + std::string(exchanges) + "}";
    EXPECT_THAT(faults(text), ElementsAre(HasSubstr(fault))) << exchanges;
  }
}

TEST(ConfigTest, AllFaultsAreListedAtOnce) {
  EXPECT_THAT(faults(R"({"http": {"workers": -1, "x": 1}, "log": {"level": 3}, "y": 2})"),
              ElementsAre(HasSubstr("/http/workers: "), HasSubstr("/http/x: "), HasSubstr("/catalog: "),
                          HasSubstr("/log/level: "), HasSubstr("/exchanges: "), HasSubstr("/y: ")));
}

TEST(ConfigTest, TheEnvironmentOverrides) {
  const Config config = loaded(R"({"http": {"workers": 2, "backlog": 7},
                                   "catalog": {"file": "c"}, "exchanges": {"demo": {}}})",
                               {{"BIDWELL_HTTP_WORKERS", "5"},
                                {"BIDWELL_HTTP_LISTEN", "0.0.0.0:8080"},
                                {"BIDWELL_HTTP_PIN_CORES", "[1, 2]"},
                                {"BIDWELL_CATALOG_FILE", "other.json"},
                                {"BIDWELL_CATALOG_CHECK_INTERVAL_S", "0"},
                                {"BIDWELL_BIDDING_SEED", "9"},
                                {"BIDWELL_LOG_LEVEL", "debug"}});
  EXPECT_EQ(config.http.workers, 5u);
  EXPECT_EQ(config.http.backlog, 7);
  EXPECT_THAT(config.http.listen, ElementsAre("0.0.0.0:8080"));
  EXPECT_THAT(config.http.pin_cores, ElementsAre(1, 2));
  EXPECT_EQ(config.catalog.file, "/etc/bidwell/other.json");
  EXPECT_EQ(config.catalog.check_interval_s, 0);
  EXPECT_EQ(config.bidding.seed, 9u);
  EXPECT_EQ(config.log.level, "debug");
}

TEST(ConfigTest, AListInTheEnvironment) {
  const Config config = loaded(kLeast, {{"BIDWELL_HTTP_LISTEN", R"(["127.0.0.1:1", "unix:/run/b.sock"])"}});
  EXPECT_THAT(config.http.listen, ElementsAre("127.0.0.1:1", "unix:/run/b.sock"));
}

TEST(ConfigTest, TheEnvironmentCanStandForASection) {
  const Config config = loaded(R"({"exchanges": {"demo": {}}})", {{"BIDWELL_CATALOG_FILE", "/c.json"}});
  EXPECT_EQ(config.catalog.file, "/c.json");
}

TEST(ConfigTest, FaultsOfTheEnvironmentHaveTheSamePlace) {
  EXPECT_THAT(faults(kLeast, {{"BIDWELL_HTTP_WORKERS", "many"}}),
              ElementsAre(HasSubstr("/http/workers: must be an integer")));
  EXPECT_THAT(faults(kLeast, {{"BIDWELL_HTTP_WORKERS", ""}}),
              ElementsAre(HasSubstr("/http/workers: must be an integer")));
  EXPECT_THAT(faults(kLeast, {{"BIDWELL_HTTP_LISTEN", "[1]"}}),
              ElementsAre("/http/listen/0: must be a string that is not empty"));
  EXPECT_THAT(faults(kLeast, {{"BIDWELL_HTTP_WORKER", "1"}}),
              ElementsAre(HasSubstr("/http/worker: is not a known key")));
  EXPECT_THAT(
      faults(R"({"http": 3, "catalog": {"file": "c"}, "exchanges": {"demo": {}}})", {{"BIDWELL_HTTP_WORKERS", "1"}}),
      ElementsAre("/http: must be an object, not number"));
}

TEST(ConfigTest, OtherNamesInTheEnvironmentAreLeftAlone) {
  const Config config = loaded(kLeast, {{"BIDWELL_CORPUS", "/x"},
                                        {"BIDWELL_HTTP", "x"},
                                        {"BIDWELL_HTTP_", "x"},
                                        {"BIDWELL_HTTPS_WORKERS", "3"},
                                        {"BIDWELL_", "x"}});
  EXPECT_EQ(config.http.workers, 0u);
}

TEST(ConfigTest, TheProcesssEnvironment) {
  ASSERT_EQ(setenv("BIDWELL_TEST_ONLY", "a=b", 1), 0);
  ASSERT_EQ(setenv("NOT_BIDWELL_TEST_ONLY", "x", 1), 0);
  const Environment environment = bidwell_environment();
  EXPECT_EQ(environment.at("BIDWELL_TEST_ONLY"), "a=b");
  for (const auto& [name, value] : environment) EXPECT_THAT(name, HasSubstr("BIDWELL_"));
  EXPECT_FALSE(environment.contains("NOT_BIDWELL_TEST_ONLY"));
}

TEST(ConfigTest, AFileThatCannotBeRead) {
  const LoadedConfig none = load_config_file("/nowhere/bidwell.json", {});
  ASSERT_EQ(none.faults.size(), 1u);
  EXPECT_EQ(none.faults[0].where, "");
  EXPECT_THAT(none.faults[0].what, HasSubstr("cannot read /nowhere/bidwell.json: No such file"));
  EXPECT_EQ(load_config_file("/", {}).faults.size(), 1u);  // a folder
}

}  // namespace
}  // namespace bidwell::ops
