// Whole runs against a bidder that is made up for the test: what is late, wrong, missing or refused, and what is then
// sent and remembered.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "bidwell/market/market.h"

namespace bidwell::market {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// On a Unix socket, a thread for each connection. An answer is the whole HTTP answer; empty: the connection is closed.
class FakeBidder {
 public:
  using Answer = std::function<std::string(const std::string& head, const std::string& body)>;

  explicit FakeBidder(Answer answer) : answer_(std::move(answer)) {
    std::string name = (std::filesystem::temp_directory_path() / "bidwell-fake-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    folder_ = name;
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 128) != 0) {
      throw std::runtime_error("cannot listen on " + path());
    }
    acceptor_ = std::thread([this] { accept(); });
  }
  ~FakeBidder() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
    ::close(listener_);
    std::filesystem::remove_all(folder_);
  }

  std::string path() const { return folder_ + "/s"; }
  std::string target() const { return "unix:" + path() + ":/bid/fake"; }
  // The paths of all notices that came.
  std::vector<std::string> notices() const {
    const std::lock_guard lock(mutex_);
    return notices_;
  }

 private:
  void accept() {
    for (int fd; (fd = ::accept(listener_, nullptr, nullptr)) >= 0;) {
      const std::lock_guard lock(mutex_);
      open_.insert(fd);
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  }
  void serve(int fd) {
    std::string in;
    while (true) {
      const std::size_t end = in.find("\r\n\r\n");
      const std::size_t at = in.find("Content-Length: ");
      const std::size_t size = at < end ? std::stoul(in.substr(at + 16)) : 0;
      if (end == std::string::npos || in.size() < end + 4 + size) {
        char buffer[16 * 1024];
        const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
        if (got <= 0) break;
        in.append(buffer, static_cast<std::size_t>(got));
        continue;
      }
      const std::string head = in.substr(0, end), body = in.substr(end + 4, size);
      in.erase(0, end + 4 + size);
      if (head.starts_with("GET ")) {
        const std::lock_guard lock(mutex_);
        notices_.push_back(head.substr(4, head.find(' ', 4) - 4));
      }
      const std::string answer = answer_(head, body);
      if (answer.empty()) break;
      ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
    const std::lock_guard lock(mutex_);
    open_.erase(fd);
    ::close(fd);
  }

  const Answer answer_;
  std::string folder_;
  int listener_ = -1;
  std::thread acceptor_;
  mutable std::mutex mutex_;
  std::set<int> open_;
  std::vector<std::thread> threads_;
  std::vector<std::string> notices_;
};

std::string http(int status, const std::string& body = "") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" +
         (status == 204 ? "\r\n" : "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

// A bid of 5 on the first impression, correct by all rules for a banner.
std::string bid_on(const std::string& body) {
  static std::atomic<int> number{0};
  const json request = json::parse(body);
  const json& imp = request["imp"][0];
  const json& banner = imp["banner"];
  const json& size = banner.contains("format") ? banner["format"][0] : banner;
  const std::string id = std::to_string(number++);
  const json answer = {{"id", request["id"]},
                       {"cur", "USD"},
                       {"seatbid",
                        {{{"seat", "s"},
                          {"bid",
                           {{{"id", id},
                             {"impid", imp["id"]},
                             {"price", 50},
                             {"cid", "c"},
                             {"crid", "k"},
                             {"adomain", {"a.example"}},
                             {"mtype", 1},
                             {"w", size["w"]},
                             {"h", size["h"]},
                             {"nurl", "https://h/win/" + id +
                                          "?p=${AUCTION_PRICE}&c=${AUCTION_CURRENCY}&i=${AUCTION_ID}&x=${AUCTION_MBR}"},
                             {"burl", "https://h/bill/" + id + "?p=${AUCTION_PRICE:B64}"},
                             {"lurl", "https://h/loss/" + id + "?l=${AUCTION_LOSS}"},
                             {"adm", "<a href=\"https://h/click/" + id + "\"></a><img src=\"https://h/imp/" + id +
                                         "?s=${AUCTION_SEAT_ID}\">"}}}}}}}};
  return http(200, answer.dump());
}

Options options_for(const FakeBidder& bidder) {
  Options options;
  options.targets = {bidder.target()};
  options.auctions = 200;
  options.rate = 2000;
  options.concurrency = 4;
  options.video_share = options.native_share = 0;
  options.rival_median = 1;
  options.rival_sigma = 0.1;
  options.win_delay = options.bill_delay = options.click_delay = std::chrono::milliseconds(5);
  options.billed_share = options.shown_share = options.clicked_share = 1;
  options.repeat_share = options.lost_share = 0;
  return options;
}

Result run(const Options& options) {
  const std::atomic<bool> stop{false};
  return market::run(options, stop, {});
}

TEST(SessionTest, AWinnersNoticesAreSentWithTheirMacros) {
  FakeBidder bidder([](const std::string& head, const std::string& body) {
    return head.starts_with("GET /click") ? http(302) : head.starts_with("GET") ? http(200) : bid_on(body);
  });
  const Result result = run(options_for(bidder));
  EXPECT_THAT(result.examples, ::testing::IsEmpty());
  EXPECT_EQ(result.won, 200u);
  EXPECT_EQ(result.ours.bids, 200u);
  for (const std::uint64_t count : {result.ours.wins, result.ours.bills, result.ours.impressions, result.ours.clicks}) {
    EXPECT_EQ(count, 200u);
  }
  EXPECT_EQ(result.ours.losses, 0u);
  EXPECT_EQ(result.ours.billed_micros.at("USD"), 200 * 50'000'000ll);
  std::map<std::string, int> kinds;
  for (const std::string& path : bidder.notices()) {
    ++kinds[path.substr(1, path.find('/', 1) - 1)];
    if (path.starts_with("/win/")) {
      EXPECT_THAT(path, HasSubstr("?p=50&c=USD&i=x"));
      EXPECT_TRUE(path.ends_with("&x=")) << path;
    }
    if (path.starts_with("/bill/")) EXPECT_THAT(path, HasSubstr("?p=NTA%3D"));
    if (path.starts_with("/imp/")) EXPECT_THAT(path, HasSubstr("?s=s"));
  }
  EXPECT_EQ(kinds, (std::map<std::string, int>{{"win", 200}, {"bill", 200}, {"imp", 200}, {"click", 200}}));
}

TEST(SessionTest, SlowAnswersAreLateLoseAndAreHeldBack) {
  FakeBidder bidder([](const std::string& head, const std::string& body) {
    if (head.starts_with("GET")) return http(200);
    ::usleep(30'000);
    return bid_on(body);
  });
  Options options = options_for(bidder);
  options.tmax_ms = 5;
  const Result result = run(options);
  const TargetResult& target = result.targets[0];
  EXPECT_EQ(target.asked + target.held_back, 200u);
  EXPECT_GT(target.held_back, 50u);  // after a hundred late answers
  EXPECT_EQ(target.late, target.asked);
  EXPECT_EQ(target.malformed, 0u);
  EXPECT_EQ(result.won, 0u);
  // Their bids are in the book, and lost.
  EXPECT_EQ(result.ours.bids, target.asked);
  EXPECT_EQ(result.ours.losses, target.asked);
  for (const std::string& path : bidder.notices()) EXPECT_TRUE(path.ends_with("?l=2")) << path;
}

TEST(SessionTest, AnswersThatNeverComeAreUnknown) {
  FakeBidder bidder([](const std::string&, const std::string& body) {
    return body.find("-0000000007\"") != std::string::npos ? "" : http(204);
  });
  const Result result = run(options_for(bidder));
  EXPECT_EQ(result.unknown_auctions, 1u);
  EXPECT_EQ(result.targets[0].errors, 1u);
  EXPECT_EQ(result.targets[0].no_bids, 199u);
  EXPECT_EQ(result.ours.bids, 0u);
}

TEST(SessionTest, WrongAnswersTakeNoPart) {
  FakeBidder bidder([](const std::string& head, const std::string& body) {
    if (head.starts_with("GET")) return http(200);
    std::string answer = bid_on(body);
    const std::size_t at = answer.find("\"impid\":\"1\"");
    answer[at + 9] = '7';
    return answer;
  });
  Options options = options_for(bidder);
  options.throttle_share = 1;
  const Result result = run(options);
  EXPECT_EQ(result.targets[0].malformed, 200u);
  EXPECT_EQ(result.won, 0u);
  EXPECT_EQ(result.violations.at("rule 4: impid names one impression"), 200u);
  EXPECT_EQ(result.examples.size(), 3u);
  EXPECT_EQ(result.ours.bids, 200u);
  for (const std::string& path : bidder.notices()) EXPECT_TRUE(path.ends_with("?l=3")) << path;
}

TEST(SessionTest, RefusedNoticesAreSentAgainAndCounted) {
  std::atomic<int> refused{0};
  FakeBidder bidder([&](const std::string& head, const std::string& body) {
    if (head.starts_with("POST")) return bid_on(body);
    if (head.starts_with("GET /win/")) return http(refused++ < 30 ? 503 : 200);
    return http(head.starts_with("GET /bill/") ? 403 : 200);
  });
  Options options = options_for(bidder);
  options.auctions = 20;
  options.notice_attempts = 3;
  const Result result = run(options);
  EXPECT_EQ(result.notices_sent.at("win"), 20u);
  EXPECT_EQ(result.notices_failed.at("bill"), 20u);
  EXPECT_EQ(result.ours.bills, 0u);
  EXPECT_EQ(result.unknown_notices, 0u);
  int bills = 0;
  for (const std::string& path : bidder.notices()) bills += path.starts_with("/bill/");
  EXPECT_EQ(bills, 60);
}

// Two bidders in each auction: the dearer one wins and hears of it itself.
TEST(SessionTest, BiddersCompete) {
  const auto answer = [](bool dear) {
    return [dear](const std::string& head, const std::string& body) {
      if (head.starts_with("GET")) return http(200);
      if (dear) return bid_on(body);
      std::string cheap = bid_on(body);
      return cheap.replace(cheap.find("\"price\":50"), 10, "\"price\":40");
    };
  };
  FakeBidder dear(answer(true)), cheap(answer(false));
  Options options = options_for(dear);
  options.targets.push_back(cheap.target());
  options.compete = true;
  options.rate = 200;
  options.auction_type = 2;
  const Result result = run(options);
  EXPECT_EQ(result.targets[0].wins, 200u);
  EXPECT_EQ(result.targets[1].wins, 0u);
  EXPECT_EQ(result.ours.losses, 200u);
  EXPECT_EQ(result.ours.billed_micros.at("USD"), 200 * 40'010'000ll);
  for (const std::string& path : cheap.notices()) EXPECT_THAT(path, StartsWith("/loss/"));
  for (const std::string& path : dear.notices()) EXPECT_THAT(path, ::testing::Not(StartsWith("/loss/")));
}

TEST(SessionTest, AStopEndsTheAuctions) {
  FakeBidder bidder([](const std::string&, const std::string&) { return http(204); });
  Options options = options_for(bidder);
  options.auctions = 1'000'000'000;
  std::atomic<bool> stop{false};
  const Result result = market::run(options, stop, [&](const Progress& progress) {
    if (progress.auctions >= 100) stop = true;
  });
  EXPECT_GE(result.auctions, 100u);
  EXPECT_LT(result.auctions, 1'000'000u);
}

TEST(SessionTest, TextsTell) {
  FakeBidder bidder([](const std::string&, const std::string&) { return http(204); });
  const Result result = run(options_for(bidder));
  EXPECT_THAT(summary_text(result), HasSubstr("200 auctions"));
  const json told = json::parse(json_text(result));
  EXPECT_EQ(told["targets"][0]["no_bids"], 200);
  EXPECT_EQ(told["compared"], false);
}

}  // namespace
}  // namespace bidwell::market
