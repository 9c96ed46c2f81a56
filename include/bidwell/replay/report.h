// A run's results: for the terminal, as JSON, HTML with charts, .hgrm and CSV; judged by an SLO; compared with another.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bidwell/replay/measure.h"

namespace bidwell::replay {

// "p99=5ms,p99.9=20ms,errors=0.1%,late=0.5%,bids=20%,rate=99%": percentiles (of latency from the intended time) and
// `mean`, `max` are bounds from above, as are errors (all but answers of 200 and 204) and late; `bids` (share of
// answers with a bid) and `rate` (achieved over asked) from below.
struct Slo {
  struct Bound {
    std::string name;  // "p99"
    double limit = 0;  // ns, or a share 0 to 1
    bool at_least = false;
    std::string text;  // as written: "p99=5ms"
  };
  std::vector<Bound> bounds;
};
Slo parse_slo(const std::string& text);  // throws std::invalid_argument that shows the place

struct Verdict {
  Slo::Bound bound;
  double value = 0;  // not a number: there was nothing to judge by (no request, no asked rate, no tmax); never met
  bool met = false;
};

// result.json begins with it; another number: fields have another meaning.
inline constexpr const char* kResultSchema = "bidwell-replay/1";

// How checks went (check.h).
struct CheckResult {
  std::uint64_t checked = 0, unchecked = 0;      // unchecked: the checker was behind
  std::uint64_t faulty = 0;                      // answers with a violation, or a difference
  std::map<std::string, std::uint64_t> by_kind;  // "rule 7" or "price"
  std::vector<std::string> examples;             // at most 20 lines
};

struct Result {
  std::string source, target, command;  // what was replayed to whom; the command line
  std::string started;                  // ISO 8601, UTC
  double seconds = 0;                   // from the first to the last request
  double asked_rate = 0;                // per second, the mean of what was measured; 0: none (maximum)
  double achieved_rate = 0;             // Tally::answered_per_s()  // per second; asked 0: maximum
  Tally tally;
  std::vector<Interval> intervals;
  Losses losses;
  std::uint64_t captured = 0;  // requests that the source gave
  SendCounters counters;
  std::vector<double> busy;  // each sending thread's share of a core
  std::vector<Verdict> verdicts;
  CheckResult validated, compared;  // where asked for
  bool was_validated = false, was_compared = false;
  // Why the client and not the server was the limit, a line each; empty: it was not. By judge_client().
  std::vector<std::string> client_limits;
};

// By lateness against latency, threads' busy shares, skipped requests.
std::vector<std::string> judge_client(const Result& result);
std::vector<Verdict> judge(const Slo& slo, const Result& result);

std::string summary_text(const Result& result);  // for the terminal, about 30 lines
std::string progress_line(const Interval& interval, double of_seconds);
nlohmann::ordered_json json_of(const Result& result);
std::string html_of(const Result& result);  // self-contained, light and dark
std::string csv_of(const std::vector<Interval>& intervals);
// index.html, result.json, latency.hgrm, service.hgrm (milliseconds), intervals.csv. Makes the folder. Throws.
void write_report(const std::string& directory, const Result& result);

// Two result.json: a table of what changed; throws std::runtime_error for what is none.
std::string compare_text(const nlohmann::ordered_json& a, const nlohmann::ordered_json& b);

}  // namespace bidwell::replay
