// Sections events and notices.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bidwell/ops/config.h"

namespace bidwell::ops {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

LoadedConfig load(const std::string& sections, const Environment& environment = {}) {
  return load_config(R"({"catalog": {"file": "c.json"}, "exchanges": {"demo": {}}, )" + sections + "}", "/etc/bidwell",
                     environment);
}

auto fault(const std::string& where, const std::string& what) {
  return AllOf(Field(&Fault::where, where), Field(&Fault::what, HasSubstr(what)));
}

TEST(EventConfig, NothingIsRecordedUnlessAsked) {
  const LoadedConfig loaded = load(R"("log": {})");
  EXPECT_THAT(loaded.faults, IsEmpty());
  EXPECT_EQ(loaded.config.events.directory, "");
  EXPECT_EQ(loaded.config.notices.url, "");
}

TEST(EventConfig, AllKeysAreRead) {
  const LoadedConfig loaded = load(R"("postgres": {"url": "host=db"}, "events": {
    "directory": "../var/events", "sinks": ["ndjson", "postgres"], "journal_mb": 512, "segment_mb": 8,
    "notice_share": 0.25, "fsync": "always", "fsync_interval_ms": 50, "bid_sample": 0.01, "drain_ms": 100,
    "loss_after_s": 600, "ndjson_file_mb": 7, "ndjson_file_age_s": 9, "ndjson_compression": "zstd",
    "postgres_days_ahead": 5, "postgres_retention_days": 90},
    "notices": {"url": "http://bid.example.com/", "markup_url": "https://t.example.com",
                "keys": ["7:0123456789abcdef", "0:a secret: with a colon"], "age_max_s": 86400})");
  ASSERT_THAT(loaded.faults, IsEmpty());
  const EventOptions& events = loaded.config.events;
  EXPECT_EQ(events.directory, "/etc/var/events");
  EXPECT_TRUE(events.to_ndjson);
  EXPECT_TRUE(events.to_postgres);
  EXPECT_EQ(events.journal.allowance_bytes, std::uint64_t{512} << 20);
  EXPECT_EQ(events.journal.segment_bytes, std::size_t{8} << 20);
  EXPECT_EQ(events.journal.notice_share, 0.25);
  EXPECT_EQ(events.journal.fsync, events::Fsync::always);
  EXPECT_EQ(events.journal.fsync_interval, std::chrono::milliseconds(50));
  EXPECT_EQ(events.sampled_ppm, 10'000u);
  EXPECT_EQ(events.drain, std::chrono::milliseconds(100));
  EXPECT_EQ(events.postgres.loss_after, std::chrono::seconds(600));
  EXPECT_EQ(events.ndjson.file_bytes, std::uint64_t{7} << 20);
  EXPECT_EQ(events.ndjson.file_age, std::chrono::seconds(9));
  EXPECT_EQ(events.ndjson.compression, events::Compression::zstd);
  EXPECT_EQ(events.postgres.days_ahead, 5);
  EXPECT_EQ(events.postgres.retention_days, 90);
  const NoticeOptions& notices = loaded.config.notices;
  EXPECT_EQ(notices.url, "http://bid.example.com");
  EXPECT_EQ(notices.markup_url, "https://t.example.com");
  ASSERT_EQ(notices.keys.size(), 2u);
  EXPECT_EQ(notices.keys[0].id, 7);
  EXPECT_EQ(notices.keys[1].secret, "a secret: with a colon");
  EXPECT_EQ(notices.age_max, std::chrono::hours(24));
}

TEST(EventConfig, TheEnvironmentSetsListsToo) {
  const LoadedConfig loaded = load(R"("events": {"directory": "/a", "sinks": ["postgres"]})",
                                   {{"BIDWELL_EVENTS_DIRECTORY", "/b"},
                                    {"BIDWELL_EVENTS_SINKS", "ndjson"},
                                    {"BIDWELL_NOTICES_URL", "http://x.example"},
                                    {"BIDWELL_NOTICES_MARKUP_URL", "https://x.example"},
                                    {"BIDWELL_NOTICES_KEYS", "1:0123456789abcdef"}});
  ASSERT_THAT(loaded.faults, IsEmpty());
  EXPECT_EQ(loaded.config.events.directory, "/b");
  EXPECT_TRUE(loaded.config.events.to_ndjson);
  EXPECT_FALSE(loaded.config.events.to_postgres);
  EXPECT_EQ(loaded.config.notices.keys.size(), 1u);
}

TEST(EventConfig, FaultsNameTheirPlace) {
  EXPECT_THAT(load(R"("events": {"sinks": ["kafka"]})").faults,
              Contains(fault("/events/sinks/0", "must be ndjson or postgres")));
  EXPECT_THAT(load(R"("events": {"directory": "/x"})").faults, ElementsAre(fault("/events/sinks", "is required")));
  EXPECT_THAT(load(R"("events": {"sinks": ["ndjson"]})").faults,
              ElementsAre(fault("/events/directory", "is required where there are sinks")));
  EXPECT_THAT(load(R"("events": {"directory": "/x", "sinks": ["postgres"]})").faults,
              ElementsAre(fault("/events/sinks", "section postgres has no url")));
  EXPECT_THAT(load(R"("events": {"directory": "/x", "sinks": ["ndjson"], "journal_mb": 16})").faults,
              ElementsAre(fault("/events/journal_mb", "four times")));
  EXPECT_THAT(load(R"("events": {"postgres_retention_days": 7})").faults,
              ElementsAre(fault("/events/postgres_retention_days", "at least 8")));
  EXPECT_THAT(load(R"("events": {"journal": 1})").faults, Contains(Field(&Fault::where, "/events/journal")));
  EXPECT_THAT(load(R"("notices": {"url": "http://a.example", "markup_url": "https://a.example"})").faults,
              ElementsAre(fault("/events/directory", "is required where there are notices")));
}

TEST(EventConfig, NoticeUrlsMustBeOnes) {
  const std::string events = R"("events": {"directory": "/x", "sinks": ["ndjson"]}, )";
  EXPECT_THAT(load(events + R"("notices": {"url": "bid.example.com", "markup_url": "https://a.example"})").faults,
              ElementsAre(fault("/notices/url", "must be a URL")));
  EXPECT_THAT(load(events + R"("notices": {"url": "http://a.example", "markup_url": "http://a.example"})").faults,
              ElementsAre(fault("/notices/markup_url", "https://")));
  EXPECT_THAT(load(events + R"("notices": {"url": "http://a.example/?x=", "markup_url": "https://a.example"})").faults,
              ElementsAre(fault("/notices/url", "without a query")));
  EXPECT_THAT(load(events + R"("notices": {"url": "http://a.example"})").faults,
              ElementsAre(fault("/notices", "go together")));
  for (const char* key : {"secret0123456789abcdef", "x:0123456789abcdef", "256:0123456789abcdef", "1:short", ":0123"}) {
    EXPECT_THAT(load(std::string(R"("notices": {"keys": [")") + key + "\"]}").faults,
                ElementsAre(fault("/notices/keys/0", "must be <number")))
        << key;
  }
  EXPECT_THAT(load(R"("notices": {"keys": ["1:0123456789abcdef", "1:another0123456789"]})").faults,
              ElementsAre(fault("/notices/keys/1", "the number of another")));
}

TEST(EventConfig, PricesOfAnExchange) {
  const auto load_exchange = [](const std::string& fields) {
    return load_config(R"({"catalog": {"file": "c.json"}, "exchanges": {"demo": {)" + fields + "}}}", "/", {});
  };
  const std::string key(43, 'A');
  const LoadedConfig loaded = load_exchange(R"("price_format": "google", "price_encryption_key": ")" + key +
                                            R"(=", "price_integrity_key": ")" + key + "=\"");
  EXPECT_THAT(loaded.faults, IsEmpty());
  EXPECT_EQ(loaded.config.exchanges[0].price_format, exchange::PriceFormat::google);
  EXPECT_EQ(load_exchange(R"("price_format": "base64")").config.exchanges[0].price_format,
            exchange::PriceFormat::base64);
  EXPECT_THAT(load_exchange(R"("price_format": "google")").faults,
              ElementsAre(fault("/exchanges/demo/price_encryption_key", "is required"),
                          fault("/exchanges/demo/price_integrity_key", "is required")));
  const LoadedConfig wrong = load_exchange(R"("price_encryption_key": "secret-of-ours")");
  EXPECT_THAT(wrong.faults, ElementsAre(fault("/exchanges/demo/price_encryption_key", "32 bytes")));
  EXPECT_EQ(wrong.faults[0].what.find("secret-of-ours"), std::string::npos);
}

TEST(EventConfig, TrustedProxiesAreNetworks) {
  EXPECT_THAT(load(R"("http": {"trusted_proxies": ["10.0.0.0/8", "::1", "unix"]})").config.http.trusted_proxies,
              ElementsAre("10.0.0.0/8", "::1", "unix"));
  EXPECT_THAT(load(R"("http": {"trusted_proxies": ["10.0.0.0/33", 7]})").faults,
              ElementsAre(fault("/http/trusted_proxies/0", "must be a network"),
                          fault("/http/trusted_proxies/1", "must be a network")));
}

}  // namespace
}  // namespace bidwell::ops
