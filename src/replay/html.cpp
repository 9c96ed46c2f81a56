// The report as one page that needs nothing else: no script, no font, no picture from elsewhere.
#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <iterator>
#include <thread>

#include "bidwell/replay/report.h"
#include "replay/chart.h"
#include "replay/html_style.h"
#include "replay/plot.h"
#include "replay/words.h"

namespace bidwell::replay {
namespace {

class Html {
 public:
  template <class... Values>
  void put(fmt::format_string<Values...> form, const Values&... values) {
    fmt::vformat_to(std::back_inserter(text_), form, fmt::make_format_args(values...));
  }
  void section(std::string_view title, std::string_view explained = "") {
    put("<section>\n<h2>{}</h2>\n", title);
    if (!explained.empty()) put("<p class=\"soft\">{}</p>\n", explained);
  }
  void end_section() { put("</section>\n"); }
  // The same picture for both kinds of screen; the style shows one.
  template <class Draw>
  void picture(Draw&& draw) {
    for (const auto& [size, type] : {std::pair(kDesk, "desk"), {kPhone, "phone"}}) {
      std::string svg = draw(size);
      text_ += svg.insert(4, fmt::format(" class=\"{}\"", type));
    }
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string time_of(const Hdr& hdr, double q) {
  return hdr.count() == 0 ? "-" : time_text(static_cast<double>(hdr.quantile(q)));
}

std::string headline(const Result& result) {
  const auto missed = std::ranges::count(result.verdicts, false, &Verdict::met);
  if (result.verdicts.empty()) return "";
  if (missed == 0) return "<span class=\"verdict good\">\u2713 SLO met</span>";
  return fmt::format("<span class=\"verdict bad\">\u2717 SLO missed: {} of {}</span>", missed, result.verdicts.size());
}

void add_head(Html& html, const Result& result) {
  html.put("<header>\n<h1>Load test of {}</h1>\n", escaped(result.target));
  html.put("<p class=\"soft\">{} \u00b7 {} requests in {} \u00b7 {}</p>\n", escaped(result.source),
           count_text(result.counters.given), span_text(result.seconds), escaped(result.started));
  if (!result.verdicts.empty()) html.put("<p style=\"margin-top:14px\">{}</p>\n<ul class=\"slo\">\n", headline(result));
  for (const Verdict& verdict : result.verdicts) {
    html.put("<li class=\"{}\"><b>{}</b> {}</li>\n", verdict.met ? "good" : "bad",
             verdict.met ? "\u2713 met" : "\u2717 missed", escaped(verdict_text(verdict)));
  }
  if (!result.verdicts.empty()) html.put("</ul>\n");
  html.put("</header>\n");
  if (result.client_limits.empty()) return;
  html.put("<div class=\"warn\" role=\"note\"><b>The client was the limit, not the server alone:</b>\n<ul>\n");
  for (const std::string& limit : result.client_limits) html.put("<li>{}</li>\n", escaped(limit));
  html.put("</ul></div>\n");
}

void add_tile(Html& html, std::string_view figure, std::string_view words) {
  html.put("<div class=\"tile\"><b>{}</b><span>{}</span></div>\n", escaped(figure), escaped(words));
}

void add_tiles(Html& html, const Result& result) {
  const Tally& tally = result.tally;
  html.put("<div class=\"tiles\">\n");
  add_tile(html, rate_text(result.achieved_rate) + "/s",
           result.asked_rate > 0 ? fmt::format("sent, of {}/s asked", rate_text(result.asked_rate)) : "sent");
  add_tile(html, time_of(tally.latency, 0.5), "latency p50");
  add_tile(html, time_of(tally.latency, 0.99), "latency p99");
  add_tile(html, time_of(tally.latency, 0.999), "latency p99.9");
  add_tile(html, time_of(tally.latency, 1), "latency max");
  add_tile(html, share_text(share_of(tally.errors(), tally.sent)), count_text(tally.errors()) + " errors");
  if (tally.with_tmax > 0) {
    add_tile(html, share_text(share_of(tally.late, tally.with_tmax)), count_text(tally.late) + " later than tmax");
  }
  if (tally.with_bids + tally.no_bids + tally.unreadable > 0) {
    add_tile(html, share_text(share_of(tally.with_bids, tally.answered)), "of answers with a bid");
  }
  html.put("</div>\n");
}

void add_times(Html& html, const Result& result) {
  html.section("Latency by percentile",
               "Latency counts from when a request was due, service from when it was sent: where the server stalls, "
               "they part. Requests without an answer count with the time they waited.");
  const Tally& tally = result.tally;
  html.picture([&](ChartSize size) { return percentile_chart(tally.latency, tally.service, size); });
  const Hdr* const columns[] = {&tally.latency, &tally.service, &tally.lateness, &tally.gap_error};
  html.put("<div class=\"wide\"><table class=\"even\">\n<tr><th></th>");
  for (const char* const name : {"latency", "service", "lateness", "gap error"}) {
    html.put("<th class=\"number\">{}</th>", name);
  }
  html.put("</tr>\n");
  for (const auto& [name, q] :
       {std::pair("p50", 0.5), {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}, {"max", 1.0}}) {
    html.put("<tr><td>{}</td>", name);
    for (const Hdr* const column : columns) html.put("<td class=\"number\">{}</td>", time_of(*column, q));
    html.put("</tr>\n");
  }
  html.put(
      "</table></div>\n<p class=\"soft\">Lateness: from when a request was due to when the client handed it over; gap "
      "error: how far the gap between two requests of a thread was from the one asked for. Both are the client's "
      "own.</p>\n");
  html.end_section();
}

void add_over_time(Html& html, const Result& result) {
  const auto points = coarser(result.intervals, 300).size();
  std::string explained;
  if (points < result.intervals.size()) {
    explained =
        fmt::format("Each point is the worst of {} intervals.", (result.intervals.size() + points - 1) / points);
  }
  html.section("Latency over time", explained);
  html.picture([&](ChartSize size) { return latency_chart(result.intervals, size); });
  html.end_section();
  html.section("Rate over time");
  html.picture([&](ChartSize size) { return rate_chart(result.intervals, size); });
  html.end_section();
}

void add_row(Html& html, std::string_view name, std::uint64_t count, std::uint64_t of, std::string_view meaning = "") {
  const double share = share_of(count, of);
  html.put("<tr><td>{}", escaped(name));
  if (!meaning.empty()) html.put("<br><span class=\"soft\">{}</span>", escaped(meaning));
  html.put("</td><td class=\"number\">{}</td><td class=\"number\">{}</td>", count_text(count), share_text(share));
  html.put("<td class=\"share\"><div class=\"meter\" style=\"width:{:.2f}%\"></div></td></tr>\n",
           100 * std::min(share, 1.0));
}

void add_answers(Html& html, const Tally& tally) {
  html.section("Answers");
  html.put(
      "<table>\n<tr><th>status or fault</th><th class=\"number\">requests</th><th class=\"number\">share</th>"
      "<th></th></tr>\n");
  for (const auto& [status, n] : tally.statuses) add_row(html, status_name(status), n, tally.sent);
  for (std::size_t i = 1; i < tally.outcomes.size(); ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (tally.outcomes[i] > 0) add_row(html, name_of(outcome), tally.outcomes[i], tally.sent, meaning_of(outcome));
  }
  if (tally.with_tmax > 0) {
    add_row(html, "later than tmax", tally.late, tally.with_tmax,
            "of requests with a tmax; and those without an answer");
  }
  html.put("</table>\n");
  html.end_section();
}

void add_bids(Html& html, const Tally& tally) {
  const std::uint64_t read = tally.with_bids + tally.no_bids + tally.unreadable;
  if (read == 0) return;
  html.section("Bids and prices");
  html.put(
      "<table>\n<tr><th>answers of 200 and 204</th><th class=\"number\">answers</th><th class=\"number\">share</th>"
      "<th></th></tr>\n");
  add_row(html, "with a bid", tally.with_bids, read, fmt::format("{} bids in all", count_text(tally.bids)));
  add_row(html, "without", tally.no_bids, read);
  if (tally.unreadable > 0) add_row(html, "unreadable", tally.unreadable, read, "a 200 that is no bid response");
  html.put("</table>\n");
  if (tally.price.count() > 0) {
    html.picture([&](ChartSize size) { return price_chart(tally.price, size); });
    const auto price = [&](double q) { return price_text(static_cast<double>(tally.price.quantile(q))); };
    std::string sums;
    for (const auto& [currency, sum] : tally.price_sums) {
      sums += fmt::format("{}{} {}", sums.empty() ? "" : ", ", price_text(static_cast<double>(sum)), currency);
    }
    html.put("<p class=\"soft\">Median {}, p90 {}, largest {}; in all {} (CPM).{}</p>\n", price(0.5), price(0.9),
             price(1), escaped(sums),
             tally.price_sums.size() > 1 ? " Currencies are mixed in the picture and the percentiles." : "");
  }
  html.end_section();
}

void add_losses(Html& html, const Result& result) {
  html.section("What was left out");
  const bool none = std::ranges::all_of(result.losses.counts, [](std::uint64_t n) { return n == 0; });
  if (none && result.counters.skipped == 0) {
    html.put("<p>Nothing: all {} requests of the source were used.</p>\n", count_text(result.captured));
    return html.end_section();
  }
  html.put("<table>\n<tr><th>cause</th><th class=\"number\">count</th></tr>\n");
  const auto row = [&](std::string_view name, std::string_view meaning, std::uint64_t n) {
    html.put("<tr><td><code>{}</code><br><span class=\"soft\">{}</span></td><td class=\"number\">{}</td></tr>\n",
             escaped(name), escaped(meaning), count_text(n));
  };
  for (std::size_t i = 0; i < kLosses; ++i) {
    const auto loss = static_cast<Loss>(i);
    if (result.losses.counts[i] != 0) row(name_of(loss), meaning_of(loss), result.losses.counts[i]);
  }
  if (result.counters.skipped > 0) {
    row("skipped", "all connections were full of requests without an answer when they were due",
        result.counters.skipped);
  }
  html.put("</table>\n");
  html.end_section();
}

void add_check(Html& html, std::string_view title, std::string_view explained, const CheckResult& check) {
  html.section(title, explained);
  html.put("<p class=\"{}\"><b>{}</b> of {} answers faulty{}</p>\n", check.faulty == 0 ? "good" : "bad",
           check.faulty == 0 ? "\u2713 none" : "\u2717 " + count_text(check.faulty), count_text(check.checked),
           check.unchecked == 0
               ? ""
               : fmt::format("; {} were not looked at, for want of time", count_text(check.unchecked)));
  if (!check.by_kind.empty()) {
    html.put(
        "<table>\n<tr><th>kind</th><th class=\"number\">answers</th><th class=\"number\">share</th><th></th></tr>\n");
    for (const auto& [kind, n] : check.by_kind) add_row(html, kind, n, check.checked);
    html.put("</table>\n");
  }
  if (!check.examples.empty()) {
    html.put("<details open><summary>Examples</summary>\n<pre>");
    for (const std::string& example : check.examples) html.put("{}\n", escaped(plain(example, 600)));
    html.put("</pre></details>\n");
  }
  html.end_section();
}

void add_setting(Html& html, const Result& result) {
  html.section("How it was run");
  html.put("<pre>{}</pre>\n", escaped(result.command));
  utsname system{};
  ::uname(&system);
  const ClientCounters& client = result.counters.client;
  std::string busy;
  for (const double share : result.busy) busy += fmt::format("{}{:.0f} %", busy.empty() ? "" : ", ", 100 * share);
  html.put(
      "<p class=\"soft\">Linux {} on {}, {} processors. {} connections made, {} failed, {} closed by the server or "
      "for want of order; {} sent, {} received. Sending threads used {} of a core.</p>\n",
      escaped(system.release), escaped(system.machine), std::thread::hardware_concurrency(),
      count_text(client.connects), count_text(client.connect_failures), count_text(client.closes),
      bytes_text(client.bytes_sent), bytes_text(client.bytes_received), busy.empty() ? "an unknown share" : busy);
  html.end_section();
}

}  // namespace

std::string html_of(const Result& result) {
  Html html;
  html.put(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<title>Load test of {}</title>\n{}</head>\n<body>\n",
      escaped(result.target), kStyle);
  add_head(html, result);
  add_tiles(html, result);
  add_times(html, result);
  add_over_time(html, result);
  add_answers(html, result.tally);
  add_bids(html, result.tally);
  add_losses(html, result);
  if (result.was_validated) {
    add_check(html, "Rules of a bid response", "Each answer against the thirty rules.", result.validated);
  }
  if (result.was_compared) {
    add_check(html, "Against the captured answers", "Ids and markup are not compared.", result.compared);
  }
  add_setting(html, result);
  html.put(
      "<footer>Made by bidwell-replay. The same figures are in result.json, intervals.csv and the .hgrm files "
      "beside this page.</footer>\n</body>\n</html>\n");
  return html.take();
}

}  // namespace bidwell::replay
