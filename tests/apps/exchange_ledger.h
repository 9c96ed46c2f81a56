// An exchange that keeps books: bids on, picks up the notice URLs of what it gets, sends notices, and remembers which
// of them were acknowledged. The database is compared with it afterwards.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <pqxx/pqxx>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/http/client.h"
#include "tests/http/requests.h"

namespace bidwell::apps::testing {

// What became of a notice, or of a bid: the last one counts.
enum class Sent {
  refused,       // 503: it must not be stored, unless it was sent again
  unknown,       // the connection ended before the answer
  acknowledged,  // it must be stored
};

struct Notice {
  Sent sent = Sent::refused;
  std::int64_t price_micros = -1;  // -1: none was said
};

// A member's text in JSON without white space, up to its quote.
inline std::string member(std::string_view answer, std::string_view name) {
  const std::string key = fmt::format("\"{}\":\"", name);
  const std::size_t at = answer.find(key);
  if (at == std::string_view::npos) return {};
  const std::size_t from = at + key.size();
  return std::string(answer.substr(from, answer.find('"', from) - from));
}

class ExchangeLedger {
 public:
  using Key = std::pair<std::string, std::string>;  // bid id, kind

  void bid(const std::string& bid_id) {
    const std::lock_guard lock(mutex_);
    bids_.insert(bid_id);
  }
  void notice(const Key& key, std::int64_t price_micros, Sent sent) {
    const std::lock_guard lock(mutex_);
    Notice& notice = notices_[key];
    notice.price_micros = price_micros;
    notice.sent = std::max(notice.sent, sent);
  }

  std::size_t bids() const { return bids_.size(); }
  std::size_t acknowledged() const { return count(Sent::acknowledged); }
  std::size_t unknown() const { return count(Sent::unknown); }
  std::size_t refused() const { return count(Sent::refused); }
  std::size_t refused_now() const {
    const std::lock_guard lock(mutex_);
    return refused();
  }
  std::size_t count(Sent sent) const {
    std::size_t count = 0;
    for (const auto& [key, notice] : notices_) count += notice.sent == sent;
    return count;
  }

  // The same for files of NDJSON: as no notice was sent twice, none may be there twice.
  std::vector<std::string> compare_files(const std::string& directory) const {
    std::vector<std::string> differences;
    std::map<Key, int> stored;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (entry.path().extension() != ".ndjson") continue;
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) ++stored[{member(line, "bid_id"), member(line, "kind")}];
    }
    for (const auto& [key, count] : stored) {
      if (count != 1) differences.push_back(fmt::format("{} {} stands {} times", key.first, key.second, count));
    }
    for (const std::string& bid : bids_) {
      if (stored.count({bid, "bid"}) == 0) differences.push_back("bid " + bid + " stands in no file");
    }
    for (const auto& [key, notice] : notices_) {
      if (notice.sent == Sent::acknowledged && stored.count(key) == 0) {
        differences.push_back(fmt::format("{} {} stands in no file", key.first, key.second));
      }
    }
    return differences;
  }

  // What the database has otherwise, a line each; empty: all agrees. `bids_recorded`: every answered bid must be there.
  std::vector<std::string> compare(const std::string& url, bool bids_recorded = true) const {
    std::vector<std::string> differences;
    pqxx::connection connection(url);
    pqxx::nontransaction query(connection);
    std::map<Key, std::pair<int, std::int64_t>> stored;
    for (const pqxx::row& row : query.exec(
             "SELECT bid_id, kind, count(*), coalesce(max(price_micros), -1) FROM bidwell.notices GROUP BY 1, 2")) {
      stored[{row[0].c_str(), row[1].c_str()}] = {row[2].as<int>(), row[3].as<std::int64_t>()};
    }
    std::int64_t expected_sum = 0, stored_sum = 0;
    for (const auto& [key, notice] : notices_) {
      const auto at = stored.find(key);
      const std::string name = key.first + " " + key.second;
      if (at == stored.end()) {
        if (notice.sent == Sent::acknowledged) differences.push_back(name + " was acknowledged and is not stored");
        continue;
      }
      if (notice.sent == Sent::refused) differences.push_back(name + " was refused and is stored");
      if (notice.price_micros > 0) expected_sum += notice.price_micros;
      if (at->second.second != notice.price_micros) {
        differences.push_back(
            fmt::format("{}: price {} is stored as {}", name, notice.price_micros, at->second.second));
      }
    }
    for (const auto& [key, row] : stored) {
      const std::string name = key.first + " " + key.second;
      if (notices_.count(key) == 0) differences.push_back(name + " was never sent and is stored");
      if (row.first != 1) differences.push_back(fmt::format("{} is stored {} times", name, row.first));
      if (row.second > 0) stored_sum += row.second * row.first;
    }
    if (expected_sum != stored_sum) {
      differences.push_back(fmt::format("prices add up to {}, stored are {}", expected_sum, stored_sum));
    }
    compare_bids(query, bids_recorded, differences);
    return differences;
  }

 private:
  void compare_bids(pqxx::nontransaction& query, bool recorded, std::vector<std::string>& differences) const {
    std::set<std::string> stored;
    for (const pqxx::row& row : query.exec("SELECT bid_id, count(*) FROM bidwell.bids GROUP BY 1")) {
      stored.insert(row[0].c_str());
      if (row[1].as<int>() != 1)
        differences.push_back(fmt::format("bid {} is stored {} times", row[0].c_str(), row[1].c_str()));
    }
    for (const std::string& bid : bids_) {
      if (recorded && stored.count(bid) == 0) differences.push_back("bid " + bid + " was answered and is not stored");
    }
  }

  mutable std::mutex mutex_;
  std::set<std::string> bids_;
  std::map<Key, Notice> notices_;
};

// One bid's notice URLs as paths, with the price's macro still in them.
struct Offer {
  std::string bid_id;
  std::map<std::string, std::string> paths;  // by kind
};

// Every notice's path in an answer with one bid: from nurl, burl and lurl, and from the markup.
inline Offer offer_of(std::string_view answer) {
  Offer offer;
  const std::size_t bid = answer.find("\"bid\":[");
  offer.bid_id = member(answer.substr(bid == std::string_view::npos ? 0 : bid), "id");
  for (const char* kind : {"win", "bill", "loss", "imp", "click"}) {
    const std::string_view start = answer;
    const std::size_t at = start.find(fmt::format("/{}/", kind));
    if (at == std::string_view::npos) continue;
    offer.paths[kind] = std::string(start.substr(at, start.find_first_of("\"\\ <>]", at) - at));
  }
  return offer;
}

inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// The path as an exchange sends it: the macros filled in.
inline std::string filled(const std::string& path, std::int64_t price_micros) {
  std::string out =
      replaced(path, "${AUCTION_PRICE}", fmt::format("{}.{:06}", price_micros / 1'000'000, price_micros % 1'000'000));
  out = replaced(out, "${AUCTION_CURRENCY}", "USD");
  out = replaced(out, "${AUCTION_LOSS}", "102");
  return replaced(out, "${AUCTION_MIN_TO_WIN}", "");
}

}  // namespace bidwell::apps::testing
