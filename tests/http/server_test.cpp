// The whole server over real sockets: listening, spreading connections, much at once.
#include "bidwell/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <thread>
#include <vector>

#include "tests/http/client.h"
#include "tests/http/requests.h"
#include "tests/http/running_server.h"

namespace bidwell::http::testing {
namespace {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "bidwell-http-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

std::string failure_of(const Options& options) {
  try {
    Server server(options, make_router);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(Server, AnswersOnEveryKindOfAddress) {
  const TemporaryFolder folder;
  Options options = on_loopback(2);
  options.listen = {"127.0.0.1:0", "[::1]:0", "unix:" + folder.file("socket")};
  {
    RunningServer server(options);
    ASSERT_EQ(server.addresses().size(), 3U);
    EXPECT_NE(server.addresses()[0], "127.0.0.1:0");
    for (std::size_t i = 0; i < 3; ++i) {
      Client client = server.connect(i);
      const auto answer = client.exchange(post("/echo", text_of(100'000)));
      ASSERT_TRUE(answer) << server.addresses()[i];
      EXPECT_EQ(answer->body, "100000:" + text_of(100'000));
    }
    EXPECT_TRUE(server.stop());
  }
  EXPECT_FALSE(std::filesystem::exists(folder.file("socket")));
}

TEST(Server, UnixSocketFiles) {
  const TemporaryFolder folder;
  const std::string path = folder.file("socket");
  Options options = on_loopback();
  options.listen = {"unix:" + path};

  // Left behind by a crash.
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  {
    RunningServer server(options);
    EXPECT_TRUE(server.connect().exchange(get("/show")));
    EXPECT_THAT(failure_of(options), ::testing::HasSubstr(path));
    EXPECT_TRUE(server.connect().exchange(get("/show")));
    // Another server's file in the same place is not ours to remove.
    std::filesystem::remove(path);
    std::ofstream(path) << "somebody else's";
  }
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_THAT(failure_of(options), ::testing::HasSubstr("not a socket"));
}

TEST(Server, SaysWhichAddressCannotBeOpened) {
  RunningServer server;
  Options options = on_loopback();
  options.listen = server.addresses();
  EXPECT_THAT(failure_of(options), ::testing::HasSubstr(server.addresses()[0]));
  for (const char* bad :
       {"127.0.0.1", "host:80", "127.0.0.1:65536", "::1:80", "[127.0.0.1]:80", "unix:", "203.0.113.1:0"}) {
    options.listen = {bad};
    EXPECT_THAT(failure_of(options), ::testing::HasSubstr(bad));
  }
}

TEST(Server, RefusesCoresThatDoNotExist) {
  Options options = on_loopback();
  options.pin_cores = {1000};
  EXPECT_THAT(failure_of(options), ::testing::HasSubstr("core 1000"));
  options.pin_cores = {-1};
  EXPECT_NE(failure_of(options), "");
  options.pin_cores = {0};
  RunningServer server(options);
  EXPECT_TRUE(server.connect().exchange(get("/show")));
}

TEST(Server, AThousandPipelinedRequests) {
  RunningServer server;
  std::string sent;
  for (int i = 0; i < 1000; ++i) sent += post("/echo", text_of(300 + i));
  Client client = server.connect();
  std::thread sender([&] { EXPECT_TRUE(client.send(sent)); });
  for (int i = 0; i < 1000; ++i) {
    const auto answer = client.receive();
    ASSERT_TRUE(answer) << i;
    ASSERT_EQ(answer->body, std::to_string(300 + i) + ":" + text_of(300 + i));
  }
  sender.join();
}

// The answers do not fit the sockets' buffers: the server must wait for the reader, and lose
// nothing.
TEST(Server, AnswersWaitForASlowReader) {
  RunningServer server;
  Client client(server.addresses()[0], 4096);
  std::string sent;
  for (int i = 0; i < 200; ++i) sent += get("/big/" + std::to_string(100'000 + i));
  ASSERT_TRUE(client.send(sent));
  for (int i = 0; i < 200; ++i) {
    const auto answer = client.receive();
    ASSERT_TRUE(answer) << i;
    ASSERT_EQ(answer->body.size(), 100'000U + i);
  }
  EXPECT_EQ(client.exchange(post("/echo", "still here"))->body, "10:still here");
}

TEST(Server, SpreadsConnectionsEvenly) {
  RunningServer server(on_loopback(3));
  std::vector<Client> clients;
  for (int i = 0; i < 30; ++i) {
    clients.push_back(server.connect());
    ASSERT_TRUE(clients.back().exchange(get("/nothing")));
  }
  for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(server.counters(i).connections_open.value(), 10U);
  // Those that leave make room where they were.
  for (int i = 0; i < 10; ++i) clients.pop_back();
  ASSERT_TRUE(server.becomes(&Counters::connections_open, 20));
  for (int i = 0; i < 10; ++i) {
    clients.push_back(server.connect());
    ASSERT_TRUE(clients.back().exchange(get("/nothing")));
  }
  for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(server.counters(i).connections_open.value(), 10U);
}

TEST(Server, ConnectionsPastTheLimitAreClosed) {
  Options options = on_loopback(2);
  options.connections_max = 5;
  RunningServer server(options);
  std::vector<Client> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(server.connect());
    ASSERT_TRUE(clients.back().exchange(get("/nothing")));
  }
  EXPECT_TRUE(server.connect().closed());
  EXPECT_EQ(server.total(&Counters::connections_refused), 1U);
  EXPECT_TRUE(clients[0].exchange(get("/nothing")));
  clients.pop_back();
  ASSERT_TRUE(server.becomes(&Counters::connections_open, 4));
  EXPECT_TRUE(server.connect().exchange(get("/nothing")));
}

TEST(Server, OutOfFileDescriptorsPausesAcceptingOnly) {
  RunningServer server;
  Client first = server.connect();
  ASSERT_TRUE(first.exchange(get("/nothing")));
  // The client's socket takes the last descriptor there is.
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int probe = ::dup(0);
  ::close(probe);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(probe) + 1;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  Client waiting = server.connect();
  EXPECT_TRUE(waiting.send(get("/nothing")));
  while (server.total(&Counters::accept_errors) < 2) std::this_thread::yield();
  EXPECT_TRUE(first.exchange(get("/nothing")));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(waiting.receive());
  // Ten tries a second at most, or it would be spinning.
  EXPECT_LT(server.total(&Counters::accept_errors), 1000U);
}

TEST(Server, PostsRunOnTheWorker) {
  RunningServer server(on_loopback(2));
  std::promise<std::thread::id> first;
  std::promise<std::thread::id> second;
  server.post(0, [&] { first.set_value(std::this_thread::get_id()); });
  server.post(1, [&] { second.set_value(std::this_thread::get_id()); });
  const auto a = first.get_future().get();
  const auto b = second.get_future().get();
  EXPECT_NE(a, b);
  EXPECT_NE(a, std::this_thread::get_id());
}

}  // namespace
}  // namespace bidwell::http::testing
