// bidwell profiles, as a person at a terminal has it: over the local file, and Redis where it matters.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/apps/process.h"
#include "tests/profile/folder.h"
#include "tests/redis/redis_server.h"

namespace bidwell::profile {
namespace {

using apps::testing::Ended;
using ::testing::AllOf;
using testing::Folder;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing::read_all;
using testing::write_all;
using Json = nlohmann::json;

constexpr std::string_view kUser = "ifa:6d92078a-8246-4ba4-ae5b-76104861e7dc";

class ProfilesCommand : public ::testing::Test {
 protected:
  void SetUp() override { configure(""); }

  // With the local file as the origin, and more sections.
  void configure(const std::string& more) {
    write_all(folder_ / "bidwell.json", "{" + more + R"("catalog": {"file": "catalog.json"},
      "profiles": {"keys": ["ifa"], "key_secret": "a test's", "file": "profiles.bin", "origin": "file"},
      "exchanges": {"demo": {}}})");
  }
  Ended profiles(std::vector<std::string> words, std::string_view input = {}) {
    words.insert(words.begin(), {BIDWELL_EXECUTABLE, "profiles"});
    words.insert(words.end(), {"--config", folder_ / "bidwell.json"});
    return apps::testing::run(std::move(words), {}, input);
  }

  const Folder folder_;
};

TEST_F(ProfilesCommand, ImportsShowsAndRemoves) {
  write_all(folder_ / "users.ndjson",
            R"({"user": "ifa:6D92078A-8246-4ba4-ae5b-76104861e7dc", "segments": [5, 3], "attributes": {"gender": "F"},
"history": []})"
            "\n");
  EXPECT_EQ(profiles({"import", folder_ / "users.ndjson"}).code, 1) << "two lines that are no documents";
  const Ended imported =
      profiles({"import", "-"},
               R"({"user":"ifa:6D92078A-8246-4ba4-ae5b-76104861e7dc","segments":[5,3],"attributes":{"gender":"F"},)"
               R"("history":[{"campaign":"c1","times":3,"last":"2026-11-20T10:00:00Z"}]})");
  EXPECT_EQ(imported.code, 0) << imported.err;
  EXPECT_THAT(imported.out, AllOf(HasSubstr("1 rows of 1 lines"), HasSubstr("into file")));

  const Ended shown = profiles({"show", std::string(kUser)});
  EXPECT_EQ(shown.code, 0);
  EXPECT_THAT(shown.out, AllOf(HasSubstr("file: found"), HasSubstr("segments  3 5\n"), HasSubstr("gender=F"),
                               HasSubstr("3 times, last 2026-11-20T10:00Z")));
  const Json json = Json::parse(profiles({"show", std::string(kUser), "--json"}).out);
  EXPECT_EQ(json["places"][0]["profile"]["segments"], Json({3, 5}));
  EXPECT_EQ(json["places"][0]["profile"]["attributes"]["gender"], "F");
  EXPECT_EQ(profiles({"key", std::string(kUser)}).out, json["key"].get<std::string>() + "\n");

  EXPECT_EQ(profiles({"remove", std::string(kUser)}).out, "file: removed\n");
  EXPECT_EQ(profiles({"remove", std::string(kUser)}).out, "file: was not there\n");
  EXPECT_EQ(profiles({"show", std::string(kUser)}).code, 1);
}

TEST_F(ProfilesCommand, SaysWhichLinesItRefusedAndLoadsTheOthers) {
  std::string csv = "user,segments\n";
  for (int i = 0; i < 30; ++i) csv += "nobody-" + std::to_string(i) + ",1\n";
  csv += "ifa:a,sports\n" + std::string(kUser) + ",7\n";
  write_all(folder_ / "users.csv", csv);
  const Ended ended = profiles({"import", folder_ / "users.csv", "--refused", folder_ / "refused.txt"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("users.csv:2: no user's name:"), HasSubstr("users.csv:21:"),
                               ::testing::Not(HasSubstr("users.csv:22:")), HasSubstr("more are refused; see")));
  EXPECT_THAT(ended.out, AllOf(HasSubstr("1 rows of 32 lines"), HasSubstr("refused lines: 31"),
                               HasSubstr("30  no user's name"), HasSubstr("1  bad segments")));
  const std::string refused = read_all(folder_ / "refused.txt");
  EXPECT_EQ(std::count(refused.begin(), refused.end(), '\n'), 31);
  EXPECT_THAT(refused, HasSubstr("users.csv:32: bad segments: \"sports\""));
  EXPECT_EQ(profiles({"show", std::string(kUser)}).code, 0);
}

TEST_F(ProfilesCommand, ADryRunLoadsNothing) {
  const Ended ended = profiles({"import", "-", "--dry-run"}, std::string(kUser) + ",7,\n");
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, HasSubstr("nothing loaded"));
  EXPECT_EQ(profiles({"show", std::string(kUser)}).code, 1);
}

TEST_F(ProfilesCommand, WrongUsage) {
  EXPECT_EQ(profiles({}).code, 2);
  EXPECT_EQ(profiles({"import"}).code, 2);
  EXPECT_EQ(profiles({"import", "-", "--to", "nowhere"}).code, 2);
  const Ended redis = profiles({"import", "-", "--to", "redis"});
  EXPECT_EQ(redis.code, 2);
  EXPECT_THAT(redis.err, HasSubstr("--to redis"));
  EXPECT_EQ(profiles({"show", "somebody"}).code, 2);
  EXPECT_EQ(profiles({"import", folder_ / "none"}).code, 1);
  EXPECT_EQ(profiles({"import", "-"}, "user,nonsense\n").code, 1);
  const Ended folder = profiles({"import", folder_ / "", "--replace"});
  EXPECT_EQ(folder.code, 1);
  EXPECT_THAT(folder.err, HasSubstr("cannot be read"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "profiles.bin")) << "and nothing replaced";
}

TEST_F(ProfilesCommand, IntoRedisToo) {
  const redis::testing::RedisServer server;
  configure(R"("redis": {"url": ")" + server.url() + "\"}, ");
  EXPECT_THAT(profiles({"import", "-"}, std::string(kUser) + ",7,\n").out, HasSubstr("into file, redis"));
  EXPECT_EQ(server.cli("DBSIZE"), "1");
  const std::string name = server.cli("RANDOMKEY");
  EXPECT_THAT(name, MatchesRegex("bidwell:profile:\\{[-_A-Za-z0-9]{22}\\}"));
  EXPECT_THAT(profiles({"key", std::string(kUser)}).out, name.substr(17, 22) + "\n");
  EXPECT_THAT(profiles({"show", std::string(kUser)}).out, AllOf(HasSubstr("file: found"), HasSubstr("redis: found")));
  EXPECT_EQ(profiles({"remove", std::string(kUser)}).out,
            "file: removed\nredis: removed\nredis, what he was shown: was not there\n");
  EXPECT_EQ(server.cli("DBSIZE"), "0");
}

}  // namespace
}  // namespace bidwell::profile
