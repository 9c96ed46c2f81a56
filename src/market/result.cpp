// A run's result for people and for programs.
#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "bidwell/market/market.h"

namespace bidwell::market {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kDifferencesShown = 20;

double milliseconds(std::uint64_t ns) {
  return static_cast<double>(ns) / 1e6;
}

// "12.345678": CPM micros as units for a thousand.
std::string units(std::int64_t micros) {
  const bool negative = micros < 0;
  const auto size = static_cast<std::uint64_t>(negative ? -micros : micros);
  return fmt::format("{}{}.{:06}", negative ? "-" : "", size / 1'000'000, size % 1'000'000);
}

std::string sums(const std::map<std::string, std::int64_t>& by_currency) {
  std::string text;
  for (const auto& [currency, micros] : by_currency) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", units(micros), currency);
  }
  return text.empty() ? "0" : text;
}

std::uint64_t sum(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t all = 0;
  for (const auto& [name, count] : counts) all += count;
  return all;
}

void add_targets(std::string& out, const Result& result) {
  for (const TargetResult& target : result.targets) {
    fmt::format_to(std::back_inserter(out),
                   "{}\n  asked {}, answered {}: {} bids, {} no-bids; late {}, malformed {}, errors {}, held back {}",
                   target.target, target.asked, target.answered, target.bids, target.no_bids, target.late,
                   target.malformed, target.errors, target.held_back);
    if (target.full != 0) out += fmt::format(", connections full {}", target.full);
    fmt::format_to(std::back_inserter(out),
                   "\n  wins {}; answers in ms: p50 {:.3f}, p99 {:.3f}, p99.9 {:.3f}, max {:.3f}\n", target.wins,
                   milliseconds(target.latency.quantile(0.5)), milliseconds(target.latency.quantile(0.99)),
                   milliseconds(target.latency.quantile(0.999)), milliseconds(target.latency.max()));
  }
}

void add_violations(std::string& out, const Result& result) {
  if (result.violations.empty()) return;
  out += "violations\n";
  for (const auto& [rule, count] : result.violations) out += fmt::format("  {} ({})\n", rule, count);
  for (const std::string& example : result.examples) out += "    " + example + "\n";
}

void add_notices(std::string& out, const Result& result) {
  out += "notices        acknowledged    given up    withheld\n";
  for (const char* kind : {"win", "bill", "loss", "imp", "click"}) {
    const auto of = [&](const auto& counts) {
      const auto at = counts.find(kind);
      return at == counts.end() ? 0 : at->second;
    };
    out += fmt::format("  {:<12} {:>12} {:>11} {:>11}\n", kind, of(result.notices_sent), of(result.notices_failed),
                       of(result.notices_withheld));
  }
  out += fmt::format("  repeated {}; without an acknowledgement that came {}\n", result.notices_repeated,
                     result.unknown_notices);
}

void add_books(std::string& out, const Result& result) {
  const auto line = [&](const char* what, const std::string& ours, const std::string& theirs) {
    out += result.compared ? fmt::format("  {:<12} {:>24} {:>24}{}\n", what, ours, theirs, ours == theirs ? "" : "  !")
                           : fmt::format("  {:<12} {:>24}\n", what, ours);
  };
  const auto count = [&](const char* what, std::uint64_t Book::*member) {
    line(what, std::to_string(result.ours.*member), std::to_string(result.theirs.*member));
  };
  out += result.compared ? fmt::format("books                        ours   {:>18}\n", "the bidder's")
                         : std::string("books, compared with nobody's\n");
  count("bids", &Book::bids), count("wins", &Book::wins), count("bills", &Book::bills);
  count("losses", &Book::losses), count("impressions", &Book::impressions), count("clicks", &Book::clicks);
  line("bid, CPM", sums(result.ours.bid_micros), sums(result.theirs.bid_micros));
  line("billed, CPM", sums(result.ours.billed_micros), sums(result.theirs.billed_micros));
  if (!result.compared) return;
  if (result.bids_sampled) out += "  the bidder records a share of the bids: only notices were compared one by one\n";
  if (result.unknown_auctions + result.unknown_notices != 0) {
    out += fmt::format(
        "  answers of {} auctions never came: {} bids of them are stored; of {} notices without an "
        "acknowledgement {} are\n",
        result.unknown_auctions, result.unknown_bids_found, result.unknown_notices, result.unknown_notices_found);
  }
  if (result.differing == 0) {
    out += fmt::format("books equal ({}), bid by bid, to the micro\n", result.compared_with);
    return;
  }
  out += fmt::format("BOOKS DIFFER ({}): {} differences\n", result.compared_with, result.differing);
  for (std::size_t i = 0; i < std::min(kDifferencesShown, result.differences.size()); ++i) {
    const Difference& difference = result.differences[i];
    out += fmt::format("  {}: ours {}, theirs {}\n", difference.what, difference.ours, difference.theirs);
  }
}

Json json_of(const Book& book) {
  return {{"bids", book.bids},
          {"wins", book.wins},
          {"bills", book.bills},
          {"losses", book.losses},
          {"impressions", book.impressions},
          {"clicks", book.clicks},
          {"bid_micros", book.bid_micros},
          {"billed_micros", book.billed_micros}};
}

Json json_of(const TargetResult& target) {
  return {{"target", target.target},
          {"asked", target.asked},
          {"answered", target.answered},
          {"bids", target.bids},
          {"no_bids", target.no_bids},
          {"late", target.late},
          {"malformed", target.malformed},
          {"errors", target.errors},
          {"held_back", target.held_back},
          {"full", target.full},
          {"wins", target.wins},
          {"latency_ns",
           {{"p50", target.latency.quantile(0.5)},
            {"p90", target.latency.quantile(0.9)},
            {"p99", target.latency.quantile(0.99)},
            {"p999", target.latency.quantile(0.999)},
            {"max", target.latency.max()}}}};
}

}  // namespace

std::string summary_text(const Result& result) {
  const double per_second =
      result.asking_seconds > 0 ? static_cast<double>(result.auctions) / result.asking_seconds : 0;
  const double won =
      result.impressions > 0 ? 100.0 * static_cast<double>(result.won) / static_cast<double>(result.impressions) : 0;
  std::string out = fmt::format(
      "{} auctions in {:.1f} s ({:.0f}/s), notices until {:.1f} s; {} impressions: {} sold, {} won ({:.1f}%)\n",
      result.auctions, result.asking_seconds, per_second, result.seconds, result.impressions, result.sold, result.won,
      won);
  if (result.requests_left_out != 0) out += fmt::format("requests left out: {}\n", result.requests_left_out);
  add_targets(out, result);
  add_violations(out, result);
  add_notices(out, result);
  if (result.test_bids != 0) out += fmt::format("bids on tests: {}\n", result.test_bids);
  add_books(out, result);
  return out;
}

std::string json_text(const Result& result) {
  Json out = {{"auctions", result.auctions},
              {"impressions", result.impressions},
              {"sold", result.sold},
              {"won", result.won},
              {"asking_seconds", result.asking_seconds},
              {"seconds", result.seconds},
              {"requests_left_out", result.requests_left_out},
              {"violations", result.violations},
              {"violations_all", sum(result.violations)},
              {"examples", result.examples},
              {"notices_sent", result.notices_sent},
              {"notices_failed", result.notices_failed},
              {"notices_withheld", result.notices_withheld},
              {"notices_repeated", result.notices_repeated},
              {"unknown_auctions", result.unknown_auctions},
              {"unknown_notices", result.unknown_notices},
              {"test_bids", result.test_bids},
              {"ours", json_of(result.ours)},
              {"compared", result.compared}};
  Json& targets = out["targets"] = Json::array();
  for (const TargetResult& target : result.targets) targets.push_back(json_of(target));
  if (result.compared) {
    out["compared_with"] = result.compared_with;
    out["bids_sampled"] = result.bids_sampled;
    out["unknown_bids_found"] = result.unknown_bids_found;
    out["unknown_notices_found"] = result.unknown_notices_found;
    out["theirs"] = json_of(result.theirs);
    out["differing"] = result.differing;
    Json& differences = out["differences"] = Json::array();
    for (const Difference& difference : result.differences) {
      differences.push_back({{"what", difference.what}, {"ours", difference.ours}, {"theirs", difference.theirs}});
    }
  }
  // Not UTF-8 in a bidder's answer must not cost the report.
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace bidwell::market
