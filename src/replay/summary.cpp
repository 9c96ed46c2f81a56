// What the terminal shows: a line while the run goes on, a page at its end.
#include <fmt/format.h>

#include <iterator>

#include "bidwell/replay/report.h"
#include "replay/words.h"

namespace bidwell::replay {
namespace {

constexpr std::size_t kExamples = 3, kStatuses = 8;

class Page {
 public:
  // A line with its heading on the left; further ones of the same subject have none. What others wrote cannot steer the
  // terminal.
  void line(std::string_view heading, std::string_view words) {
    fmt::format_to(std::back_inserter(text_), "{:<11} {}\n", heading, plain(words, 2000));
  }
  void more(std::string_view words) { line("", words); }
  void gap() { text_ += '\n'; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string part_text(std::uint64_t part, std::uint64_t whole) {
  return fmt::format("{} ({})", count_text(part), share_text(share_of(part, whole)));
}

void add_head(Page& page, const Result& result) {
  const SendCounters& counters = result.counters;
  page.line("replayed", fmt::format("{} to {}", plain(result.source), plain(result.target)));
  page.line("sent",
            fmt::format("{} requests in {} over {} connection{}", count_text(counters.given), span_text(result.seconds),
                        count_text(counters.client.connects), counters.client.connects == 1 ? "" : "s"));
  if (counters.given != result.tally.sent) {
    page.more(fmt::format("{} of them measured (the others while warming up)", count_text(result.tally.sent)));
  }
  std::string rate = rate_text(result.achieved_rate) + "/s";
  if (result.asked_rate > 0) {
    rate += fmt::format(" of {}/s asked ({})", rate_text(result.asked_rate),
                        share_text(result.achieved_rate / result.asked_rate));
  }
  page.line("rate", rate);
}

void add_times(Page& page, const Tally& tally) {
  const auto row = [&](std::string_view heading, const Hdr& hdr) {
    std::string cells;
    for (const double q : {0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
      cells += fmt::format("{:>11}", hdr.count() == 0 ? "-" : time_text(static_cast<double>(hdr.quantile(q))));
    }
    page.line(heading, cells);
  };
  page.line("", fmt::format("{:>11}{:>11}{:>11}{:>11}{:>11}{:>11}", "p50", "p90", "p99", "p99.9", "p99.99", "max"));
  row("latency", tally.latency);
  row("service", tally.service);
  row("lateness", tally.lateness);
  row("gap error", tally.gap_error);
  page.more("latency: from when a request was due; service: from when it was sent; lateness: the client's own");
}

void add_answers(Page& page, const Tally& tally) {
  std::string statuses;
  std::size_t shown = 0;
  std::uint64_t others = 0;
  for (const auto& [status, n] : tally.statuses) {
    if (shown < kStatuses) {
      statuses += fmt::format("{}{}: {}", shown == 0 ? "" : "   ", status_name(status), count_text(n));
      ++shown;
    } else {
      others += n;
    }
  }
  if (others > 0) statuses += fmt::format("   others: {}", count_text(others));
  page.line("answers", fmt::format("{} of {}", part_text(tally.answered, tally.sent), count_text(tally.sent)));
  if (!statuses.empty()) page.more(statuses);
  for (std::size_t i = 1; i < tally.outcomes.size(); ++i) {
    if (tally.outcomes[i] == 0) continue;
    const auto outcome = static_cast<Outcome>(i);
    page.more(
        fmt::format("{}: {} ({})", name_of(outcome), part_text(tally.outcomes[i], tally.sent), meaning_of(outcome)));
  }
  page.line("errors", fmt::format("{} (all but answers of 200 and 204)", part_text(tally.errors(), tally.sent)));
  if (tally.with_tmax > 0) {
    page.line("late", fmt::format("{} after tmax, or never", part_text(tally.late, tally.with_tmax)));
  }
}

void add_bids(Page& page, const Tally& tally) {
  if (tally.with_bids + tally.no_bids + tally.unreadable == 0) return;
  std::string words =
      fmt::format("{} in {} of answers", count_text(tally.bids), share_text(share_of(tally.with_bids, tally.answered)));
  if (tally.unreadable > 0) words += fmt::format("; {} answers were no bid response", count_text(tally.unreadable));
  page.line("bids", words);
  if (tally.price.count() == 0) return;
  const auto price = [&](double q) { return price_text(static_cast<double>(tally.price.quantile(q))); };
  std::string sums;
  for (const auto& [currency, sum] : tally.price_sums) {
    sums += fmt::format("{}{} {}", sums.empty() ? "" : ", ", price_text(static_cast<double>(sum)), currency);
  }
  page.more(fmt::format("price (CPM): median {}, p90 {}, max {}; in all {}", price(0.5), price(0.9), price(1), sums));
}

void add_losses(Page& page, const Result& result) {
  const char* heading = "left out";
  for (std::size_t i = 0; i < kLosses; ++i) {
    if (result.losses.counts[i] == 0) continue;
    const auto loss = static_cast<Loss>(i);
    page.line(heading, fmt::format("{} {}: {}", count_text(result.losses.counts[i]), name_of(loss), meaning_of(loss)));
    heading = "";
  }
  if (result.counters.skipped > 0) {
    page.line(heading, fmt::format("{} skipped: all connections were full when they were due",
                                   count_text(result.counters.skipped)));
  }
}

void add_check(Page& page, std::string_view heading, const CheckResult& check) {
  std::string words = check.faulty == 0
                          ? fmt::format("{} answers, none faulty", count_text(check.checked))
                          : fmt::format("{} of {} answers faulty", count_text(check.faulty), count_text(check.checked));
  if (check.unchecked > 0) words += fmt::format("; {} not looked at (no time)", count_text(check.unchecked));
  page.line(heading, words);
  std::string kinds;
  for (const auto& [kind, n] : check.by_kind) {
    kinds += fmt::format("{}{}: {}", kinds.empty() ? "" : "   ", plain(kind, 60), count_text(n));
  }
  if (!kinds.empty()) page.more(kinds);
  for (std::size_t i = 0; i < std::min(check.examples.size(), kExamples); ++i) {
    page.more("e.g. " + plain(check.examples[i], 160));
  }
}

void add_judgement(Page& page, const Result& result) {
  const char* heading = "SLO";
  for (const Verdict& verdict : result.verdicts) {
    page.line(heading, fmt::format("{:<6} {}", verdict.met ? "met" : "MISSED", verdict_text(verdict)));
    heading = "";
  }
  heading = "CLIENT";
  for (const std::string& limit : result.client_limits) {
    page.line(heading, limit);
    heading = "";
  }
}

}  // namespace

std::string summary_text(const Result& result) {
  Page page;
  add_head(page, result);
  page.gap();
  add_times(page, result.tally);
  page.gap();
  add_answers(page, result.tally);
  add_bids(page, result.tally);
  add_losses(page, result);
  if (result.was_validated) add_check(page, "validated", result.validated);
  if (result.was_compared) add_check(page, "compared", result.compared);
  if (!result.verdicts.empty() || !result.client_limits.empty()) page.gap();
  add_judgement(page, result);
  return page.take();
}

std::string progress_line(const Interval& interval, double of_seconds) {
  const double rate = interval.seconds > 0 ? static_cast<double>(interval.sent) / interval.seconds : 0;
  std::string time = span_text(interval.begin_s + interval.seconds);
  if (of_seconds > 0) time += " of " + span_text(of_seconds);
  return fmt::format("{}  {}/s  p50 {}  p99 {}  errors {}  bids {}", time, rate_text(rate),
                     time_text(static_cast<double>(interval.p50_ns)), time_text(static_cast<double>(interval.p99_ns)),
                     count_text(interval.errors), share_text(share_of(interval.bids, interval.answered)));
}

}  // namespace bidwell::replay
