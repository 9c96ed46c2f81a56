// Rows a second into PostgreSQL: the sink, with all it does for each batch, beside a bare COPY of the same rows as
// prepared text into the same tables, in turns. Prints a table; the last column is the sink's rate by the bare one's.
//
//     postgres_sink_benchmark [CONNECTION-STRING]     drops schema bidwell there; without one it starts a server
//                                                     of its own, without fsync
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <optional>
#include <pqxx/pqxx>
#include <pqxx/tablewriter>
#include <random>
#include <string>
#include <vector>

#include "bidwell/events/postgres.h"
#include "events/postgres_rows.h"
#include "tests/profile/postgres_server.h"

namespace {

using namespace bidwell;
using namespace bidwell::events;

constexpr std::size_t kBatchRows = 40'000;  // what 8 MB of records hold
constexpr std::size_t kBatches = 3;
constexpr int kRounds = 9;
constexpr std::int64_t kNowMs = 1'795'168'800'000;

struct Shape {
  const char* name;
  std::size_t bids, notices;  // of each bids + notices
  double repeats;             // share of the notices that an exchange sends twice
};
constexpr Shape kShapes[] = {{"bids", 1, 0, 0},
                             {"notices", 0, 1, 0},
                             {"20 bids : 1 notice", 20, 1, 0},
                             {"the same, 1 % of notices repeated", 20, 1, 0.01},
                             {"notices, 1 % repeated", 0, 1, 0.01}};

struct Work {
  std::vector<std::vector<Event>> batches;
  std::vector<std::string> bids, notices;  // the same rows as text
  std::size_t rows = 0;
};

// Bids of eight workers, each with ids in sequence; notices about bids of the last minutes, in any order.
Work make(const Shape& shape) {
  static const std::string kExchanges[] = {"openx", "pubmatic", "google"};
  static const std::string kCampaigns[] = {"spring-sale-2026", "brand-awareness-eu", "c-000417", "retargeting-17"};
  static std::vector<std::string> auctions;
  std::mt19937_64 random(1);
  for (int i = 0; auctions.size() < 4096; ++i) auctions.push_back(fmt::format("{:016x}-{:08x}", random(), i));
  std::uint64_t counters[8] = {};
  Work work;
  for (std::size_t b = 0; b < kBatches; ++b) {
    std::vector<Event>& events = work.batches.emplace_back();
    work.bids.emplace_back(), work.notices.emplace_back();
    while (events.size() < kBatchRows) {
      const bool is_bid = random() % (shape.bids + shape.notices) < shape.bids;
      const std::size_t worker = random() % 8;
      Event event;
      event.bid_at_ms = kNowMs + static_cast<std::int64_t>(b * 4000 + events.size() / 10);
      event.at_us = event.bid_at_ms * 1000;
      event.exchange = kExchanges[random() % 3], event.campaign_id = kCampaigns[random() % 4];
      event.creative_id = "creative-300x250-a", event.imp_id = "1", event.auction_id = auctions[random() % 4096];
      event.price = static_cast<Micros>(500'000 + random() % 3'000'000);
      for (auto& byte : event.user) byte = static_cast<std::uint8_t>(random());
      const std::uint64_t number = counters[worker]++;
      if (!is_bid) {
        event.kind = std::array{Kind::win, Kind::bill, Kind::imp}[number % 3];
        event.bid_at_ms -= 60'000, event.price_max = 4'000'000, event.auction_id = {};
        if (event.kind == Kind::imp) event.client = "203.0.113.0/24";
      }
      event.bid_id[5] = static_cast<std::uint8_t>(worker);
      for (std::size_t i = 0; i < 6; ++i) event.bid_id[11 - i] = static_cast<std::uint8_t>(number >> 8 * i);
      events.push_back(event);
    }
    std::shuffle(events.begin(), events.end(), random);
    for (const Event& event : events) {
      char line[kLineBytesMax];
      const bool is_bid = event.kind == Kind::bid;
      (is_bid ? work.bids : work.notices)[b].append(line, is_bid ? write_bid(event, line) : write_notice(event, line));
    }
    work.rows += events.size();
    const std::size_t distinct = events.size();
    for (std::size_t i = 0; i < distinct; ++i) {
      // From the batch before, as exchanges repeat after seconds.
      if (b == 0 || shape.repeats == 0) break;
      const Event& event = work.batches[b - 1][i];
      if (event.kind != Kind::bid && static_cast<double>(random() % 1000) < shape.repeats * 1000)
        events.push_back(event);
    }
  }
  return work;
}

struct Cost {
  double seconds = 0, client_cpu = 0, server_cpu = 0;
};

double own_cpu() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double cpu_of(int pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

template <class Run>
Cost measure(int server_pid, Run run) {
  const double client = own_cpu(), server = cpu_of(server_pid);
  const auto begin = std::chrono::steady_clock::now();
  run();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  return {elapsed.count(), own_cpu() - client, cpu_of(server_pid) - server};
}

void copy(pqxx::work& work, const char* table, const std::string& columns, const std::string& text) {
  if (text.empty()) return;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  pqxx::tablewriter writer(work, table, &columns, &columns + 1);
#pragma GCC diagnostic pop
  constexpr std::size_t kPiece = 64 * 1024;
  std::string piece;
  for (std::size_t from = 0; from < text.size(); from += kPiece) {
    // COPY does not mind where pieces end, but the writer ends each with a newline.
    std::size_t end = text.find('\n', std::min(from + kPiece, text.size() - 1));
    piece.assign(text, from, end - from);
    writer.write_raw_line(piece);
    from = end + 1 - kPiece;
  }
  writer.complete();
}

void bare(pqxx::connection& connection, const Work& rows) {
  for (std::size_t b = 0; b < kBatches; ++b) {
    pqxx::work work(connection);
    copy(work, "bidwell.bids", kBidColumns, rows.bids[b]);
    copy(work, "bidwell.notices", kNoticeColumns, rows.notices[b]);
    work.commit();
  }
}

void through_sink(PostgresSink& sink, const std::vector<Batch>& batches) {
  for (const Batch& batch : batches) sink.take(batch);
}

std::vector<Batch> batches_of(const Work& work, const std::string& journal) {
  std::vector<Batch> out;
  std::uint64_t at = 0;
  for (const std::vector<Event>& events : work.batches) {
    Batch& batch = out.emplace_back();
    batch.advances.push_back({journal, at, at + events.size()});
    for (const Event& event : events) batch.rows.push_back({event, {}, at++, 0});
  }
  return out;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void compare(const std::string& url, const Shape& shape) {
  PostgresSinkOptions options;
  options.url = url;
  options.clock.wall = [] { return std::chrono::system_clock::time_point(std::chrono::milliseconds(kNowMs)); };
  PostgresSink sink(options);
  sink.positions({});
  pqxx::connection connection(url);
  const auto one = [&](const char* query) { return pqxx::nontransaction(connection).exec1(query)[0].as<int>(); };
  const int bare_pid = one("SELECT pg_backend_pid()");
  const int sink_pid = one("SELECT pid FROM pg_stat_activity WHERE application_name = 'bidwell'");
  const Work work = make(shape);
  sink.take(batches_of(work, "warm up")[0]);

  std::vector<double> ratios, sink_rates, bare_rates;
  Cost sink_cost, bare_cost;
  const auto add = [](Cost& to, const Cost& cost) {
    to.client_cpu += cost.client_cpu, to.server_cpu += cost.server_cpu, to.seconds += cost.seconds;
  };
  for (int round = 0; round < kRounds; ++round) {
    double seconds[2] = {};
    const std::vector<Batch> batches = batches_of(work, fmt::format("round/{}", round));
    for (int turn = 0; turn < 2; ++turn) {
      pqxx::nontransaction(connection).exec0("TRUNCATE bidwell.bids, bidwell.notices");
      pqxx::nontransaction(connection).exec0("CHECKPOINT");
      const bool is_sink = (turn + round) % 2 == 0;
      const Cost cost = is_sink ? measure(sink_pid, [&] { through_sink(sink, batches); })
                                : measure(bare_pid, [&] { bare(connection, work); });
      seconds[is_sink ? 0 : 1] = cost.seconds;
      add(is_sink ? sink_cost : bare_cost, cost);
    }
    const auto rows = static_cast<double>(work.rows);
    sink_rates.push_back(rows / seconds[0]), bare_rates.push_back(rows / seconds[1]);
    ratios.push_back(seconds[1] / seconds[0]);
  }
  const double rows = static_cast<double>(work.rows) * kRounds * 1e-6;
  fmt::print("{:34} {:9.0f} {:9.0f}   {:5.2f} +{:5.2f}   {:5.2f} +{:5.2f}   {:5.2f}  ({:.2f}-{:.2f})\n", shape.name,
             median(sink_rates), median(bare_rates), sink_cost.client_cpu / rows, sink_cost.server_cpu / rows,
             bare_cost.client_cpu / rows, bare_cost.server_cpu / rows, median(ratios),
             *std::min_element(ratios.begin(), ratios.end()), *std::max_element(ratios.begin(), ratios.end()));
}

}  // namespace

int main(int count, char** arguments) {
  std::optional<bidwell::testing::PostgresServer> own;
  const std::string url = count > 1 ? arguments[1] : own.emplace().url();
  pqxx::connection connection(url);
  fmt::print("{:34} {:>9} {:>9}   {:>13}   {:>13}   {:>5}\n", "", "rows/s", "rows/s", "us/row", "us/row", "");
  fmt::print("{:34} {:>9} {:>9}   {:>13}   {:>13}   {:>5}\n", "", "sink", "COPY", "sink+server", "COPY+server",
             "ratio");
  for (const Shape& shape : kShapes) {
    pqxx::nontransaction(connection).exec0("DROP SCHEMA IF EXISTS bidwell CASCADE");
    compare(url, shape);
    std::fflush(stdout);
  }
}
