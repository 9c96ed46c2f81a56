// bidwell-replay's commands. Each returns the process's exit code: 0 done, 1 it failed or found faults (an SLO that was
// missed, answers that break a rule), 2 wrong usage (by the command line parser).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bidwell/replay/make_pcap.h"
#include "bidwell/replay/prepare.h"
#include "bidwell/replay/request.h"
#include "bidwell/replay/schedule.h"

namespace bidwell::apps {

// What is read, and what of it.
struct InputOptions {
  std::string source;
  replay::SourceOptions reading;
  replay::SelectOptions selection;
  std::size_t memory_mb = 2048;  // requests kept in memory; a longer file is read while it is sent
};

struct ReplayOptions {
  InputOptions input;
  std::string command_line;  // for the report

  std::string target;
  replay::ScheduleOptions schedule;
  double duration_s = 0, warm_up_s = 0;
  bool loop = false;
  bool find_max = false;  // from schedule.rate on, steps of step_s seconds
  double step_s = 10;
  unsigned threads = 1;
  std::optional<std::size_t> connections;  // none: one per captured flow in original timing, else 64
  bool per_flow = false;
  std::size_t pipeline = 1;
  bool spin = false;
  double timeout_s = 10;

  replay::PrepareOptions prepare;
  std::string slo;
  std::string report;  // a folder; empty: none
  std::string json;    // a file; empty: none
  bool validate = false, diff = false;
  double price_tolerance = 0;
  std::vector<std::string> currencies;  // EUR=0.92: units for one US dollar
  bool progress = true;
};
int replay_run(const ReplayOptions& options);

// What would be sent, as text.
int replay_dry_run(const ReplayOptions& options);

struct ExtractOptions {
  InputOptions input;
  std::string output = "-";
  bool count = false;     // only the number
  bool envelope = false;  // with time, connection, method, target and headers
};
int replay_extract(const ExtractOptions& options);

// Like extract, with identifiers replaced; `output` ending in .pcap makes a capture.
struct AnonymiseCommand {
  InputOptions input;
  std::string output;
  std::string secret_file;  // its bytes are the key; empty: a random one, so another run makes other replacements
  bool answers = false;
};
int replay_anonymise(const AnonymiseCommand& options);

struct MakePcapCommand {
  InputOptions input;
  std::string output = "-";
  replay::MakePcapOptions making;
};
int replay_make_pcap(const MakePcapCommand& options);

int replay_compare(const std::string& a, const std::string& b);

}  // namespace bidwell::apps
