// bidwell-exchange: its command line, progress and exit code.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>

#include "bidwell/market/market.h"

namespace {

using bidwell::market::Options;
using bidwell::market::Progress;
using bidwell::market::Result;

std::atomic<bool> stopping{false};

// The first ends the auctions, the second everything.
void on_signal(int number) {
  if (stopping.exchange(true)) ::_exit(128 + number);
}

// A line that is written over on a terminal; one per 5 s otherwise.
class ProgressLine {
 public:
  void operator()(const Progress& progress) {
    const auto now = std::chrono::steady_clock::now();
    if (!terminal_ && now - last_ < std::chrono::seconds(5)) return;
    last_ = now;
    fmt::print(stderr, "{}{}: {:.0f} s, {} of {} auctions, {} won, {} notices wait{}", terminal_ ? "\r\033[K" : "",
               progress.phase, progress.seconds, progress.auctions, progress.of, progress.won, progress.notices_waiting,
               terminal_ ? "" : "\n");
    std::fflush(stderr);
  }
  void end() const {
    if (terminal_) fmt::print(stderr, "\r\033[K");
  }

 private:
  const bool terminal_ = ::isatty(STDERR_FILENO) != 0;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

// Answers that broke rules, or books that differ.
bool is_bad(const Result& result) {
  for (const auto& target : result.targets) {
    if (target.malformed != 0) return true;
  }
  for (const auto& [kind, count] : result.notices_failed) {
    if (count != 0 && kind != "repeat") return true;
  }
  return !result.violations.empty() || result.differing != 0;
}

void add_auctions(CLI::App& app, Options& options, std::vector<std::string>& rates) {
  CLI::Option_group& group = *app.add_option_group("Auctions");
  group
      .add_option("--target", options.targets,
                  "a bidder's URL, http://HOST:PORT/PATH or unix:SOCKET:/PATH; repeated: instances of one bidder that "
                  "are asked in turn")
      ->required();
  group.add_flag("--compete", options.compete, "ask all targets in each auction: they are bidders against each other");
  group.add_option("--requests", options.requests,
                   "NDJSON or a capture whose bid requests are asked in turn, with ids of ours; default: made up");
  group.add_option("--auctions", options.auctions, "how many")->capture_default_str();
  group.add_option("--rate", options.rate, "auctions a second; 0: as many as --concurrency allows")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  group.add_option("--concurrency", options.concurrency, "connections per target for bid requests, one each")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  group.add_option("--tmax", options.tmax_ms, "ms; stands in each request, and later answers take no part")
      ->check(CLI::Range(1, 60'000))
      ->capture_default_str();
  group.add_option("--auction-type", options.auction_type, "1 first price, 2 second price plus 0.01")
      ->check(CLI::Range(1, 2))
      ->capture_default_str();
  group.add_option("--currency-rate", rates, "units for one US dollar, as EUR=0.92; may be repeated");
  group
      .add_option("--rival-median", options.rival_median,
                  "the rivals' best price, CPM, log-normal; 0: nobody else bids")
      ->check(CLI::Range(0.0, 1e5))
      ->capture_default_str();
  group.add_option("--rival-sigma", options.rival_sigma, "of its logarithm")
      ->check(CLI::Range(0.0, 5.0))
      ->capture_default_str();
  group
      .add_option("--throttle-share", options.throttle_share,
                  "share of late and invalid answers among a target's last 1,000 over which it gets a tenth of its "
                  "requests; 1: never")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  group.add_flag("--validate,!--no-validate", options.validate, "apply the thirty rules to each answer")
      ->capture_default_str();
  group.add_option("--seed", options.seed, "of requests, rivals, outcomes and notices")->capture_default_str();
}

void add_requests(CLI::App& app, Options& options) {
  CLI::Option_group& group = *app.add_option_group("Requests that are made up");
  const auto share = [&](const char* name, double& value, const char* what) {
    group.add_option(name, value, what)->check(CLI::Range(0.0, 1.0))->capture_default_str();
  };
  group.add_option("--users", options.users, "how many there are")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40))
      ->capture_default_str();
  group.add_option("--user-skew", options.user_skew, "Zipf's exponent: how much more often the first ones come")
      ->check(CLI::Range(0.0, 5.0))
      ->capture_default_str();
  group.add_option("--sites", options.sites, "how many sites and apps there are")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40))
      ->capture_default_str();
  group.add_option("--site-skew", options.site_skew, "theirs")->check(CLI::Range(0.0, 5.0))->capture_default_str();
  share("--video-share", options.video_share, "of impressions");
  share("--native-share", options.native_share, "of impressions; the rest are banners");
  share("--app-share", options.app_share, "of requests; the rest are sites");
  share("--test-share", options.test_share, "of requests, with test 1: nothing of them may be in the books");
}

void add_notices(CLI::App& app, Options& options, long& win_ms, long& bill_ms, long& click_ms) {
  CLI::Option_group& group = *app.add_option_group("Notices");
  const auto share = [&](const char* name, double& value, const char* what) {
    group.add_option(name, value, what)->check(CLI::Range(0.0, 1.0))->capture_default_str();
  };
  const auto delay = [&](const char* name, long& value, const char* what) {
    group.add_option(name, value, what)->check(CLI::Range(0L, 3'600'000L))->capture_default_str();
  };
  share("--billed-share", options.billed_share, "of wins");
  share("--shown-share", options.shown_share, "of what is billed: its impression is reported");
  share("--clicked-share", options.clicked_share, "of what is shown");
  share("--loss-notice-share", options.loss_notice_share, "of lost bids");
  delay("--win-delay", win_ms, "ms; mean of win and loss notices' delay after the auction (exponential)");
  delay("--bill-delay", bill_ms, "ms; likewise of billing and impressions");
  delay("--click-delay", click_ms, "ms; likewise of clicks, after the impression");
  share("--repeat-share", options.repeat_share, "of notices that are sent up to three times more, to any target");
  share("--lost-share", options.lost_share, "of notices that are never sent");
  group.add_option("--notice-attempts", options.notice_attempts, "how often a notice is sent that is not answered 2xx")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
}

void add_books(CLI::App& app, Options& options, long& wait_s) {
  CLI::Option_group& group = *app.add_option_group("The bidder's books");
  group.add_option("--postgres", options.postgres_url, "compare with this database: a libpq connection string or URI");
  group.add_option("--events", options.events_directory, "compare with the NDJSON files of this folder");
  group.add_option("--exchange", options.exchange,
                   "the exchange's name in the books; default: the end of the first target's path");
  group.add_option("--books-wait", wait_s, "seconds that the bidder's writers may need after the last notice")
      ->check(CLI::Range(0L, 86'400L))
      ->capture_default_str();
}

std::pair<std::string, double> rate_of(const std::string& text) {
  const std::size_t equals = text.find('=');
  double units = 0;
  if (equals != 3 || !CLI::detail::lexical_cast(text.substr(4), units) || !(units > 1e-6 && units < 1e8)) {
    throw CLI::ValidationError("--currency-rate", text + " is not like EUR=0.92");
  }
  return {text.substr(0, 3), units};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"A simulated exchange: holds auctions, sends notices, and compares its books with the bidder's"};
  app.set_version_flag("--version", "bidwell-exchange " BIDWELL_VERSION);
  app.footer(
      "Exit code: 0 all is well; 1 books differ, answers broke rules, notices were given up, or it could not be "
      "found out; 2 wrong usage.\nSIGINT ends the auctions; notices are delivered and books compared all the same. "
      "docs/LOADTEST.md says more.");
  Options options;
  std::vector<std::string> rates;
  std::string json;
  long win_ms = options.win_delay.count(), bill_ms = options.bill_delay.count(), click_ms = options.click_delay.count(),
       wait_s = options.books_wait.count();
  add_auctions(app, options, rates);
  add_requests(app, options);
  add_notices(app, options, win_ms, bill_ms, click_ms);
  add_books(app, options, wait_s);
  app.add_option("--json", json, "a file that gets the result as JSON");
  try {
    app.parse(argc, argv);
    for (const std::string& rate : rates) options.rates.insert(options.rates.begin(), rate_of(rate));
    if (!options.postgres_url.empty() && !options.events_directory.empty()) {
      throw CLI::ValidationError("--events", "books are compared with these or with --postgres");
    }
    if (options.video_share + options.native_share > 1) {
      throw CLI::ValidationError("--native-share", "is more than --video-share leaves");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  options.win_delay = std::chrono::milliseconds(win_ms);
  options.bill_delay = std::chrono::milliseconds(bill_ms);
  options.click_delay = std::chrono::milliseconds(click_ms);
  options.books_wait = std::chrono::seconds(wait_s);

  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  try {
    ProgressLine progress;
    const Result result = bidwell::market::run(options, stopping, [&](const Progress& now) { progress(now); });
    progress.end();
    fmt::print("{}", summary_text(result));
    if (!json.empty()) {
      std::ofstream file(json, std::ios::binary);
      file << json_text(result);
      file.close();
      if (!file) throw std::runtime_error("cannot write " + json);
    }
    return is_bad(result) ? 1 : 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bidwell-exchange: {}\n", error.what());
    return 1;
  }
}
